// What an established, idle session keeps on the heap, counted in OpenSSL's own allocations and
// ours.
#include <atomic>
#include <cstdlib>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include "protocol/tls/dtls_session.hpp"
#include "tests/support/bare_tls_peer.hpp"
#include "tests/support/dtls_pair.hpp"
#include "tests/support/tls_pair.hpp"

namespace fleet::tls {
namespace {

/// Octets OpenSSL holds, each block as malloc would round it: 8 octets of its own, to 16.
std::atomic<std::size_t> held{0};

constexpr std::size_t header = alignof(std::max_align_t);
constexpr std::size_t rounded(std::size_t size) {
  return std::max<std::size_t>(32, (size + 8 + 15) / 16 * 16);
}

void* counted_malloc(std::size_t size, const char* /*file*/, int /*line*/) {
  if (size == 0) {
    return nullptr;
  }
  auto* block = static_cast<std::byte*>(std::malloc(size + header));
  if (block == nullptr) {
    return nullptr;
  }
  *reinterpret_cast<std::size_t*>(block) = size;
  held += rounded(size);
  return block + header;
}

void counted_free(void* at, const char* /*file*/, int /*line*/) {
  if (at != nullptr) {
    auto* block = static_cast<std::byte*>(at) - header;
    held -= rounded(*reinterpret_cast<std::size_t*>(block));
    std::free(block);
  }
}

void* counted_realloc(void* at, std::size_t size, const char* file, int line) {
  if (at == nullptr || size == 0) {
    counted_free(at, file, line);
    return counted_malloc(size, file, line);
  }
  auto* block = static_cast<std::byte*>(at) - header;
  const std::size_t former = *reinterpret_cast<std::size_t*>(block);
  auto* moved = static_cast<std::byte*>(std::realloc(block, size + header));
  if (moved == nullptr) {
    return nullptr;
  }
  held += rounded(size);
  held -= rounded(former);
  *reinterpret_cast<std::size_t*>(moved) = size;
  return moved + header;
}

// Before main(): OpenSSL accepts other allocators only until it has used one.
const bool counting = CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) == 1;

class idle_sessions : public testing::TestWithParam<std::tuple<version, bool>> {};

INSTANTIATE_TEST_SUITE_P(tls, idle_sessions,
                         testing::Combine(testing::Values(version::tls12, version::tls13),
                                          testing::Bool()),
                         [](const auto& with) {
                           return std::string{std::get<0>(with.param) == version::tls12 ? "tls12"
                                                                                        : "tls13"}
                                  + (std::get<1>(with.param) ? "_tickets" : "");
                         });

TEST_P(idle_sessions, cost_at_most_16_kib_on_either_side) {
  ASSERT_TRUE(counting);
  client_options settings = test::trusting_client();
  const auto [which, tickets] = GetParam();
  settings.versions = {which, which};
  server_options offered = test::usual_server();
  offered.resumption = tickets;
  const auto clients = test::make_client(settings);
  const auto servers = test::make_server(offered);
  const auto exchange = [&] {
    auto pair = std::make_unique<test::tls_pair>(*clients, *servers);
    pair->settle();
    pair->say_up(std::string(200, 'u'));
    pair->say_down(std::string(200, 'd'));
    pair->settle(700);
    EXPECT_TRUE(pair->open());
    return pair;
  };
  static_cast<void>(exchange()); // whatever is made once
  constexpr std::size_t count = 20;
  std::vector<std::unique_ptr<test::tls_pair>> live;
  const std::size_t before = held;
  for (std::size_t i = 0; i < count; ++i) {
    live.push_back(exchange());
  }
  const std::size_t both = held - before;
  for (auto& pair : live) {
    pair->server.reset();
  }
  const std::size_t client = (held - before) / count;
  const std::size_t server = both / count - client;
  constexpr std::size_t ours = 512; // the filter object, far less in truth
  EXPECT_LE(client + ours, 16U * 1024U);
  EXPECT_LE(server + ours, 16U * 1024U);
  RecordProperty("client_octets", static_cast<int>(client));
  RecordProperty("server_octets", static_cast<int>(server));
  live.clear();
  EXPECT_LE(held, before + 64U) << "a session left something behind";
}

/// What a foreign server says behind its handshake, and whether all of it arrives at once.
class foreign_endings : public testing::TestWithParam<std::tuple<bool, std::size_t>> {};

INSTANTIATE_TEST_SUITE_P(tls, foreign_endings,
                         testing::Combine(testing::Bool(), testing::Values(0, 4, 5000)));

TEST_P(foreign_endings, leave_a_client_no_more_than_16_kib) {
  const auto [at_once, octets] = GetParam();
  const auto clients = test::make_client(test::trusting_client());
  const auto exchange = [&] {
    auto server = std::make_unique<test::bare_peer>(TLS_server_method(), true);
    auto client = clients->make(test::tls_host);
    test::mixed_pair pair{*server, *client};
    client->start(pair.to_bare);
    pair.first_words(std::string(octets, 'd'), at_once);
    EXPECT_EQ(pair.state, filter_state::open);
    EXPECT_EQ(pair.plain.size(), octets);
    return client;
  };
  static_cast<void>(exchange()); // whatever is made once
  const std::size_t before = held;
  const auto kept = exchange();
  EXPECT_LE(held - before, 16U * 1024U - 512U);
}

TEST(failed_sessions, give_their_memory_back_at_once) {
  const auto clients = test::make_client(test::trusting_client());
  const auto warm_up = clients->make(test::tls_host);
  const std::size_t before = held;
  const auto filter = clients->make(test::tls_host);
  byte_buffer out;
  byte_buffer plain;
  filter->start(out);
  EXPECT_EQ(filter->receive(as_bytes("nonsense"), plain, out), filter_state::failed);
  EXPECT_LE(held, before + 64U);
}

/// By key or by certificate.
class idle_dtls_sessions : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(dtls, idle_dtls_sessions, testing::Bool());

TEST_P(idle_dtls_sessions, cost_at_most_1_kib_on_either_side) {
  ASSERT_TRUE(counting);
  const auto clients = test::make_dtls_client(test::trusting_dtls_client());
  const auto servers = test::make_dtls_server(test::usual_dtls_server());
  const auto exchange = [&] {
    auto pair = std::make_unique<test::dtls_pair>(
        *clients, *servers, GetParam() ? test::by_key() : test::by_certificate());
    pair->run();
    pair->say_up(std::string(200, 'u'));
    pair->run();
    pair->say_down(std::string(200, 'd'));
    pair->run();
    EXPECT_TRUE(pair->open());
    static_cast<void>(pair->client->memory()); // its owner's from here on
    return pair;
  };
  const auto warm_up = exchange(); // whatever is made once
  constexpr std::size_t count = 20;
  std::vector<std::unique_ptr<test::dtls_pair>> live;
  const std::size_t before = held;
  for (std::size_t i = 0; i < count; ++i) {
    live.push_back(exchange());
  }
  // Of OpenSSL's nothing is left; the rest is the object and the words in it.
  EXPECT_LE(held - before, 64U);
  EXPECT_LE(sizeof(dtls_session) + test::dtls_identity.size(), 1024U - 16U);
}

TEST(dtls_sessions, keep_a_bounded_number_of_early_records_during_a_handshake) {
  const auto clients = test::make_dtls_client(test::trusting_dtls_client());
  const auto servers = test::make_dtls_server(test::usual_dtls_server());
  test::dtls_pair pair{*clients, *servers, test::by_key()};
  pair.run([&] { return pair.server != nullptr; });
  std::string early("\x16\xfe\xfd\0\x01\0\0\0\0\0\0\0\x40", 13);
  early += std::string(64, 'e');
  const std::size_t before = held;
  for (int i = 0; i < 10'000; ++i) {
    early[9] = static_cast<char>(i >> 8);
    early[10] = static_cast<char>(i);
    pair.at_the_server(as_bytes(early));
  }
  EXPECT_EQ(pair.server_state, filter_state::handshaking);
  EXPECT_LE(held - before, std::size_t{dtls_session::early_records_max} * 20'000);
}

TEST(dtls_sessions, that_failed_give_their_memory_back_at_once) {
  const auto clients = test::make_dtls_client(test::trusting_dtls_client());
  const auto warm_up = clients->make(test::by_key());
  const std::size_t before = held;
  const auto filter = clients->make(test::by_key());
  datagram_batch out;
  filter->start({}, out);
  EXPECT_GT(held, before + 20'000U);
  for (time_point now = filter->next_timeout(); now != never; now = filter->next_timeout()) {
    filter->handle_timeout(now, out);
  }
  EXPECT_TRUE(filter->timed_out());
  EXPECT_LE(held, before + 64U);
}

} // namespace
} // namespace fleet::tls
