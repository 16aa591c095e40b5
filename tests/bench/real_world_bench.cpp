// What a home costs over a bare epoll loop: 100-byte echoes over loopback, as CPU time of the
// process per echo (both ends). Wall time says little on a machine that others use.
#include <ctime>
#include <sys/epoll.h>

#include <atomic>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "hal_sim/real_world/limits.hpp"
#include "hal_sim/real_world/real_world.hpp"
#include "tests/support/raw_socket.hpp"

namespace {

using namespace fleet;
using namespace std::chrono_literals;

constexpr std::size_t message_bytes = 100;
constexpr std::size_t echoes_per_iteration = 20'000;

double cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// The floor: nothing but epoll_wait, recv and send. Whoever is connected gets its bytes back.
class bare_loop {
public:
  explicit bare_loop(std::uint32_t mode) : epoll_(epoll_create1(0)), mode_(mode) {}
  ~bare_loop() { ::close(epoll_); }

  void add(int fd) {
    epoll_event e{};
    e.events = EPOLLIN | mode_;
    e.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e);
  }

  void turn(int wait_ms) {
    const int n = epoll_wait(epoll_, events_, 256, wait_ms);
    for (int i = 0; i < n; ++i) {
      const ssize_t got = ::recv(events_[i].data.fd, buffer_, sizeof buffer_, 0);
      if (got > 0) {
        ++echoes;
        (void)::send(events_[i].data.fd, buffer_, static_cast<std::size_t>(got), MSG_NOSIGNAL);
      }
    }
  }

  std::atomic<std::uint64_t> echoes{0};

private:
  int epoll_;
  std::uint32_t mode_;
  epoll_event events_[256];
  char buffer_[65536];
};

/// Connected sockets: near[i] with far[i].
struct socket_pairs {
  explicit socket_pairs(std::size_t count) {
    support::raw_socket door;
    const auto at = door.listen(4096);
    for (std::size_t i = 0; i < count; ++i) {
      near.emplace_back();
      near.back().connect(at);
      far.push_back(door.accept());
      hal::send_at_once(near.back().fd());
      hal::send_at_once(far.back().fd());
    }
  }
  std::vector<support::raw_socket> near;
  std::vector<support::raw_socket> far;
};

/// Sends back what it receives.
class echo final : public hal::stream_events {
public:
  explicit echo(std::atomic<std::uint64_t>& count) : count_(count) {}
  void on_connected() override { stream->output().append(std::string(message_bytes, 'x')); }
  void on_received(bytes_view bytes) override {
    hal::bump(count_);
    stream->output().append(bytes);
  }
  void on_closed(hal::close_reason, std::string_view) override {}
  hal::stream_ptr stream;

private:
  std::atomic<std::uint64_t>& count_;
};

struct echo_door final : hal::accept_events {
  void on_accepted(hal::stream_ptr accepted) override {
    guests.push_back(std::make_unique<echo>(ignored));
    guests.back()->stream = std::move(accepted);
    guests.back()->stream->set_events(*guests.back());
  }
  std::atomic<std::uint64_t> ignored{0};
  std::vector<std::unique_ptr<echo>> guests;
};

template <class Pump>
void measure(benchmark::State& state, const std::atomic<std::uint64_t>& echoes, Pump pump) {
  double total = 0;
  std::size_t count = 0;
  for (auto _ : state) {
    const std::size_t from = echoes;
    const double start = cpu_s();
    while (echoes - from < echoes_per_iteration) {
      pump();
    }
    const double spent = cpu_s() - start;
    count += echoes - from;
    total += spent;
    state.SetIterationTime(spent);
  }
  state.counters["cpu_ns_per_echo"] = total / static_cast<double>(count) * 1e9;
}

/// Both ends on one thread.
void bare_one_thread(benchmark::State& state, std::uint32_t mode) {
  socket_pairs pairs{static_cast<std::size_t>(state.range(0))};
  bare_loop loop{mode};
  std::atomic<std::uint64_t> half{0};
  for (std::size_t i = 0; i < pairs.near.size(); ++i) {
    loop.add(pairs.near[i].fd());
    loop.add(pairs.far[i].fd());
    pairs.near[i].write(std::string(message_bytes, 'x'));
  }
  measure(state, half, [&] {
    loop.turn(0);
    half = loop.echoes / 2;
  });
}

void home_one_thread(benchmark::State& state) {
  hal::real_home home{{}};
  echo_door door;
  auto listener = std::move(home.listen({.at = support::loopback()}, door)).value();
  std::atomic<std::uint64_t> echoes{0};
  std::vector<std::unique_ptr<echo>> clients;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    clients.push_back(std::make_unique<echo>(echoes));
    clients.back()->stream = home.connect(
        {.peer = listener->at(), .origin = static_cast<std::uint64_t>(i)}, *clients.back());
  }
  home.run_until([&] { return home.meters().streams_open == 2 * clients.size(); });
  measure(state, echoes, [&] { home.poll_once(0s); });
}

/// Each end on a thread of its own, as a fleet and its broker are.
void bare_two_threads(benchmark::State& state, std::uint32_t mode) {
  socket_pairs pairs{static_cast<std::size_t>(state.range(0))};
  bare_loop near{mode};
  bare_loop far{mode};
  std::atomic<bool> stop{false};
  for (std::size_t i = 0; i < pairs.near.size(); ++i) {
    near.add(pairs.near[i].fd());
    far.add(pairs.far[i].fd());
  }
  std::thread server{[&] {
    while (!stop) {
      far.turn(100);
    }
  }};
  for (auto& each : pairs.near) {
    each.write(std::string(message_bytes, 'x'));
  }
  measure(state, near.echoes, [&] { near.turn(100); });
  stop = true;
  server.join();
}

void home_two_threads(benchmark::State& state) {
  hal::real_world far{{}};
  hal::real_home near{{}};
  echo_door door;
  auto listener = std::move(far.home(0).listen({.at = support::loopback()}, door)).value();
  far.start();
  {
    std::atomic<std::uint64_t> echoes{0};
    std::vector<std::unique_ptr<echo>> clients;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      clients.push_back(std::make_unique<echo>(echoes));
      clients.back()->stream = near.connect(
          {.peer = listener->at(), .origin = static_cast<std::uint64_t>(i)}, *clients.back());
    }
    near.run_until([&] { return near.meters().streams_open == clients.size(); });
    measure(state, echoes, [&] { near.poll_once(100ms); });
  }
  far.stop(0s);
  door.guests.clear();
  listener.reset();
}

/// A turn without events while many streams are idle: must not depend on their number.
void idle_turn(benchmark::State& state) {
  hal::raise_descriptor_limit();
  hal::real_home home{{}};
  echo_door door;
  auto listener = std::move(home.listen({.at = support::loopback()}, door)).value();
  std::atomic<std::uint64_t> echoes{0};
  struct quiet final : hal::stream_events {
    void on_connected() override {}
    void on_received(bytes_view) override {}
    void on_closed(hal::close_reason, std::string_view) override {}
    hal::stream_ptr stream;
  };
  std::vector<std::unique_ptr<quiet>> clients;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    clients.push_back(std::make_unique<quiet>());
    clients.back()->stream = home.connect(
        {.peer = listener->at(), .origin = static_cast<std::uint64_t>(i)}, *clients.back());
  }
  home.run_until([&] { return home.meters().streams_open == 2 * clients.size(); });
  while (home.poll_once(0s)) {
  }
  for (auto _ : state) {
    home.poll_once(0s);
  }
}

BENCHMARK_CAPTURE(bare_one_thread, level, 0U)->Arg(1)->Arg(100)->UseManualTime();
BENCHMARK_CAPTURE(bare_one_thread, edge, EPOLLET)->Arg(1)->Arg(100)->UseManualTime();
BENCHMARK(home_one_thread)->Arg(1)->Arg(100)->UseManualTime();
BENCHMARK_CAPTURE(bare_two_threads, level, 0U)->Arg(1)->Arg(100)->UseManualTime();
BENCHMARK_CAPTURE(bare_two_threads, edge, EPOLLET)->Arg(1)->Arg(100)->UseManualTime();
BENCHMARK(home_two_threads)->Arg(1)->Arg(100)->UseManualTime();
BENCHMARK(idle_turn)->Arg(1)->Arg(5000);

} // namespace
