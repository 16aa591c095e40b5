// What the virtual world costs in heap: an idle connection, and a steady run that must not
// allocate.
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/world_peers.hpp"

namespace {
std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> octets{0};
} // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  octets += size;
  void* p = std::malloc(size == 0 ? 1 : size);
  if (p == nullptr) {
    std::abort();
  }
  return p;
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

namespace fleet::hal {
namespace {

using std::chrono::seconds;

/// The least an owner can be.
struct quiet final : stream_events, accept_events {
  void on_connected() override {}
  void on_received(bytes_view) override { ++received; }
  void on_closed(close_reason, std::string_view) override {}
  void on_accepted(stream_ptr accepted) override {
    streams.push_back(std::move(accepted));
    streams.back()->set_events(*this);
  }
  std::uint64_t received = 0;
  std::vector<stream_ptr> streams;
};

TEST(virtual_memory, an_idle_connection_takes_less_than_its_budget) {
  constexpr std::size_t count = 100'000;
  virtual_world w;
  quiet cloud;
  quiet devices;
  auto door = std::move(w.home().listen({.at = {.port = 1883}}, cloud)).value();
  cloud.streams.reserve(count);
  devices.streams.reserve(count);
  const std::size_t before = octets;
  for (std::size_t i = 0; i < count; ++i) {
    devices.streams.push_back(w.home().connect({.peer = {.port = 1883}, .origin = i}, devices));
    if (i % 100 == 99) {
      w.run_for(seconds{1});
    }
  }
  ASSERT_EQ(cloud.streams.size(), count);
  const std::size_t each = (octets - before) / count;
  RecordProperty("octets_per_connection", static_cast<int>(each));
  std::printf("an idle connection: %zu octets, both streams included\n", each);
  EXPECT_LE(each, 450U);
}

TEST(virtual_memory, a_steady_run_allocates_nothing) {
  virtual_world w;
  quiet cloud;
  quiet devices;
  auto door = std::move(w.home().listen({.at = {.port = 1883}}, cloud)).value();
  for (std::size_t i = 0; i < 100; ++i) {
    devices.streams.push_back(w.home().connect({.peer = {.port = 1883}, .origin = i}, devices));
  }
  w.run_for(seconds{1});
  const std::string text(200, 'x');
  const auto round = [&] {
    for (std::size_t i = 0; i < 100; ++i) {
      devices.streams[i]->output().append(text);
      cloud.streams[i]->output().append(text);
    }
    w.run_for(seconds{1});
  };
  for (int i = 0; i < 10; ++i) {
    round();
  }
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    round();
  }
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(devices.received, 110U * 100U);
  EXPECT_EQ(cloud.received, 110U * 100U);
}

TEST(virtual_memory, a_burst_leaves_no_more_than_the_pools_limit) {
  segment_pool pool;
  std::vector<segment*> taken;
  for (std::size_t i = 0; i < segment_pool::spare_max + 10; ++i) {
    taken.push_back(pool.take());
  }
  taken[0]->bytes.append(std::string(2 * segment_pool::buffer_bytes_max, 'x'));
  for (segment* s : taken) {
    pool.give(s);
  }
  EXPECT_EQ(pool.spare(), segment_pool::spare_max);
}

} // namespace
} // namespace fleet::hal
