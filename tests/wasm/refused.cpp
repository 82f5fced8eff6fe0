// A program that is never built: the compiler must reject the options it is given.

#include <hawser/hawser.hpp>

int main() { return hawser::supported() ? 0 : 1; }
