// What a posting device costs while it is idle: board, slot, client, session and the device in its
// actor, as they count themselves and as the heap does. Sockets and queues are the world's.
#include <cstddef>
#include <cstdio>

#if defined(__SANITIZE_ADDRESS__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes(); // of its allocator_interface.h
#else
#include <malloc.h>
#endif

#include <gtest/gtest.h>

#include "tests/support/dtls_pair.hpp"
#include "tests/unit/actors/coap_cloud.hpp"
#include "tests/unit/actors/http_cloud.hpp"
#include "tests/unit/actors/post_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// Octets of this process's heap.
std::size_t allocated() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

/// Octets of one device between two reports, by its own count: the slot with its board, and the
/// software.
std::size_t octets_of(test::posting_device& d, const char* what) {
  const std::size_t slot = sizeof(device_slot) - sizeof(hal::board) + d.slot->board.memory_bytes();
  const std::size_t software = d.it().memory_bytes();
  std::printf("%s: %zu octets, %zu of them slot and board\n", what, slot + software, slot);
  return slot + software;
}

/// The same by the heap: what its end gives back, and the objects themselves. Ends it.
std::size_t octets_freed(test::posting_device& d, const char* what) {
  const std::size_t before = allocated();
  d.crash();
  const std::size_t given = before - allocated();
  const std::size_t all =
      given + sizeof(device_slot) + sizeof(post_device)
      + (d.slot->board.link.datagrams() == nullptr ? 0 : sizeof(hal::datagram_link));
  std::printf("%s: %zu octets, %zu of them given back by its end\n", what, all, given);
  return all;
}

void idle(test::posting_device& d) {
  d.boot(minutes{10});
  d.quiet();
  d.run(minutes{10});
  ASSERT_EQ(d.it().now_in(), phase::online);
  ASSERT_GT(d.counts.acknowledged.load(), 500U);
}

TEST(post_device_memory, of_an_idle_device_over_coap_is_within_five_kibibytes) {
  test::posting_device d;
  test::coap_cloud cloud{d.world.home(), 5683};
  d.product.peer = cloud.at();
  idle(d);
  EXPECT_LE(octets_of(d, "CoAP"), 5U * 1024);
  EXPECT_LE(octets_freed(d, "CoAP, by the heap"), 5U * 1024);
}

TEST(post_device_memory, of_an_idle_device_over_http_is_within_five_kibibytes) {
  test::posting_device d;
  test::http_cloud cloud{d.world.home(), 8080};
  d.product.post->protocol = post_protocol::http;
  d.product.peer = cloud.at();
  idle(d);
  EXPECT_LE(octets_of(d, "HTTP"), 5U * 1024);
  EXPECT_LE(octets_freed(d, "HTTP, by the heap"), 5U * 1024);
}

TEST(post_device_memory, of_an_idle_device_over_dtls_is_within_twenty_kibibytes) {
  const auto servers = fleet::test::make_dtls_server(fleet::test::usual_dtls_server());
  const auto clients = fleet::test::make_dtls_client(fleet::test::trusting_dtls_client());
  test::posting_device d;
  test::coap_cloud cloud{d.world.home(), 5684, servers.get()};
  d.product.peer = cloud.at();
  d.product.server_name = fleet::test::tls_host;
  d.coap().security = clients.get();
  idle(d);
  EXPECT_LE(octets_freed(d, "CoAP over DTLS, by the heap"), 20U * 1024);
}

TEST(post_device_memory, of_a_device_that_reports_does_not_grow_with_its_reports) {
  test::posting_device d;
  test::coap_cloud cloud{d.world.home(), 5683};
  d.product.peer = cloud.at();
  d.boot(minutes{10});
  const auto early = octets_of(d, "after 10 minutes");
  d.run(minutes{60});
  EXPECT_LE(octets_of(d, "after 70 minutes"), early + 32) << "but for the digits of its numbers";
}

} // namespace
} // namespace fleet::actors
