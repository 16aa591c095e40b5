// DTLS end to end over a way on a clock of the test's own: by certificate and by key, short
// handshakes, the closing alert, sizes, and what a session costs when it is idle.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/dtls_pair.hpp"

namespace fleet::tls {
namespace {

using namespace std::chrono_literals;
using test::by_certificate;
using test::by_key;
using test::dtls_pair;

TEST(dtls, speaks_both_ways_by_certificate) {
  const auto clients = test::make_dtls_client(test::trusting_dtls_client());
  const auto servers = test::make_dtls_server(test::usual_dtls_server());
  dtls_pair pair{*clients, *servers, by_certificate()};
  pair.run();
  ASSERT_TRUE(pair.open()) << pair.client->error();
  EXPECT_FALSE(pair.client->resumed());
  EXPECT_EQ(pair.server->peer_identity(), "");
  EXPECT_TRUE(pair.say_up("hello"));
  EXPECT_TRUE(pair.say_up("again"));
  pair.run();
  EXPECT_TRUE(pair.say_down("and back"));
  pair.run();
  EXPECT_EQ(pair.at_server, (std::vector<std::string>{"hello", "again"}));
  EXPECT_EQ(pair.at_client, std::vector<std::string>{"and back"});
  EXPECT_EQ(pair.client->next_timeout(), never);
  EXPECT_EQ(pair.server->next_timeout(), never);
}

TEST(dtls, speaks_both_ways_by_key_and_tells_the_identity) {
  const auto clients = test::make_dtls_client(test::trusting_dtls_client());
  const auto servers = test::make_dtls_server(test::usual_dtls_server());
  dtls_pair pair{*clients, *servers, by_key()};
  pair.run();
  ASSERT_TRUE(pair.open()) << pair.client->error();
  EXPECT_EQ(pair.server->peer_identity(), test::dtls_identity);
  // The server speaks first here: its end still has what it may have to repeat.
  EXPECT_TRUE(pair.say_down("first"));
  EXPECT_TRUE(pair.say_down("second"));
  pair.run();
  EXPECT_TRUE(pair.say_up("up"));
  pair.run();
  EXPECT_TRUE(pair.say_down("third"));
  pair.run();
  EXPECT_EQ(pair.at_client, (std::vector<std::string>{"first", "second", "third"}));
  EXPECT_EQ(pair.at_server, std::vector<std::string>{"up"});
}

/// A suite for keys or for certificates.
struct suite {
  const char* name;
  bool key;
};

class every_suite : public testing::TestWithParam<suite> {};

INSTANTIATE_TEST_SUITE_P(
    dtls, every_suite,
    testing::Values(suite{"PSK-AES128-CCM8", true}, suite{"PSK-AES128-CCM", true},
                    suite{"PSK-AES128-GCM-SHA256", true}, suite{"PSK-AES256-GCM-SHA384", true},
                    suite{"PSK-CHACHA20-POLY1305", true}, suite{"PSK-AES128-CBC-SHA256", true},
                    suite{"PSK-AES128-CBC-SHA", true},
                    suite{"ECDHE-ECDSA-AES128-GCM-SHA256", false},
                    suite{"ECDHE-ECDSA-AES128-CCM8", false},
                    suite{"ECDHE-RSA-AES256-GCM-SHA384", false},
                    suite{"ECDHE-ECDSA-CHACHA20-POLY1305", false}, suite{"AES128-SHA", false},
                    suite{"AES256-SHA256", false}),
    [](const auto& with) {
      std::string name = with.param.name;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST_P(every_suite, carries_all_sizes_up_to_payload_max_and_closes) {
  tls::dtls_client_options chosen = test::trusting_dtls_client();
  chosen.common.ciphers = std::string{GetParam().name} + ":@SECLEVEL=0";
  const auto clients = test::make_dtls_client(chosen);
  const auto servers = test::make_dtls_server(test::usual_dtls_server());
  dtls_pair pair{*clients, *servers, GetParam().key ? by_key() : by_certificate()};
  pair.run();
  ASSERT_TRUE(pair.open()) << pair.client->error();
  std::vector<std::string> said;
  const std::size_t most = pair.client->payload_max();
  EXPECT_GT(most, 1100U);
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{15}, std::size_t{16},
                                 std::size_t{17}, std::size_t{1000}, most}) {
    said.emplace_back(size, 'x');
    EXPECT_TRUE(pair.say_up(said.back()));
    pair.run();
    EXPECT_TRUE(pair.say_down(said.back()));
    pair.run();
  }
  EXPECT_EQ(pair.at_server, said);
  EXPECT_EQ(pair.at_client, said);
  EXPECT_LE(pair.sent_up.back().size(), 1232U);
  EXPECT_FALSE(pair.say_up(std::string(most + 1, 'x'))) << "longer than a datagram";
  EXPECT_EQ(pair.client_state, filter_state::open);
  pair.close_client();
  EXPECT_FALSE(pair.say_up("after the end"));
  pair.run();
  EXPECT_EQ(pair.server_state, filter_state::ended);
  EXPECT_EQ(pair.client_state, filter_state::ended) << "it was answered";
}

TEST(dtls, keeps_sessions_of_all_suites_apart_when_they_take_turns_on_one_thread) {
  const auto servers = test::make_dtls_server(test::usual_dtls_server());
  std::vector<std::unique_ptr<tls::dtls_client_context>> clients;
  std::vector<std::unique_ptr<dtls_pair>> pairs;
  // Two of each that has its records from us, with keys of their own, and one that is OpenSSL's.
  constexpr std::size_t ours = 10;
  for (const char* suite :
       {"PSK-AES128-CCM8", "PSK-AES128-CCM", "PSK-AES128-GCM-SHA256", "PSK-AES256-GCM-SHA384",
        "PSK-CHACHA20-POLY1305", "PSK-AES128-CCM8", "PSK-AES128-CCM", "PSK-AES128-GCM-SHA256",
        "PSK-AES256-GCM-SHA384", "PSK-CHACHA20-POLY1305", "PSK-AES128-CBC-SHA256"}) {
    tls::dtls_client_options chosen = test::trusting_dtls_client();
    chosen.common.ciphers = std::string{suite} + ":@SECLEVEL=0";
    clients.push_back(test::make_dtls_client(chosen));
    pairs.push_back(std::make_unique<dtls_pair>(*clients.back(), *servers, by_key()));
    pairs.back()->run();
    ASSERT_TRUE(pairs.back()->open()) << suite;
  }
  std::vector<std::string> said;
  for (std::size_t round = 0; round < 8; ++round) {
    said.emplace_back(round * 40 + 1, static_cast<char>('a' + round));
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      dtls_pair& pair = *pairs[i];
      ASSERT_TRUE(pair.say_up(said.back()));
      if (i < ours) { // what fails in between, forged or of another session, leaves nothing behind
        std::string forged = pair.sent_up.back();
        forged.back() = static_cast<char>(forged.back() ^ 1);
        pair.at_the_server(as_bytes(forged));
        pairs[(i + 1) % ours]->at_the_server(as_bytes(forged));
      }
      pair.run();
      ASSERT_TRUE(pair.say_down(said.back()))
          << i << " in round " << round << ": " << pair.server->error();
      pair.run();
    }
  }
  for (const auto& pair : pairs) {
    EXPECT_EQ(pair->at_server, said);
    EXPECT_EQ(pair->at_client, said);
  }
}

TEST(dtls, keeps_every_flight_within_the_mtu) {
  tls::dtls_client_options small = test::trusting_dtls_client();
  small.common.mtu = 300;
  tls::dtls_server_options offered = test::usual_dtls_server();
  offered.common.mtu = 300;
  const auto clients = test::make_dtls_client(small);
  const auto servers = test::make_dtls_server(offered);
  dtls_pair pair{*clients, *servers, by_certificate()};
  pair.run();
  ASSERT_TRUE(pair.open()) << pair.client->error();
  EXPECT_GT(pair.sent_down.size(), 3U);
  for (const auto* way : {&pair.sent_up, &pair.sent_down}) {
    for (const std::string& datagram : *way) {
      EXPECT_LE(datagram.size(), 300U);
    }
  }
}

class short_handshakes : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(dtls, short_handshakes, testing::Bool());

TEST_P(short_handshakes, come_of_what_the_client_remembers) {
  const auto clients = test::make_dtls_client(test::trusting_dtls_client());
  const auto servers = test::make_dtls_server(test::usual_dtls_server());
  const bool key = GetParam();
  dtls_pair first{*clients, *servers, key ? by_key() : by_certificate()};
  first.run();
  ASSERT_TRUE(first.open());
  const auto memory = first.client->memory();
  ASSERT_NE(memory, nullptr);
  EXPECT_EQ(first.client->memory(), nullptr) << "it is given away once";

  dtls_pair second{*clients, *servers, key ? by_key(memory.get()) : by_certificate(memory.get())};
  second.run();
  ASSERT_TRUE(second.open()) << second.client->error();
  EXPECT_TRUE(second.client->resumed());
  EXPECT_TRUE(second.server->resumed());
  EXPECT_EQ(second.server->peer_identity(), key ? test::dtls_identity : "");
  EXPECT_LT(second.sent_up.size() + second.sent_down.size(),
            first.sent_up.size() + first.sent_down.size() + 1);
  EXPECT_TRUE(second.say_up("up"));
  second.run();
  EXPECT_TRUE(second.say_down("down"));
  second.run();
  EXPECT_TRUE(second.say_up("up"));
  second.run();
  EXPECT_EQ(second.at_server, (std::vector<std::string>{"up", "up"}));
  EXPECT_EQ(second.at_client, std::vector<std::string>{"down"});
}

/// A client's session that begins with what another left, `seconds` after tls_now.
struct later_handshake {
  bool resumed = false;
  std::string error;
  std::unique_ptr<filter_memory> memory;
};

class aging_memories : public testing::TestWithParam<bool> {
protected:
  static dtls_client_options on_the_clock(const std::shared_ptr<std::int64_t>& now) {
    dtls_client_options options = test::trusting_dtls_client();
    options.unix_time = [now] { return *now; };
    return options;
  }
  later_handshake at(std::int64_t seconds, dtls_server_context& servers,
                     const filter_memory* former) {
    *now_ = test::tls_now + seconds;
    dtls_pair pair{*clients_, servers, GetParam() ? by_key(former) : by_certificate(former)};
    pair.run();
    return {pair.client->resumed(), pair.client->error(), pair.client->memory()};
  }

  std::shared_ptr<std::int64_t> now_ = std::make_shared<std::int64_t>(test::tls_now);
  std::unique_ptr<dtls_client_context> clients_ = test::make_dtls_client(on_the_clock(now_));
};
INSTANTIATE_TEST_SUITE_P(dtls, aging_memories, testing::Bool());

TEST_P(aging_memories, are_not_offered_past_the_end_of_their_ticket) {
  const auto servers = test::make_dtls_server(test::usual_dtls_server());
  auto last = at(0, *servers, nullptr);
  last = at(3600, *servers, last.memory.get());
  EXPECT_TRUE(last.resumed) << last.error;
  last = at(7199, *servers, last.memory.get());
  EXPECT_TRUE(last.resumed) << last.error;
  last = at(7200, *servers, last.memory.get());
  EXPECT_FALSE(last.resumed) << "two hours are what OpenSSL's server says";
  ASSERT_NE(last.memory, nullptr) << last.error;
  EXPECT_TRUE(at(14'399, *servers, last.memory.get()).resumed) << "counted anew";
}

TEST_P(aging_memories, of_a_certificate_that_is_over_are_not_offered) {
  leaf_request request;
  request.names = {std::string{test::tls_host}};
  request.valid = {test::tls_now - 60, test::tls_now + 600};
  request.key = key_kind::p256;
  dtls_server_options options = test::usual_dtls_server();
  options.identity = test::test_authority().issue(request).value();
  options.cheap_identity = {};
  const auto servers = test::make_dtls_server(options);
  const auto first = at(0, *servers, nullptr);
  const auto second = at(599, *servers, first.memory.get());
  EXPECT_TRUE(second.resumed) << second.error;
  const auto third = at(600, *servers, second.memory.get());
  EXPECT_EQ(third.resumed, GetParam()) << "with a key no certificate counts";
  EXPECT_EQ(third.error.find("certificate refused: expired") != std::string::npos, !GetParam());
}

TEST(dtls, remembers_for_one_server_and_one_identity_only) {
  const auto clients = test::make_dtls_client(test::trusting_dtls_client());
  const auto servers = test::make_dtls_server(test::usual_dtls_server());
  dtls_pair first{*clients, *servers, by_key()};
  first.run();
  const auto memory = first.client->memory();
  ASSERT_NE(memory, nullptr);
  dtls_pair other{*clients, *servers, by_certificate(memory.get())};
  other.run();
  ASSERT_TRUE(other.open()) << other.client->error();
  EXPECT_FALSE(other.client->resumed());
}

TEST(dtls, makes_a_whole_handshake_where_the_server_has_forgotten) {
  const auto clients = test::make_dtls_client(test::trusting_dtls_client());
  const auto before = test::make_dtls_server(test::usual_dtls_server());
  dtls_pair first{*clients, *before, by_key()};
  first.run();
  const auto memory = first.client->memory();
  const auto after = test::make_dtls_server(test::usual_dtls_server());
  dtls_pair second{*clients, *after, by_key(memory.get())};
  second.run();
  ASSERT_TRUE(second.open()) << second.client->error();
  EXPECT_FALSE(second.client->resumed());
}

TEST(dtls, refuses_settings_that_cannot_work) {
  tls::dtls_server_options nothing;
  EXPECT_FALSE(dtls_server_context::create(nothing).ok());
  tls::dtls_client_options small = test::trusting_dtls_client();
  small.common.mtu = 200;
  EXPECT_FALSE(dtls_client_context::create(small).ok());
  tls::dtls_client_options hasty = test::trusting_dtls_client();
  hasty.common.patience.first_wait = 0s;
  EXPECT_FALSE(dtls_client_context::create(hasty).ok());
  tls::dtls_client_options stubborn = test::trusting_dtls_client();
  stubborn.common.patience.repeats_max = 11;
  EXPECT_FALSE(dtls_client_context::create(stubborn).ok());
  tls::dtls_client_options odd = test::trusting_dtls_client();
  odd.common.ciphers = "NO-SUCH-SUITE";
  EXPECT_FALSE(dtls_client_context::create(odd).ok());
}

} // namespace
} // namespace fleet::tls
