// An outbox that survives a reload, for C++ in a page: each message is in IndexedDB before a
// session sends it.
//
//   const { open, send } = await load();
//   await open("wss://example.org/orders", "orders");
//   await send("two coffees");
//
// demo/stored_outbox.mjs does the same in JavaScript, and explains what the server and other tabs
// do.

#include <emscripten/bind.h>
#include <emscripten/em_js.h>
#include <emscripten/val.h>
#include <hawser/event.hpp>
#include <hawser/promise.hpp>
#include <hawser/session.hpp>
#include <hawser/task.hpp>

#include <cstdint>
#include <cstdlib>
#include <expected>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using emscripten::val;

// Uses IndexedDB through functions that return promises. C++ can handle a rejected promise as an
// error, unlike an exception.
// clang-format off
EM_JS(emscripten::EM_VAL, make_store, (), {
  const stores = ["messages", "state"];
  let database;

  // Waits until no other tab has the lock, and keeps it until the page is closed.
  const lock = (name) => new Promise((resolve, reject) => {
    const hold = () => new Promise((release) => resolve(release));
    navigator.locks.request(name, hold).catch(reject);
  });
  const resultOf = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  // Resolves when everything is stored. Transactions complete in the order in which they start.
  const write = (act) => new Promise((resolve, reject) => {
    const transaction = database.transaction(stores, "readwrite", { durability: "strict" }); // see stored_outbox.mjs
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("The browser aborted the transaction."));
    act(transaction.objectStore("messages"), transaction.objectStore("state"));
  });

  return Emval.toHandle({
    async open(name) {
      if (!navigator.locks) throw new Error("Only pages served over HTTPS have locks.");
      const release = await lock(name);
      try {
        const request = indexedDB.open(name, 1);
        request.onupgradeneeded = () => {
          request.result.createObjectStore("messages", { keyPath: "id" });
          const state = request.result.createObjectStore("state");
          state.add(1, "nextId");
          state.add(crypto.randomUUID(), "client");
        };
        database = await resultOf(request);
        const transaction = database.transaction(stores);
        const state = transaction.objectStore("state");
        const results = [transaction.objectStore("messages").getAll(), state.get("nextId"), state.get("client")];
        const [messages, nextId, client] = await Promise.all(results.map(resultOf));
        return { messages, nextId, client };
      } catch (error) {
        release();
        throw error;
      }
    },
    async add(id, isText, data) {
      await write((messages, state) => {
        messages.add({ id, isText, data });
        state.put(id + 1, "nextId");
      });
    },
    async remove(first, last) {
      await write((messages) => messages.delete(IDBKeyRange.bound(first, last)));
    },
  });
});
EM_JS_DEPS(stored_outbox, "$Emval");
// clang-format on

class StoredOutbox {
 public:
  /// What went wrong, as a sentence.
  using Result = std::expected<void, std::string>;

  /// For the session. The store has no limit except the browser's quota, so a restored outbox must
  /// always fit.
  static hawser::OutboxOptions options() {
    return {.max_outbox_bytes = std::numeric_limits<std::size_t>::max(),
            .max_outbox_messages = std::numeric_limits<std::size_t>::max(),
            .acknowledgement = hawser::Acknowledgement::by_app};
  }

  StoredOutbox() = default;
  StoredOutbox(const StoredOutbox&) = delete;
  StoredOutbox& operator=(const StoredOutbox&) = delete;

  hawser::Task<Result> open(std::string name) {
    const auto opened = co_await hawser::settled(store_.call<val>("open", "outbox " + name));
    if (!opened)
      co_return failure("The outbox \"" + name + "\" could not be opened", opened.error());
    client_ = (*opened)["client"].as<std::string>();
    next_id_ = to_id((*opened)["nextId"]);
    for (const val& message : (*opened)["messages"]) {
      const auto data = message["data"].as<std::string>();  // from a Uint8Array
      const auto type =
          message["isText"].as<bool>() ? hawser::MessageType::text : hawser::MessageType::binary;
      // After a reload, no one knows whether the message was sent.
      stored_.emplace_back(to_id(message["id"]),
                           hawser::Message(type, std::as_bytes(std::span(data))),
                           hawser::WasSent::yes);
    }
    co_return Result();
  }

  /// Identifies this outbox to the server, which keeps the ids of each outbox apart.
  const std::string& client() const { return client_; }

  /// The id of the next message, to be written into the message.
  std::uint64_t next_id() const { return next_id_; }

  /// `session` must be new and must outlive this object. Don't send anything else through it.
  std::expected<void, hawser::Error> restore_to(hawser::Session& session) {
    session_ = &session;
    session.on_drop([this](const hawser::KeptMessage& message) {
      if (message.id() > 0) remove(message.id(), message.id());
    });
    return session.outbox().restore(std::exchange(stored_, {}), next_id_);
  }

  /// Stores the message, and then passes it to the session, even if the task is not awaited. If it
  /// ends with an error, the message is not sent, and not stored either unless the error says so.
  /// Text must be valid UTF-8.
  hawser::Task<Result> send(const hawser::Message& message) {
    const auto id = next_id_++;
    const auto* const data = reinterpret_cast<const unsigned char*>(message.bytes().data());
    const val bytes = val(emscripten::typed_memory_view(message.size(), data)).call<val>("slice");
    val stored = store_.call<val>("add", static_cast<double>(id), message.is_text(), bytes);
    auto sending = std::make_shared<Sending>();
    hawser::spawn(finish(
        send_stored(id, message.type(), std::string(message.text()), std::move(stored)), sending));
    return result_of(std::move(sending));
  }

  /// Call this when the server has the message with this id and all messages before it.
  void acknowledge(std::uint64_t id) {
    // The session knows whether it sent a message with that id.
    if (session_->outbox().acknowledge(id) > 0) remove(0, id);
  }

 private:
  struct Sending {
    hawser::Event is_over = {};
    Result result = {};
  };

  static hawser::Task<> finish(hawser::Task<Result> work, std::shared_ptr<Sending> sending) {
    sending->result = co_await std::move(work);
    sending->is_over.set();
  }

  static hawser::Task<Result> result_of(std::shared_ptr<Sending> sending) {
    co_await sending->is_over.wait();
    co_return sending->result;
  }

  hawser::Task<Result> send_stored(std::uint64_t id, hawser::MessageType type, std::string data,
                                   val stored) {
    const auto is_stored = co_await hawser::settled(std::move(stored));
    if (!is_stored)
      co_return failure("The message could not be stored, so it was not sent", is_stored.error());
    const auto sent = hand_over(id, hawser::Message(type, std::as_bytes(std::span(data))));
    if (sent) co_return Result();
    const auto removed = co_await hawser::settled(remove(id, id));
    if (!removed) {
      co_return failure(
          "The message was not sent, but it is still in the store, and goes out after a reload",
          removed.error());
    }
    co_return std::unexpected("The session did not accept the message, so it was not sent: " +
                              std::string(hawser::describe(sent.error())));
  }

  std::expected<void, hawser::Error> hand_over(std::uint64_t id, const hawser::Message& message) {
    // Skips the ids of messages that could not be stored.
    if (const auto skipped = session_->outbox().restore({}, id); !skipped) return skipped;
    const auto sent = session_->send(message);
    return sent ? std::expected<void, hawser::Error>() : std::unexpected(sent.error());
  }

  val remove(std::uint64_t first, std::uint64_t last) {
    return store_.call<val>("remove", static_cast<double>(first), static_cast<double>(last));
  }

  static std::uint64_t to_id(const val& number) {
    return static_cast<std::uint64_t>(number.as<double>());
  }

  static std::unexpected<std::string> failure(const std::string& what, const val& error) {
    return std::unexpected(what + ": " + error["message"].as<std::string>());
  }

  val store_ = val::take_ownership(make_store());
  std::string client_;
  std::uint64_t next_id_ = 1;
  std::vector<hawser::KeptMessage> stored_;
  hawser::Session* session_ = nullptr;
};

// The functions that the page calls. JavaScript sees a coroutine that returns val as an async
// function.

hawser::Session session;
StoredOutbox outbox;

val to_promise(const StoredOutbox::Result& result) {
  if (result) return val::undefined();
  return val::global("Promise").call<val>("reject", val::global("Error").new_(result.error()));
}

val open(std::string url, std::string name) {
  const auto opened = co_await outbox.open(name);
  if (!opened) co_return to_promise(opened);
  hawser::SessionOptions options;
  options.outbox = StoredOutbox::options();
  session = hawser::Session(
      url, options,
      {
          .on_open =
              [](hawser::Session& session) { session.send_now("client " + outbox.client()); },
          .on_message =
              [](const hawser::Message& message) {
                const std::string id(message.text());
                outbox.acknowledge(std::strtoull(id.c_str(), nullptr, 10));
              },
      });
  const auto restored = outbox.restore_to(session);
  co_return to_promise(restored ? StoredOutbox::Result()
                                : std::unexpected(std::string(describe(restored.error()))));
}

/// Writes the id in front of the message.
std::string numbered(std::string_view data) {
  return std::to_string(outbox.next_id()) + ' ' + std::string(data);
}

val send(std::string text) {
  co_return to_promise(co_await outbox.send(hawser::Message::text(numbered(text))));
}

val send_bytes(std::string bytes) {
  const std::string data = numbered(bytes);
  co_return to_promise(co_await outbox.send(hawser::Message::binary(std::span(data))));
}

double waiting() { return static_cast<double>(session.outbox().size()); }

void retry_now() { session.retry_now(); }

/// If `keeps`, the messages in the outbox are sent next time. Otherwise they are dropped, from the
/// store too.
void close(bool keeps) {
  if (keeps) session.outbox().take_all();
  session.close();
}

}  // namespace

EMSCRIPTEN_BINDINGS(stored_outbox) {
  emscripten::function("open", open);
  emscripten::function("send", send);
  emscripten::function("sendBytes", send_bytes);
  emscripten::function("waiting", waiting);
  emscripten::function("retryNow", retry_now);
  emscripten::function("close", close);
}
