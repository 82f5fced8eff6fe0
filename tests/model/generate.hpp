#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

#include "program.hpp"

namespace model {

/// The source of a program's choices.
class Choices {
 public:
  virtual ~Choices() = default;
  virtual std::uint32_t below(std::uint32_t bound) = 0;
  virtual bool is_over() const = 0;
};

/// Random choices, up to a number of steps at the outermost level.
class RandomChoices final : public Choices {
 public:
  explicit RandomChoices(std::uint64_t seed) : random_(seed) {}
  std::uint32_t below(std::uint32_t bound) override {
    return static_cast<std::uint32_t>(random_() % bound);
  }
  bool is_over() const override { return false; }

 private:
  std::mt19937_64 random_;
};

/// Choices from a fuzzer's bytes, one byte for each choice.
class ByteChoices final : public Choices {
 public:
  explicit ByteChoices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint32_t below(std::uint32_t bound) override {
    if (bytes_.empty()) return 0;
    const std::uint32_t choice = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return choice % bound;
  }
  bool is_over() const override { return bytes_.empty(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

inline constexpr std::size_t most_steps = 40;

/// A program of up to `most_steps` steps at its outermost level.
Program generate(Choices& choices);

}  // namespace model
