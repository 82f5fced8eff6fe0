// Plays random programs with hawser and with the model of its rules, until they differ or enough
// steps are done:
//
//     build/native/tests/model --steps 10000000 --seed 1
//
// A program on which they differ, or that crashes hawser, is shrunk and printed as C++ for
// tests/unit/model_test.cpp. Programs are played in a child process, so that a crash ends only
// that.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compare.hpp"
#include "generate.hpp"

namespace {

using model::Program;

/// A child's report while it runs.
struct Progress {
  std::uint64_t programs = 0;
  std::uint64_t steps = 0;
};

Progress& progress() {
  static auto* const shared = static_cast<Progress*>(
      mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (shared == MAP_FAILED) std::abort();
  return *shared;
}

enum class Output : std::uint8_t { silent, shown };

/// Whether `work` succeeds in its own process: it returns true, and no sanitizer objects.
bool succeeds_apart(const std::function<bool()>& work, Output output) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) std::abort();
  if (child == 0) {
    if (output == Output::silent &&
        (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr))) {
      std::abort();
    }
    const bool is_good = work();
    std::fflush(nullptr);
    std::exit(is_good ? 0 : 1);  // by exit, for the leak sanitizer
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool agrees(const Program& program) { return model::difference(program).empty(); }

bool agrees_and_tells(const Program& program) {
  const std::string text = model::difference(program);
  if (!text.empty()) std::printf("What happens:\n%s", text.c_str());
  return text.empty();
}

bool fails(const Program& program) {
  return !succeeds_apart([&] { return agrees(program); }, Output::silent);
}

/// Each program has its own seed, so that it can be recreated without the previous ones.
Program random_program(std::uint64_t seed, std::uint64_t nth) {
  model::RandomChoices choices(seed * 1'000'000'007 + nth);
  return model::generate(choices);
}

void report(const Program& program) {
  const bool fails_alone = fails(program);
  if (!fails_alone)
    std::printf("It does not fail by itself, but only after the programs before it.\n");
  const Program shortest = fails_alone ? model::shrink(program, fails) : program;
  std::printf("hawser and the model differ on a program of %zu steps, made %zu:\n\n  {\n%s  }\n\n",
              model::count_steps(program), model::count_steps(shortest),
              model::to_cpp(shortest).c_str());
  (void)succeeds_apart([&] { return agrees_and_tells(shortest); }, Output::shown);
}

bool play_at_random(std::uint64_t steps, std::uint64_t seed) {
  auto& [programs, done] = progress();  // shared with the child, so created before it
  const auto begin = std::chrono::steady_clock::now();
  const bool is_good = succeeds_apart(
      [&] {
        for (; done < steps; ++programs) {
          const Program program = random_program(seed, programs);
          if (!agrees(program)) return false;
          done += model::count_steps(program);
        }
        return true;
      },
      Output::shown);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  std::printf("%llu steps in %llu programs, seed %llu, %.1f s\n",
              static_cast<unsigned long long>(done), static_cast<unsigned long long>(programs),
              static_cast<unsigned long long>(seed), time.count());
  if (is_good) return true;
  report(random_program(seed, programs));
  return false;
}

/// A fuzzer's finding.
bool play_file(const char* name) {
  std::ifstream file(name, std::ios::binary);
  std::vector<std::uint8_t> bytes;
  for (char byte = 0; file.get(byte);) bytes.push_back(static_cast<std::uint8_t>(byte));
  if (!file.is_open() || file.bad()) {
    std::fprintf(stderr, "model: %s cannot be read. Is it a file?\n", name);
    return false;
  }
  model::ByteChoices choices(bytes);
  const Program program = model::generate(choices);
  if (!fails(program)) return true;
  report(program);
  return false;
}

std::optional<std::uint64_t> to_number(const char* text) {
  char* end = nullptr;
  const auto number = std::strtoull(text, &end, 10);
  return *text && !*end ? std::optional<std::uint64_t>(number) : std::nullopt;
}

int usage() {
  std::fprintf(stderr, "Usage: model [--steps N] [--seed N], or model FILE of a fuzzer's\n");
  return 2;
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t steps = 200'000;
  std::uint64_t seed = 1;
  if (count == 2 && arguments[1][0] != '-') return play_file(arguments[1]) ? 0 : 1;
  if (count % 2 == 0) return usage();
  for (int i = 1; i < count; i += 2) {
    const std::string_view name = arguments[i];
    const auto number = to_number(arguments[i + 1]);
    if (!number || (name != "--steps" && name != "--seed")) return usage();
    (name == "--steps" ? steps : seed) = *number;
  }
  return play_at_random(steps, seed) ? 0 : 1;
}
