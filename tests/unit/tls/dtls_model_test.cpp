// The imitation beside the real thing: the same round trips, octets within a tenth, the same words,
// the same repeats; and the same outcome twice.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/tls/dtls_model.hpp"
#include "protocol/tls/verdict.hpp"
#include "tests/support/dtls_pair.hpp"

namespace fleet::tls {
namespace {

using namespace std::chrono_literals;
using test::by_certificate;
using test::by_key;
using test::dtls_pair;

dtls_model_options modelled_server() {
  dtls_model_options options;
  options.key_of = [](std::string_view who) {
    return std::string{who == test::dtls_identity ? test::dtls_key : std::string_view{}};
  };
  return options;
}

struct imitations {
  modelled_dtls clients;
  modelled_dtls servers{modelled_server()};
};

std::size_t octets(const std::vector<std::string>& sent) {
  std::size_t sum = 0;
  for (const std::string& each : sent) {
    sum += each.size();
  }
  return sum;
}

class beside_the_real_one : public testing::TestWithParam<std::tuple<bool, bool>> {};
INSTANTIATE_TEST_SUITE_P(dtls, beside_the_real_one,
                         testing::Combine(testing::Bool(), testing::Bool()));

TEST_P(beside_the_real_one, takes_as_many_datagrams_and_nearly_as_many_octets) {
  const auto [key, again] = GetParam();
  const auto clients = test::make_dtls_client(test::trusting_dtls_client());
  const auto servers = test::make_dtls_server(test::usual_dtls_server());
  imitations like;
  const auto run = [&](datagram_filter_factory& c, datagram_filter_door& s) {
    const auto request = key ? by_key() : by_certificate();
    auto pair = std::make_unique<dtls_pair>(c, s, request);
    pair->run();
    EXPECT_TRUE(pair->open()) << pair->client->error();
    if (again) {
      const auto memory = pair->client->memory();
      pair = std::make_unique<dtls_pair>(c, s,
                                         key ? by_key(memory.get()) : by_certificate(memory.get()));
      pair->run();
      EXPECT_TRUE(pair->open() && pair->client->resumed() && pair->server->resumed());
    }
    return pair;
  };
  const auto real = run(*clients, *servers);
  const auto modelled = run(like.clients, like.servers);
  EXPECT_EQ(modelled->sent_up.size(), real->sent_up.size());
  EXPECT_EQ(modelled->sent_down.size(), real->sent_down.size());
  EXPECT_EQ(modelled->now, real->now) << "round trips";
  EXPECT_NEAR(static_cast<double>(octets(modelled->sent_up)),
              static_cast<double>(octets(real->sent_up)),
              static_cast<double>(octets(real->sent_up)) / 10);
  EXPECT_NEAR(static_cast<double>(octets(modelled->sent_down)),
              static_cast<double>(octets(real->sent_down)),
              static_cast<double>(octets(real->sent_down)) / 10);
  EXPECT_EQ(modelled->client->payload_max(), real->client->payload_max());
  EXPECT_EQ(modelled->server->peer_identity(), real->server->peer_identity());
  for (auto* pair : {real.get(), modelled.get()}) {
    EXPECT_TRUE(pair->say_up("hello"));
    pair->run();
    EXPECT_TRUE(pair->say_down("world"));
    pair->run();
    EXPECT_EQ(pair->at_server, std::vector<std::string>{"hello"});
    EXPECT_EQ(pair->at_client, std::vector<std::string>{"world"});
    pair->close_client();
    pair->run();
    EXPECT_EQ(pair->server_state, filter_state::ended);
    EXPECT_EQ(pair->client_state, filter_state::ended);
  }
  EXPECT_EQ(modelled->sent_up.back().size(), real->sent_up.back().size());
}

TEST(dtls_model, repeats_in_time_and_gives_up_as_the_real_one) {
  imitations like;
  dtls_pair silent{like.clients, like.servers, by_key(), {.loss_ppm = 1'000'000}};
  std::vector<duration> at;
  while (silent.client_state == filter_state::handshaking && silent.step()) {
    at.push_back(silent.now.time_since_epoch());
  }
  EXPECT_EQ(at, (std::vector<duration>{1s, 3s, 7s, 15s, 31s, 63s, 123s}));
  EXPECT_TRUE(silent.client->timed_out());
  EXPECT_EQ(silent.client->error(),
            "the peer did not answer the DTLS handshake, which was sent 7 times");
}

TEST(dtls_model, comes_through_a_bad_way_with_small_datagrams) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    dtls_model_options small = modelled_server();
    small.mtu = 300;
    modelled_dtls clients{small};
    modelled_dtls servers{small};
    dtls_pair pair{clients,
                   servers,
                   seed % 2 == 0 ? by_key() : by_certificate(),
                   {.loss_ppm = 200'000, .twice_ppm = 100'000, .jitter = 100ms, .seed = seed}};
    pair.run([&] { return pair.open() || pair.over(); });
    ASSERT_TRUE(pair.open()) << seed << ": " << pair.client->error();
    for (const std::string& datagram : pair.sent_down) {
      EXPECT_LE(datagram.size(), 300U);
    }
    for (int i = 0; i < 20; ++i) {
      pair.say_up("report " + std::to_string(i));
    }
    pair.run();
    std::vector<std::string> sorted = pair.at_server;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end());
    EXPECT_GT(sorted.size(), 8U);
  }
}

TEST(dtls_model, gives_the_same_octets_for_the_same_calls) {
  const auto run = [] {
    imitations like;
    dtls_pair pair{like.clients, like.servers, by_key(), {.loss_ppm = 100'000, .seed = 9}};
    pair.run();
    return std::pair{pair.sent_up, pair.sent_down};
  };
  EXPECT_EQ(run(), run());
}

TEST(dtls_model, ends_in_a_time_out_with_the_wrong_key) {
  imitations like;
  datagram_filter_request wrong = by_key();
  wrong.psk_key = as_bytes("another");
  dtls_pair pair{like.clients, like.servers, wrong};
  pair.run();
  EXPECT_TRUE(pair.client->timed_out());
  EXPECT_NE(pair.server_state, filter_state::open);
}

TEST(dtls_model, refuses_an_identity_that_nobody_knows) {
  imitations like;
  datagram_filter_request stranger = by_key();
  stranger.psk_identity = "somebody else";
  dtls_pair pair{like.clients, like.servers, stranger};
  pair.run();
  EXPECT_EQ(pair.client->error(),
            "the peer ended the session with the alert: unknown PSK identity");
}

TEST(dtls_model, gives_the_verdict_on_a_certificate_whichever_side_names_it) {
  const std::string sentence = refusal_sentence(refusal::expired, "yesterday");
  for (const bool at_client : {false, true}) {
    dtls_model_options spoiled;
    spoiled.failure = sentence;
    modelled_dtls clients{at_client ? spoiled : dtls_model_options{}};
    modelled_dtls servers{at_client ? dtls_model_options{} : spoiled};
    dtls_pair pair{clients, servers, by_certificate()};
    pair.run();
    EXPECT_EQ(pair.client_state, filter_state::failed);
    EXPECT_EQ(pair.client->error(), sentence);
    EXPECT_EQ(pair.server->error(), "the peer ended the session with the alert: bad certificate");
  }
}

TEST(dtls_model, does_not_take_the_tickets_of_a_server_that_was_started_anew) {
  imitations like;
  dtls_pair first{like.clients, like.servers, by_key()};
  first.run();
  const auto memory = first.client->memory();
  ASSERT_NE(memory, nullptr);
  dtls_model_options other = modelled_server();
  other.ticket_secret = 2;
  modelled_dtls anew{other};
  dtls_pair second{like.clients, anew, by_key(memory.get())};
  second.run();
  EXPECT_TRUE(second.open());
  EXPECT_FALSE(second.client->resumed());
}

TEST(dtls_model, offers_a_ticket_as_long_as_it_lasts_and_no_longer) {
  imitations like;
  dtls_pair first{like.clients, like.servers, by_key()};
  first.run();
  auto memory = first.client->memory();
  const auto resumed_at = [&](time_point begins) {
    dtls_pair pair{like.clients, like.servers, by_key(memory.get()), {.begins = begins}};
    pair.run();
    EXPECT_TRUE(pair.open());
    memory = pair.client->memory();
    return pair.client->resumed();
  };
  EXPECT_TRUE(resumed_at(first.now + 1h));
  EXPECT_TRUE(resumed_at(first.now + 2h - 1s));
  EXPECT_FALSE(resumed_at(first.now + 2h)) << "counted from the full handshake";
  EXPECT_TRUE(resumed_at(first.now + 4h - 1s));
}

TEST(dtls_model, drops_what_is_repeated_or_of_another_session) {
  imitations like;
  dtls_pair one{like.clients, like.servers, by_key()};
  dtls_pair other{like.clients, like.servers, by_key()};
  one.run();
  other.run();
  one.say_up("mine");
  one.run();
  one.at_the_server(as_bytes(one.sent_up.back()));
  other.at_the_server(as_bytes(one.sent_up.back()));
  EXPECT_EQ(one.at_server, std::vector<std::string>{"mine"});
  EXPECT_TRUE(other.at_server.empty());
  EXPECT_EQ(other.server_state, filter_state::open);
}

} // namespace
} // namespace fleet::tls
