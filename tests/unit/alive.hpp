#pragma once

/// Counts live objects, such as coroutine frames.
struct Alive {
  explicit Alive(int& of) : count(of) { ++count; }
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;
  ~Alive() { --count; }
  int& count;
};
