#pragma once

#include <string>
#include <string_view>

#include <hawser/connection.hpp>
#include <hawser/task.hpp>

#include "loop_thread.hpp"

namespace hawser::detail {

/// The connection of a `blocking::Connection`, on its thread.
class FarConnection final : public FarEnd {
 public:
  FarConnection(Remote& of, std::string url, ConnectOptions options);
  ~FarConnection() override;

  void close(int code, std::string_view reason) override;

  Connection& connection() noexcept { return connection_; }

 private:
  Task<> connect(std::string url, ConnectOptions options);
  void flush();

  Connection connection_;
  Job connecting_;
};

}  // namespace hawser::detail
