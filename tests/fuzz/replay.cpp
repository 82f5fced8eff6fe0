// The main function of a fuzzer without libFuzzer: runs it once on each named file, and on each
// file in a named folder.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "input.hpp"

namespace {

bool replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  if (!file) return false;
  std::fprintf(stderr, "%s\n", path.c_str());  // if it crashes, the last one is the cause
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return true;
}

/// How many files it has, or -1 if one cannot be read.
int replay_all(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return replay(path) ? 1 : -1;
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (!replay(entry.path())) return -1;
    ++count;
  }
  return count;
}

}  // namespace

int main(int count, char** arguments) {
  int files = 0;
  for (int i = 1; i < count; ++i) {
    const int more = replay_all(arguments[i]);
    if (more < 0) {
      std::fprintf(stderr, "%s cannot be read.\n", arguments[i]);
      return 1;
    }
    files += more;
  }
  if (files == 0)
    std::fprintf(stderr, "Usage: %s FILE or FOLDER, with at least one input\n", arguments[0]);
  return files == 0 ? 2 : 0;
}
