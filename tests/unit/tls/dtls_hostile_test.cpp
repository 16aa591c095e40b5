// DTLS on a bad way and among bad peers: loss, repeats, reordering, silence; wrong keys and wrong
// certificates; cookies; records that were forged, replayed or cut.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/tls/dtls_records.hpp"
#include "tests/support/dtls_pair.hpp"

namespace fleet::tls {
namespace {

using namespace std::chrono_literals;
using test::by_certificate;
using test::by_key;
using test::dtls_pair;

struct both {
  std::unique_ptr<dtls_client_context> clients =
      test::make_dtls_client(test::trusting_dtls_client());
  std::unique_ptr<dtls_server_context> servers = test::make_dtls_server(test::usual_dtls_server());
};

TEST(dtls_timing, repeats_an_unanswered_hello_after_1_2_4_8_seconds_and_gives_up) {
  both b;
  std::vector<duration> at;
  dtls_pair silent{*b.clients, *b.servers, by_key(), {.loss_ppm = 1'000'000}};
  while (silent.client_state == filter_state::handshaking && silent.step()) {
    at.push_back(silent.now.time_since_epoch());
  }
  EXPECT_EQ(at, (std::vector<duration>{1s, 3s, 7s, 15s, 31s, 63s, 123s}));
  EXPECT_EQ(silent.sent_up.size(), 7U) << "one and six repeats";
  EXPECT_EQ(silent.client_state, filter_state::failed);
  EXPECT_TRUE(silent.client->timed_out());
  EXPECT_EQ(silent.client->error(),
            "the peer did not answer the DTLS handshake, which was sent 7 times");
  EXPECT_EQ(silent.client->next_timeout(), never);
}

TEST(dtls_timing, waits_as_the_vendors_sdk_where_that_is_set) {
  tls::dtls_client_options options = test::trusting_dtls_client();
  options.common.patience = {2s, 8s, 4};
  const auto clients = test::make_dtls_client(options);
  both b;
  dtls_pair silent{*clients, *b.servers, by_key(), {.loss_ppm = 1'000'000}};
  std::vector<duration> at;
  while (silent.client_state == filter_state::handshaking && silent.step()) {
    at.push_back(silent.now.time_since_epoch());
  }
  EXPECT_EQ(at, (std::vector<duration>{2s, 6s, 14s, 22s, 30s}));
}

TEST(dtls_timing, a_repeat_bears_new_record_numbers_and_starts_anew_with_each_flight) {
  both b;
  dtls_pair pair{*b.clients, *b.servers, by_key()};
  // The cookie comes; the second hello is lost twice.
  pair.lose = [](bool up, std::size_t number) { return up && (number == 1 || number == 2); };
  pair.run();
  ASSERT_TRUE(pair.open());
  // 20 ms for the cookie; 1 s and 2 s of waiting; two more round trips of 20 ms.
  EXPECT_EQ(pair.now.time_since_epoch(), 20ms + 3s + 20ms + 20ms);
  EXPECT_NE(first_record(as_bytes(pair.sent_up[1])).sequence,
            first_record(as_bytes(pair.sent_up[2])).sequence);
}

TEST(dtls_timing, a_server_repeats_its_flight_and_gives_up_on_one_that_went) {
  both b;
  dtls_pair pair{*b.clients, *b.servers, by_key()};
  pair.run([&] { return pair.server != nullptr; });
  ASSERT_NE(pair.server, nullptr);
  pair.lose = [](bool, std::size_t) { return true; };
  const std::size_t sent = pair.sent_down.size();
  // What is on its way to the client still comes, and its answers are lost.
  while (pair.server_state == filter_state::handshaking && pair.step()) {
  }
  EXPECT_EQ(pair.server_state, filter_state::failed);
  EXPECT_TRUE(pair.server->timed_out());
  EXPECT_EQ(pair.sent_down.size(), sent + 6 * 2) << "a repeat is a datagram for each message";
}

class bad_ways : public testing::TestWithParam<std::tuple<bool, std::uint64_t>> {};
INSTANTIATE_TEST_SUITE_P(dtls, bad_ways,
                         testing::Combine(testing::Bool(), testing::Range<std::uint64_t>(1, 13)));

TEST_P(bad_ways, are_overcome_in_the_time_that_the_back_off_allows) {
  both b;
  const auto [key, seed] = GetParam();
  dtls_pair pair{*b.clients,
                 *b.servers,
                 key ? by_key() : by_certificate(),
                 {.loss_ppm = 200'000, .twice_ppm = 100'000, .jitter = 100ms, .seed = seed}};
  pair.run([&] { return pair.open() || pair.over(); });
  ASSERT_TRUE(pair.open()) << pair.client->error();
  // Three flights of the client and one of the server wait, each 63 s at most before its last try.
  EXPECT_LE(pair.now.time_since_epoch(), 4 * 63s + 1s);
  for (int i = 0; i < 100; ++i) {
    pair.say_up("report " + std::to_string(i));
    if (i % 20 == 19) {
      pair.run(); // no more on their way than the window of 64 can put in order
    }
  }
  std::vector<std::string> sorted = pair.at_server;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end())
      << "what the way doubled arrives once";
  EXPECT_GT(sorted.size(), 65U);
  EXPECT_LT(sorted.size(), 95U);
}

TEST(dtls, answers_a_peer_that_missed_the_last_flight) {
  both b;
  dtls_pair pair{*b.clients, *b.servers, by_key()};
  pair.run([&] { return pair.server_state == filter_state::open; });
  const std::size_t last = pair.sent_down.size();
  dtls_pair again{*b.clients, *b.servers, by_key()};
  again.lose = [last](bool up, std::size_t number) { return !up && number == last - 1; };
  again.run([&] { return again.open(); });
  ASSERT_TRUE(again.open()) << again.client->error();
  EXPECT_GE(again.now.time_since_epoch(), 1s);
  EXPECT_TRUE(again.say_up("up"));
  again.run();
  EXPECT_TRUE(again.say_down("down"));
  again.run();
  EXPECT_EQ(again.at_server, std::vector<std::string>{"up"});
  EXPECT_EQ(again.at_client, std::vector<std::string>{"down"});
}

TEST(dtls, ends_in_a_time_out_with_the_wrong_key) {
  both b;
  datagram_filter_request wrong = by_key();
  wrong.psk_key = as_bytes("fedcba9876543210");
  dtls_pair pair{*b.clients, *b.servers, wrong};
  pair.run();
  EXPECT_EQ(pair.client_state, filter_state::failed);
  EXPECT_TRUE(pair.client->timed_out()) << pair.client->error();
  EXPECT_NE(pair.server_state, filter_state::open);
}

TEST(dtls, is_refused_with_an_identity_that_nobody_knows) {
  both b;
  datagram_filter_request stranger = by_key();
  stranger.psk_identity = "somebody else";
  dtls_pair pair{*b.clients, *b.servers, stranger};
  pair.run();
  EXPECT_EQ(pair.client_state, filter_state::failed);
  EXPECT_EQ(pair.client->error(),
            "the peer ended the session with the alert: unknown PSK identity");
  EXPECT_EQ(pair.server_state, filter_state::failed);
}

class bad_dtls_certificates : public testing::TestWithParam<std::pair<flaw, const char*>> {};
INSTANTIATE_TEST_SUITE_P(dtls, bad_dtls_certificates,
                         testing::Values(std::pair{flaw::expired, "expired"},
                                         std::pair{flaw::not_yet_valid, "not yet valid"},
                                         std::pair{flaw::wrong_name, "wrong subject"},
                                         std::pair{flaw::unknown_issuer, "unknown issuer"},
                                         std::pair{flaw::weak_key, "weak key"},
                                         std::pair{flaw::weak_signature, "weak signature"},
                                         std::pair{flaw::self_signed, "self-signed"},
                                         std::pair{flaw::issuer_not_authority,
                                                   "issuer is no authority"},
                                         std::pair{flaw::wrong_purpose, "wrong purpose"}));

TEST_P(bad_dtls_certificates, are_refused_by_name) {
  tls::dtls_server_options spoiled = test::usual_dtls_server();
  const auto [how, words] = GetParam();
  spoiled.identity = test::test_certificate(key_kind::rsa2048, how);
  spoiled.cheap_identity = {};
  const auto servers = test::make_dtls_server(spoiled);
  both b;
  dtls_pair pair{*b.clients, *servers, by_certificate()};
  pair.run([&] { return pair.over(); });
  EXPECT_EQ(pair.client_state, filter_state::failed);
  EXPECT_EQ(pair.client->error().find(std::string{"certificate refused: "} + words), 0U)
      << pair.client->error();
  pair.run();
  EXPECT_EQ(pair.server_state, filter_state::failed) << "it was told by an alert";
}

TEST(dtls, needs_a_name_to_verify) {
  both b;
  const auto nameless = b.clients->make({});
  datagram_batch out;
  EXPECT_EQ(nameless->start({}, out), filter_state::failed);
  EXPECT_TRUE(out.empty());
}

TEST(dtls_door, keeps_nothing_of_a_hello_without_its_cookie) {
  both b;
  datagram_batch hello;
  const auto client = b.clients->make(by_key());
  client->start({}, hello);
  for (int i = 0; i < 1000; ++i) {
    datagram_batch out;
    EXPECT_EQ(b.servers->accept(as_bytes("spoofed " + std::to_string(i)), hello[0], {}, out),
              nullptr);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_LT(out[0].size(), hello[0].size()) << "no larger than what asked for it";
  }
}

TEST(dtls_door, takes_a_cookie_from_where_it_was_sent_and_for_a_while_only) {
  both b;
  datagram_batch hello;
  datagram_batch plain;
  const auto client = b.clients->make(by_key());
  client->start({}, hello);
  datagram_batch cookie;
  EXPECT_EQ(b.servers->accept(as_bytes("here"), hello[0], {}, cookie), nullptr);
  datagram_batch second;
  client->receive(cookie[0], {}, plain, second);
  ASSERT_EQ(second.size(), 1U);
  datagram_batch out;
  EXPECT_EQ(b.servers->accept(as_bytes("there"), second[0], {}, out), nullptr);
  EXPECT_EQ(b.servers->accept(as_bytes("here"), second[0], time_point{60s}, out), nullptr);
  EXPECT_EQ(out.size(), 2U) << "another cookie each";
  EXPECT_NE(b.servers->accept(as_bytes("here"), second[0], time_point{59s}, out), nullptr);
}

TEST(dtls_door, is_silent_to_what_is_no_hello) {
  both b;
  datagram_batch hello;
  const auto client = b.clients->make(by_key());
  client->start({}, hello);
  datagram_batch out;
  EXPECT_EQ(b.servers->accept(as_bytes("x"), {}, {}, out), nullptr);
  EXPECT_EQ(b.servers->accept(as_bytes("x"), as_bytes("GET / HTTP/1.1\r\n\r\n"), {}, out), nullptr);
  for (std::size_t cut = 0; cut < hello[0].size(); ++cut) {
    EXPECT_EQ(b.servers->accept(as_bytes("x"), hello[0].first(cut), {}, out), nullptr);
  }
  EXPECT_TRUE(out.empty());
}

class hostile_records : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(dtls, hostile_records,
                         testing::Values("PSK-AES128-GCM-SHA256", "PSK-AES128-CCM8",
                                         "PSK-CHACHA20-POLY1305", "PSK-AES128-CBC-SHA256",
                                         "PSK-AES128-CBC-SHA", "PSK-AES256-CBC-SHA384"),
                         [](const auto& with) {
                           std::string name = with.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// RFC 6347 §4.1.2.7, with encrypt-then-MAC too.
TEST_P(hostile_records, are_dropped_where_they_are_forged_replayed_or_cut_and_the_session_goes_on) {
  tls::dtls_client_options chosen = test::trusting_dtls_client();
  chosen.common.ciphers = std::string{GetParam()} + ":@SECLEVEL=0";
  const auto clients = test::make_dtls_client(chosen);
  tls::dtls_server_options any = test::usual_dtls_server();
  any.common.ciphers = chosen.common.ciphers;
  const auto servers = test::make_dtls_server(any);
  dtls_pair pair{*clients, *servers, by_key()};
  pair.run();
  ASSERT_TRUE(pair.open());
  pair.say_up("one");
  pair.run();
  const std::string one = pair.sent_up.back();
  ASSERT_EQ(pair.at_server.size(), 1U);
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::string changed = one;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    pair.at_the_server(as_bytes(changed));
    pair.at_the_server(as_bytes(one).first(i));
  }
  pair.at_the_server(as_bytes(one));
  pair.at_the_server(as_bytes(std::string(2000, '\xff')));
  // An alert in the clear, as anybody could send it, is of an epoch that is over.
  pair.at_the_server(as_bytes(std::string("\x15\xfe\xfd\0\0\0\0\0\0\0\x09\0\x02\x02\x28", 15)));
  EXPECT_EQ(pair.at_server.size(), 1U);
  EXPECT_EQ(pair.server_state, filter_state::open);
  pair.say_up("two");
  pair.run();
  EXPECT_EQ(pair.at_server, (std::vector<std::string>{"one", "two"}));
  pair.say_down("three");
  pair.run();
  const std::string three = pair.sent_down.back();
  for (std::size_t i = 0; i < three.size(); ++i) {
    std::string changed = three;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    pair.at_the_client(as_bytes(changed));
  }
  EXPECT_EQ(pair.client_state, filter_state::open) << pair.client->error();
  pair.say_down("four");
  pair.run();
  EXPECT_EQ(pair.at_client, (std::vector<std::string>{"three", "four"}));
}

TEST(dtls, takes_late_records_once_within_its_window_of_64) {
  both b;
  dtls_pair pair{*b.clients, *b.servers, by_key()};
  pair.run();
  pair.say_up("begin");
  pair.run();
  pair.lose = [](bool up, std::size_t) { return up; };
  const std::size_t first = pair.sent_up.size();
  for (int i = 0; i < 70; ++i) {
    pair.say_up(std::to_string(i));
  }
  for (std::size_t i = 70; i-- > 0;) {
    pair.at_the_server(as_bytes(pair.sent_up[first + i]));
    pair.at_the_server(as_bytes(pair.sent_up[first + i]));
  }
  EXPECT_EQ(pair.at_server.size(), 1U + 64U) << "the last 64 of them";
}

} // namespace
} // namespace fleet::tls
