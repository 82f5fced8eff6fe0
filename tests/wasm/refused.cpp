// A program that is never built: what comes beside it on the command line is refused.

#include <hawser/hawser.hpp>

int main() { return hawser::supported() ? 0 : 1; }
