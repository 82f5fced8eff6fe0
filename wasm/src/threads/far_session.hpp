#pragma once

#include <string_view>
#include <vector>

#include <hawser/session.hpp>

#include "loop_thread.hpp"

namespace hawser::detail {

/// The session of a `blocking::Session`, on its thread.
class FarSession final : public FarEnd {
 public:
  FarSession(Remote& of, std::vector<Endpoint> endpoints, SessionOptions options,
             SessionHandlers handlers);
  ~FarSession() override;

  void close(int code, std::string_view reason) override;

  Session& session() noexcept { return session_; }

 private:
  void flush();

  Session session_;
};

}  // namespace hawser::detail
