// Owners of tasks: jobs and scopes, including tasks that destroy their own.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "alive.hpp"
#include "connected.hpp"

using hawser::Connection;
using hawser::Error;
using hawser::Job;
using hawser::Scope;
using hawser::sleep_for;
using hawser::Task;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

Task<> live_for(std::chrono::milliseconds delay, int& count) {
  const Alive alive(count);
  (void)co_await sleep_for(delay);
}

/// An owner that a task may destroy, and a log of what happened then.
template <typename Owner>
struct Owning {
  std::optional<Owner> owner;
  Lines lines;
  int alive = 0;
};

template <typename Owner>
Task<> destroy_owner(Owning<Owner>& owning) {
  const Alive alive(owning.alive);
  owning.owner.reset();
  owning.lines.emplace_back("keeps running");
  (void)co_await sleep_for(1s);
  owning.lines.emplace_back("continues after a wait");
}

template <typename Owner>
Task<> wait_and_destroy_owner(Owning<Owner>& owning, std::chrono::milliseconds delay) {
  const Alive alive(owning.alive);
  (void)co_await sleep_for(delay);
  co_await destroy_owner(owning);
  owning.lines.emplace_back("the outer task continues");
}

template <typename Owner>
Task<> wait_destroy_owner_and_end(Owning<Owner>& owning) {
  const Alive alive(owning.alive);
  (void)co_await sleep_for(1s);
  owning.owner.reset();
  owning.lines.emplace_back("ends");
}

}  // namespace

// Jobs

TEST_CASE("a task that destroys its own job runs until its next wait, and ends there") {
  hawser::testing::Browser browser;
  Owning<Job> owning;
  owning.owner = hawser::start(wait_and_destroy_owner(owning, 1s));
  browser.advance(1s);
  CHECK_FALSE(owning.owner);
  CHECK(owning.lines == Lines{"keeps running"});
  CHECK(owning.alive == 0);
  browser.advance(10s);
  CHECK(owning.lines == Lines{"keeps running"});
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a task may destroy its own job as its last act") {
  hawser::testing::Browser browser;
  Owning<Job> owning;
  owning.owner = hawser::start(wait_destroy_owner_and_end(owning));
  browser.advance(1s);
  CHECK(owning.lines == Lines{"ends"});
  CHECK(owning.alive == 0);
}

TEST_CASE(
    "a task destroys its own job when a message arrives, with the connection that it waits on") {
  struct Owner {
    std::optional<Job> job;
    int alive = 0;
  } owner;
  Connected connected;
  const auto read = [](Connection connection, Owner& of) -> Task<> {
    const Alive alive(of.alive);
    (void)co_await connection.receive();
    of.job.reset();
    (void)co_await connection.receive();
    FAIL("the task continued");
  };
  owner.job = hawser::start(read(std::move(connected.connection), owner));
  connected.browser.peer().send("end yourself");
  CHECK(owner.alive == 0);
  CHECK(connected.browser.attached_sockets() == 0);
}

TEST_CASE("a task that is awaited together with others destroys the job of them all") {
  hawser::testing::Browser browser;
  Owning<Job> owning;
  const auto run = [](Owning<Job>& of) -> Task<> {
    const Alive alive(of.alive);
    (void)co_await hawser::when_all(live_for(1h, of.alive), wait_and_destroy_owner(of, 1s),
                                    live_for(1h, of.alive));
    of.lines.emplace_back("the outer task continues");
  };
  owning.owner = hawser::start(run(owning));
  CHECK(owning.alive == 4);
  browser.advance(1s);
  CHECK(owning.alive == 0);
  CHECK(owning.lines == Lines{"keeps running"});
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a task destroys another task's job at once, even if that task started it") {
  hawser::testing::Browser browser;
  Owning<Job> owning;
  const auto destroy = [](Owning<Job>& of) -> Task<> {
    (void)co_await sleep_for(1s);
    of.owner.reset();
    of.lines.push_back(std::to_string(of.alive));
  };
  const auto spawn_it = [&destroy](Owning<Job>& of) -> Task<> {
    const Alive alive(of.alive);
    hawser::spawn(destroy(of));
    (void)co_await sleep_for(1h);
  };
  owning.owner = hawser::start(spawn_it(owning));
  browser.advance(1s);
  CHECK(owning.lines == Lines{"0"});
}

TEST_CASE("a job that is replaced from within its task leaves the new one alone") {
  hawser::testing::Browser browser;
  Owning<Job> owning;
  const auto replace = [](Owning<Job>& of) -> Task<> {
    const Alive alive(of.alive);
    (void)co_await sleep_for(1s);
    of.owner = hawser::start(live_for(1s, of.alive));
    (void)co_await sleep_for(1s);
    FAIL("the task continued");
  };
  owning.owner = hawser::start(replace(owning));
  browser.advance(1s);
  CHECK(owning.alive == 1);
  CHECK_FALSE(owning.owner->is_over());
  browser.advance(1s);
  CHECK(owning.alive == 0);
  CHECK(owning.owner->is_over());
}

// Scopes

TEST_CASE("a scope runs tasks, and ends them where they wait when it is destroyed") {
  int alive = 0;
  hawser::testing::Browser browser;
  {
    Scope scope;
    REQUIRE(scope.spawn(live_for(1s, alive)));
    REQUIRE(scope.spawn(live_for(2s, alive)));
    REQUIRE(scope.spawn(live_for(0ms, alive)));
    CHECK(scope.size() == 3);
    browser.advance(1s);
    CHECK(scope.size() == 1);
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a scope keeps nothing of a task that ends at once") {
  Scope scope;
  const auto end = []() -> Task<> { co_return; };
  (void)scope.spawn(end());
  CHECK(scope.size() == 0);
  const Awaited joined([&] { return scope.join(); });
  CHECK(joined.line() == "sent");
}

TEST_CASE("join waits until all tasks have ended, including those spawned meanwhile") {
  int alive = 0;
  hawser::testing::Browser browser;
  Scope scope;
  const auto spawn_more = [](Scope& in, int& count) -> Task<> {
    (void)co_await sleep_for(1s);
    (void)in.spawn(live_for(2s, count));
  };
  (void)scope.spawn(spawn_more(scope, alive));
  const Awaited joined([&] { return scope.join(); });
  browser.advance(1s);
  CHECK(joined.line() == "waiting");
  browser.advance(2s);
  CHECK(joined.line() == "sent");
  CHECK(alive == 0);
}

TEST_CASE("join has a deadline and a stop token, which leave the tasks alone") {
  int alive = 0;
  hawser::testing::Browser browser;
  Scope scope;
  (void)scope.spawn(live_for(1h, alive));
  std::stop_source stop;
  const Awaited timed([&] { return scope.join({.timeout = 1s}); });
  const Awaited stopped([&] { return scope.join({.stop = stop.get_token()}); });
  stop.request_stop();
  browser.advance(1s);
  CHECK(timed.line() == error_line(Error::timed_out));
  CHECK(stopped.line() == error_line(Error::cancelled));
  CHECK(alive == 1);
}

TEST_CASE("a scope that is destroyed ends join, and one that is cancelled can be used again") {
  int alive = 0;
  hawser::testing::Browser browser;
  std::optional<Scope> scope(std::in_place);
  (void)scope->spawn(live_for(1h, alive));
  const Awaited first([&] { return scope->join(); });
  scope->cancel();
  CHECK(alive == 0);
  CHECK(first.line() == "waiting");  // no coroutine continues inside the call
  (void)scope->spawn(live_for(1h, alive));
  CHECK(alive == 1);
  const Awaited second([&] { return scope->join(); });
  scope.reset();
  CHECK(alive == 0);
  browser.advance(0ms);
  CHECK(first.line() == "sent");
  CHECK(second.line() == error_line(Error::destroyed));
}

TEST_CASE("a scope may be moved while its tasks run") {
  int alive = 0;
  hawser::testing::Browser browser;
  Scope scope;
  (void)scope.spawn(live_for(1s, alive));
  std::optional<Scope> moved(std::move(scope));
  CHECK(moved->size() == 1);
  browser.advance(1s);
  CHECK(moved->size() == 0);
  (void)moved->spawn(live_for(1s, alive));
  moved.reset();
  CHECK(alive == 0);
}

TEST_CASE(
    "a task that destroys its own scope runs until its next wait, and the others end at once") {
  hawser::testing::Browser browser;
  Owning<Scope> owning;
  owning.owner.emplace();
  (void)owning.owner->spawn(live_for(1h, owning.alive));
  (void)owning.owner->spawn(wait_and_destroy_owner(owning, 1s));
  (void)owning.owner->spawn(live_for(1h, owning.alive));
  browser.advance(1s);
  CHECK_FALSE(owning.owner);
  CHECK(owning.lines == Lines{"keeps running"});
  CHECK(owning.alive == 0);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a task destroys its own scope before it has waited, or as its last act") {
  hawser::testing::Browser browser;
  Owning<Scope> owning;
  owning.owner.emplace();
  SECTION("before it has waited") {
    (void)owning.owner->spawn(destroy_owner(owning));
    CHECK(owning.lines == Lines{"keeps running"});
  }
  SECTION("as its last act") {
    (void)owning.owner->spawn(wait_destroy_owner_and_end(owning));
    browser.advance(1s);
    CHECK(owning.lines == Lines{"ends"});
  }
  CHECK_FALSE(owning.owner);
  CHECK(owning.alive == 0);
  CHECK(browser.pending_timers() == 0);
}

#ifdef __cpp_exceptions

TEST_CASE("an exception in a task of a scope is reported once, and the other tasks keep running") {
  int alive = 0;
  hawser::testing::Browser browser;
  Scope scope;
  const auto fail = []() -> Task<> {
    (void)co_await sleep_for(1s);
    throw std::runtime_error("the task's own");
  };
  (void)scope.spawn(fail());
  (void)scope.spawn(live_for(1h, alive));
  browser.advance(1s);
  browser.advance(0ms);
  CHECK(browser.reported_exceptions() == 1);
  CHECK(scope.size() == 1);
  CHECK(alive == 1);
}

TEST_CASE("a task that destroys its own job and throws is reported") {
  hawser::testing::Browser browser;
  std::optional<Job> job;
  const auto fail = [](std::optional<Job>& own) -> Task<> {
    (void)co_await sleep_for(1s);
    own.reset();
    throw std::runtime_error("the task's own");
  };
  job = hawser::start(fail(job));
  browser.advance(1s);
  browser.advance(0ms);
  CHECK(browser.reported_exceptions() == 1);
}

#endif

#ifndef __EMSCRIPTEN__

TEST_CASE("a scope belongs to its thread, and another one may destroy it", "[R15]") {
  int alive = 0;
  hawser::testing::Browser browser;
  std::optional<Scope> scope(std::in_place);
  (void)scope->spawn(live_for(1h, alive));
  std::thread([&] {
    CHECK(scope->spawn(live_for(1h, alive)).error() == Error::wrong_thread);
    CHECK(scope->size() == 0);
    auto join = scope->join();
    CHECK(join.await_ready());
    CHECK(join.await_resume().error() == Error::wrong_thread);
    scope->cancel();
    scope.reset();
  }).join();
  CHECK(alive == 1);
  browser.advance(0ms);
  CHECK(alive == 0);
}

#endif

// Coroutines that are resumed by something other than hawser

namespace {

/// The program's own event, which resumes the waiting coroutine inside the call.
struct Signal {
  void set() {
    if (waiting) std::exchange(waiting, {}).resume();
  }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) { waiting = coroutine; }
  void await_resume() const noexcept {}

  std::coroutine_handle<> waiting;
};

struct Wait {
  Signal& signal;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) { signal.await_suspend(coroutine); }
  void await_resume() const noexcept {}
};

}  // namespace

TEST_CASE("a task that another task resumes belongs to its own job") {
  hawser::testing::Browser browser;
  Signal signal;
  /// As documented: the job comes last, so that it ends before the objects its task uses.
  struct Feed {
    Lines log;
    Job job;
  };
  struct Noting {
    Lines& log;
    ~Noting() { log.emplace_back("ended"); }
  };
  std::unique_ptr<Feed> feed;
  const auto produce = [&](Lines& log) -> Task<> {
    const Noting noting{log};
    (void)co_await sleep_for(1s);
    signal.set();
    (void)co_await sleep_for(1h);
  };
  bool is_gone = false;
  const auto consume = [&]() -> Task<> {
    co_await Wait{signal};
    (void)co_await sleep_for(1s);
    feed.reset();  // another job's: its task ends here, while its log still exists
    is_gone = true;
  };
  const Job consumer = hawser::start(consume());
  feed = std::make_unique<Feed>();
  feed->job = hawser::start(produce(feed->log));
  browser.advance(1s);
  browser.advance(1s);
  CHECK(is_gone);
  CHECK(consumer.is_over());
}

TEST_CASE(
    "a task that has waited for a foreign event, and then for hawser, may destroy its own job") {
  hawser::testing::Browser browser;
  Signal signal;
  Lines lines;
  std::optional<Job> job;
  const auto work = [&](std::string text) -> Task<> {
    co_await Wait{signal};
    (void)co_await sleep_for(1s);
    job.reset();
    lines.push_back(text);
    (void)co_await sleep_for(1s);
    lines.emplace_back("after a wait");
  };
  job = hawser::start(work(std::string(100, 'x')));
  signal.set();
  browser.advance(1s);
  browser.advance(10s);
  CHECK(lines == Lines{std::string(100, 'x')});
}

TEST_CASE("the last task of a cancelled scope may own the scope") {
  hawser::testing::Browser browser;
  struct Room {
    explicit Room(bool& of) : is_gone(of) {}
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;
    ~Room() { is_gone = true; }
    bool& is_gone;
    Scope guests;
  };
  bool is_gone = false;
  const auto serve = [](std::shared_ptr<Room>) -> Task<> { (void)co_await sleep_for(1h); };
  auto owner = std::make_shared<Room>(is_gone);
  Room* const room = owner.get();
  (void)room->guests.spawn(serve(owner));
  (void)room->guests.spawn(serve(std::move(owner)));
  room->guests.cancel();
  CHECK(is_gone);
}

TEST_CASE("a task of when_all destroys the job that it is part of") {
  hawser::testing::Browser browser;
  Owning<Job> owning;
  const auto both = [&]() -> Task<> {
    co_await hawser::when_all(wait_destroy_owner_and_end(owning), sleep_for(2s));
    owning.lines.emplace_back("continues after when_all");
  };
  owning.owner = hawser::start(both());
  browser.advance(1s);
  CHECK(owning.lines == Lines{"ends"});
  CHECK(owning.alive == 0);
  browser.advance(10s);
  CHECK(owning.lines == Lines{"ends"});
}
