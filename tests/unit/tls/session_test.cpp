// Client and server sessions against each other: data, framing, closing, resumption.
#include "protocol/tls/client.hpp"
#include "protocol/tls/server.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/base/random.hpp"
#include "tests/support/tls_pair.hpp"

namespace fleet::tls {
namespace {

using test::make_client;
using test::make_server;
using test::tls_pair;
using test::trusting_client;
using test::usual_server;

class both_versions : public testing::TestWithParam<version> {
protected:
  static client_options client_settings() {
    client_options options = trusting_client();
    options.versions = {GetParam(), GetParam()};
    return options;
  }
  std::unique_ptr<client_context> clients_ = make_client(client_settings());
  std::unique_ptr<server_context> servers_ = make_server(usual_server());
};

INSTANTIATE_TEST_SUITE_P(tls, both_versions, testing::Values(version::tls12, version::tls13),
                         [](const auto& with) {
                           return with.param == version::tls12 ? "tls12" : "tls13";
                         });

/// The lengths of the records in a stream, headers left out.
std::vector<std::size_t> record_lengths(bytes_view stream) {
  std::vector<std::size_t> lengths;
  while (stream.size() >= 5) {
    const std::size_t length = std::size_t{stream[3]} << 8 | stream[4];
    lengths.push_back(length);
    stream = stream.subspan(std::min(5 + length, stream.size()));
  }
  return lengths;
}

TEST_P(both_versions, carry_data_both_ways) {
  tls_pair pair(*clients_, *servers_);
  pair.settle();
  ASSERT_TRUE(pair.open()) << pair.client->error() << pair.server->error();
  for (int i = 0; i < 3; ++i) {
    pair.say_up("telemetry");
    pair.say_down("command!");
    pair.settle();
  }
  EXPECT_EQ(as_text(pair.at_server.view()), "telemetrytelemetrytelemetry");
  EXPECT_EQ(as_text(pair.at_client.view()), "command!command!command!");
  EXPECT_EQ(pair.client->error(), "");
  EXPECT_EQ(pair.server->error(), "");
}

TEST_P(both_versions, work_with_one_octet_at_a_time) {
  tls_pair pair(*clients_, *servers_);
  pair.settle(1);
  ASSERT_TRUE(pair.open());
  pair.say_up("one by one");
  pair.say_down("answered");
  pair.settle(1);
  EXPECT_EQ(as_text(pair.at_server.view()), "one by one");
  EXPECT_EQ(as_text(pair.at_client.view()), "answered");
}

TEST_P(both_versions, work_with_records_split_anywhere) {
  random_stream random(7, 0, "splits");
  for (int round = 0; round < 50; ++round) {
    tls_pair pair(*clients_, *servers_);
    while (pair.step(1 + random.below(round < 25 ? 40 : 1500))) {
    }
    ASSERT_TRUE(pair.open());
    std::string said;
    for (int i = 0; i < 5; ++i) {
      const std::string text(1 + random.below(300), static_cast<char>('a' + i));
      pair.say_up(text);
      said += text;
    }
    while (pair.step(1 + random.below(100))) {
    }
    ASSERT_EQ(as_text(pair.at_server.view()), said);
  }
}

TEST_P(both_versions, carry_more_than_a_record_holds) {
  tls_pair pair(*clients_, *servers_);
  pair.settle();
  std::string large(100'000, 'x');
  for (std::size_t i = 0; i < large.size(); ++i) {
    large[i] = static_cast<char>('a' + i % 23);
  }
  pair.say_down(large);
  pair.settle(1460);
  EXPECT_EQ(as_text(pair.at_client.view()), large);
  pair.say_up(large);
  pair.settle();
  EXPECT_EQ(as_text(pair.at_server.view()), large);
}

TEST_P(both_versions, keep_ten_interleaved_sessions_apart) {
  std::vector<std::unique_ptr<tls_pair>> pairs;
  for (int i = 0; i < 10; ++i) {
    pairs.push_back(std::make_unique<tls_pair>(*clients_, *servers_));
  }
  const auto settle_all = [&pairs] {
    for (bool moved = true; moved;) {
      moved = false;
      for (auto& pair : pairs) {
        moved = pair->step(37) || moved;
      }
    }
  };
  settle_all();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    ASSERT_TRUE(pairs[i]->open());
    pairs[i]->say_up("device " + std::to_string(i));
    pairs[i]->say_down("cloud " + std::to_string(i));
  }
  settle_all();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ(as_text(pairs[i]->at_server.view()), "device " + std::to_string(i));
    EXPECT_EQ(as_text(pairs[i]->at_client.view()), "cloud " + std::to_string(i));
  }
}

TEST_P(both_versions, never_show_application_data_on_the_wire) {
  tls_pair pair(*clients_, *servers_);
  pair.settle();
  pair.say_up("DeviceSecret=0123456789abcdef");
  pair.settle();
  EXPECT_EQ(as_text(pair.up.all.view()).find("0123456789"), std::string_view::npos);
  EXPECT_EQ(as_text(pair.at_server.view()), "DeviceSecret=0123456789abcdef");
}

TEST_P(both_versions, end_when_the_peer_closes_and_answer_it) {
  tls_pair pair(*clients_, *servers_);
  pair.settle();
  pair.say_up("last words");
  pair.client->close(pair.up.waiting);
  pair.settle();
  EXPECT_EQ(as_text(pair.at_server.view()), "last words");
  EXPECT_EQ(pair.server_state, filter_state::ended);
  EXPECT_EQ(pair.client_state, filter_state::ended); // the server's own close_notify came back
  EXPECT_EQ(pair.client->error(), "");
  EXPECT_EQ(pair.server->error(), "");
}

TEST_P(both_versions, emit_one_closing_alert_and_nothing_after_it) {
  tls_pair pair(*clients_, *servers_);
  pair.settle();
  pair.client->close(pair.up.waiting);
  const std::size_t alert = pair.up.waiting.size();
  EXPECT_GT(alert, 0U);
  pair.client->close(pair.up.waiting);
  pair.say_up("too late");
  EXPECT_EQ(pair.up.waiting.size(), alert);
}

TEST_P(both_versions, still_deliver_what_the_peer_sent_before_it_saw_our_close) {
  tls_pair pair(*clients_, *servers_);
  pair.settle();
  pair.say_down("already on its way");
  pair.client->close(pair.up.waiting);
  pair.settle();
  EXPECT_EQ(as_text(pair.at_client.view()), "already on its way");
  EXPECT_EQ(pair.client_state, filter_state::ended);
}

TEST_P(both_versions, stay_open_when_the_stream_is_cut_without_a_close) {
  tls_pair pair(*clients_, *servers_);
  pair.settle();
  pair.say_up("cut here");
  const bytes_view record = pair.up.waiting.view();
  pair.server_state =
      pair.server->receive(record.first(record.size() - 1), pair.at_server, pair.down.waiting);
  // The world sees the end of the stream; half a record is not delivered and not an error.
  EXPECT_EQ(pair.server_state, filter_state::open);
  EXPECT_TRUE(pair.at_server.empty());
}

TEST_P(both_versions, send_nothing_for_nothing) {
  tls_pair pair(*clients_, *servers_);
  pair.settle();
  pair.say_up("");
  EXPECT_TRUE(pair.up.waiting.empty());
  EXPECT_EQ(pair.client->receive({}, pair.at_client, pair.up.waiting), filter_state::open);
}

TEST_P(both_versions, keep_to_the_fragment_length_a_client_asked_for) {
  client_options options = client_settings();
  options.max_fragment_bytes = 512;
  const auto small = make_client(options);
  tls_pair pair(*small, *servers_);
  pair.settle();
  ASSERT_TRUE(pair.open());
  const std::size_t before = pair.down.all.size();
  pair.say_down(std::string(3000, 'm'));
  pair.settle();
  EXPECT_EQ(pair.at_client.size(), 3000U);
  const auto lengths = record_lengths(pair.down.all.view().subspan(before));
  EXPECT_EQ(lengths.size(), 6U);
  for (const std::size_t length : lengths) {
    EXPECT_LE(length, 512U + 48U);
  }
}

TEST_P(both_versions, show_the_whole_certificate_once_only_when_resuming) {
  client_options resuming = client_settings();
  resuming.resumption = true;
  server_options offering = usual_server();
  offering.resumption = true;
  const auto clients = make_client(resuming);
  const auto servers = make_server(offering);
  tls_pair first(*clients, *servers);
  first.settle();
  ASSERT_TRUE(first.open());
  first.say_up("a");
  first.settle();
  for (int i = 0; i < 2; ++i) {
    tls_pair again(*clients, *servers);
    again.settle();
    ASSERT_TRUE(again.open()) << again.client->error();
    EXPECT_LT(again.down.carried + 400, first.down.carried);
    again.say_up("hello again");
    again.settle();
    EXPECT_EQ(as_text(again.at_server.view()), "hello again");
  }
  tls_pair stranger(clients->make_for(test::tls_host, {}, 1),
                    *servers); // another device: nothing to resume
  stranger.settle();
  ASSERT_TRUE(stranger.open());
  EXPECT_GT(stranger.down.carried + 100, first.down.carried);
  tls_pair careless(clients->forgetful(), *servers); // nor for whoever remembers nothing
  careless.settle();
  ASSERT_TRUE(careless.open());
  EXPECT_GT(careless.down.carried + 100, first.down.carried);
  tls_pair next_door(clients->make_for(test::tls_host, "192.0.2.1:8884", 0), *servers);
  next_door.settle(); // nor at another port
  ASSERT_TRUE(next_door.open());
  EXPECT_GT(next_door.down.carried + 100, first.down.carried);
  tls_pair elsewhere(*clients, *servers, "a.wild.example"); // nor with another name
  elsewhere.settle();
  ASSERT_TRUE(elsewhere.open());
  EXPECT_GT(elsewhere.down.carried + 100, first.down.carried);
}

TEST_P(both_versions, offer_a_session_once_where_the_handshake_fails) {
  client_options resuming = client_settings();
  resuming.resumption = true;
  server_options offering = usual_server();
  offering.resumption = true;
  const auto clients = make_client(resuming);
  const auto servers = make_server(offering);
  tls_pair first(*clients, *servers);
  first.settle();
  {
    tls_pair broken(*clients, *servers);
    broken.down.waiting.append(as_bytes("no TLS"));
    broken.settle();
    ASSERT_EQ(broken.client_state, filter_state::failed);
  }
  tls_pair after(*clients, *servers);
  after.settle();
  ASSERT_TRUE(after.open());
  EXPECT_GT(after.down.carried + 100, first.down.carried);
}

TEST_P(both_versions, remember_a_session_in_few_octets_and_without_the_certificate) {
  client_options resuming = client_settings();
  resuming.resumption = true;
  server_options offering = usual_server();
  offering.resumption = true;
  const auto clients = make_client(resuming);
  const auto servers = make_server(offering);
  tls_pair first(*clients, *servers);
  first.settle();
  ASSERT_TRUE(first.open());
  EXPECT_EQ(clients->sessions_kept().count, 1U);
  EXPECT_LE(clients->sessions_kept().octets, 512U);
}

/// Clients that resume, on a clock that the test turns.
class later_versions : public both_versions {
protected:
  static client_options on_the_clock(const std::shared_ptr<std::int64_t>& now) {
    client_options options = client_settings();
    options.resumption = true;
    options.unix_time = [now] { return *now; };
    return options;
  }
  [[nodiscard]] static std::unique_ptr<server_context> offering(std::int64_t lasting_s) {
    leaf_request request;
    request.names = {std::string{test::tls_host}};
    request.valid = {test::tls_now - 60, test::tls_now + lasting_s};
    request.key = key_kind::p256;
    server_options options;
    options.identity = test::test_authority().issue(request).value();
    options.resumption = true;
    return make_server(options);
  }
  /// Octets from the server of a handshake at `seconds` after the first; 0: it failed.
  std::size_t carried_at(std::int64_t seconds, server_context& servers) {
    *now_ = test::tls_now + seconds;
    tls_pair pair(*clients_on_clock_, servers);
    pair.settle();
    error_ = pair.client->error();
    return pair.open() ? pair.down.carried : 0;
  }

  std::shared_ptr<std::int64_t> now_ = std::make_shared<std::int64_t>(test::tls_now);
  std::unique_ptr<client_context> clients_on_clock_ = make_client(on_the_clock(now_));
  std::string error_;
};

INSTANTIATE_TEST_SUITE_P(tls, later_versions, testing::Values(version::tls12, version::tls13),
                         [](const auto& with) {
                           return with.param == version::tls12 ? "tls12" : "tls13";
                         });

TEST_P(later_versions, offer_no_session_past_the_end_of_the_certificate) {
  const auto servers = offering(600);
  const std::size_t whole = carried_at(0, *servers);
  ASSERT_GT(whole, 0U) << error_;
  EXPECT_LT(carried_at(599, *servers) + 100, whole) << "resumed";
  EXPECT_EQ(carried_at(600, *servers), 0U) << "judged again";
  EXPECT_NE(error_.find("certificate refused: expired"), std::string::npos) << error_;
}

TEST_P(later_versions, offer_no_session_past_the_end_of_its_ticket) {
  const auto servers = offering(std::int64_t{10} * 24 * 3600);
  const std::size_t whole = carried_at(0, *servers);
  EXPECT_LT(carried_at(7199, *servers) + 100, whole) << "two hours are what OpenSSL's server says";
  const std::int64_t from = GetParam() == version::tls12 ? 0 : 7199; // whose ticket it is then
  EXPECT_GT(carried_at(from + 7200, *servers) + 100, whole);
}

TEST_P(later_versions, judge_the_server_once_a_day_however_often_they_resume) {
  const auto servers = offering(std::int64_t{10} * 24 * 3600);
  const std::size_t whole = carried_at(0, *servers);
  std::vector<std::int64_t> judged;
  for (std::int64_t hour = 1; hour < 50; ++hour) {
    if (carried_at(hour * 3600, *servers) + 100 > whole) {
      judged.push_back(hour);
    }
  }
  if (GetParam() == version::tls13) { // before, the one ticket of the full handshake lasts less
    EXPECT_EQ(judged, (std::vector<std::int64_t>{24, 48}));
  }
  EXPECT_GE(judged.size(), 2U);
}

TEST_P(both_versions, remember_nothing_without_a_clock) {
  client_options timeless = client_settings();
  timeless.resumption = true;
  timeless.verify = false; // the authority of these tests is of another time
  timeless.unix_time = {};
  server_options offering = usual_server();
  offering.resumption = true;
  const auto clients = make_client(timeless);
  const auto servers = make_server(offering);
  tls_pair first(*clients, *servers);
  first.settle();
  ASSERT_TRUE(first.open());
  EXPECT_EQ(clients->sessions_kept().count, 0U);
}

TEST_P(both_versions, take_tickets_nobody_asked_for_and_go_on) {
  server_options offering = usual_server();
  offering.resumption = true;
  const auto servers = make_server(offering);
  tls_pair pair(*clients_, *servers);
  pair.settle();
  ASSERT_TRUE(pair.open());
  pair.say_down("after the ticket");
  pair.say_up("and back");
  pair.settle();
  EXPECT_EQ(as_text(pair.at_client.view()), "after the ticket");
  EXPECT_EQ(as_text(pair.at_server.view()), "and back");
}

TEST_P(both_versions, do_not_resume_unless_both_sides_want_to) {
  client_options resuming = client_settings();
  resuming.resumption = true;
  const auto clients = make_client(resuming);
  tls_pair first(*clients, *servers_);
  first.settle();
  tls_pair second(*clients, *servers_);
  second.settle();
  ASSERT_TRUE(second.open());
  EXPECT_GT(second.down.carried + 100, first.down.carried);
}

TEST(tls_versions, refuse_one_below_the_server_s_lowest) {
  client_options old = trusting_client();
  old.versions = {version::tls10, version::tls11};
  old.ciphers = "DEFAULT:@SECLEVEL=0";
  const auto clients = make_client(old);
  const auto servers = make_server(usual_server());
  tls_pair pair(*clients, *servers);
  pair.settle();
  EXPECT_EQ(pair.server_state, filter_state::failed);
  EXPECT_EQ(pair.server->error(), "TLS failed: no protocol version in common with the peer");
  EXPECT_EQ(pair.client_state, filter_state::failed);
  EXPECT_EQ(pair.client->error(), "the peer ended the session with the alert: protocol version");
}

TEST(tls_versions, can_be_lowered_for_old_devices) {
  client_options old = trusting_client();
  old.versions = {version::tls10, version::tls10};
  old.ciphers = "DEFAULT:@SECLEVEL=0";
  server_options lenient = usual_server();
  lenient.versions = {version::tls10, version::tls13};
  const auto clients = make_client(old);
  const auto servers = make_server(lenient);
  tls_pair pair(*clients, *servers);
  pair.settle();
  ASSERT_TRUE(pair.open()) << pair.client->error() << pair.server->error();
  pair.say_up("2006 calling");
  pair.settle();
  EXPECT_EQ(as_text(pair.at_server.view()), "2006 calling");
}

class vendor_suites : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(tls, vendor_suites,
                         testing::Values("AES256-SHA256", "AES128-SHA256", "AES256-SHA",
                                         "AES128-SHA"));

TEST_P(vendor_suites, connect_a_client_that_offers_nothing_else) { // aliyun-iot.md §7
  client_options options = trusting_client();
  options.versions = {version::tls12, version::tls12};
  options.ciphers = std::string{GetParam()} + ":@SECLEVEL=0";
  const auto clients = make_client(options);
  const auto servers = make_server(usual_server());
  tls_pair pair(*clients, *servers);
  pair.settle();
  ASSERT_TRUE(pair.open()) << pair.client->error() << pair.server->error();
  pair.say_up("static RSA");
  pair.say_down("and CBC");
  pair.settle();
  EXPECT_EQ(as_text(pair.at_server.view()), "static RSA");
  EXPECT_EQ(as_text(pair.at_client.view()), "and CBC");
  pair.client->close(pair.up.waiting);
  pair.settle();
  EXPECT_EQ(pair.server_state, filter_state::ended);
}

TEST(tls_suites, say_so_when_none_is_common) {
  client_options options = trusting_client();
  options.versions = {version::tls12, version::tls12};
  options.ciphers = "ECDHE-ECDSA-AES256-CCM8";
  const auto clients = make_client(options);
  const auto servers = make_server(usual_server());
  tls_pair pair(*clients, *servers);
  pair.settle();
  EXPECT_EQ(pair.server->error(), "TLS failed: no cipher suite in common with the peer");
  EXPECT_EQ(pair.client->error(), "the peer ended the session with the alert: handshake failure");
}

TEST(tls_suites, give_modern_clients_the_cheap_certificate) {
  const auto clients = make_client(trusting_client());
  const auto servers = make_server(usual_server());
  server_options rsa_only = usual_server();
  rsa_only.cheap_identity = {};
  const auto dear = make_server(rsa_only);
  tls_pair elliptic(*clients, *servers);
  tls_pair rsa(*clients, *dear);
  elliptic.settle();
  rsa.settle();
  ASSERT_TRUE(elliptic.open() && rsa.open());
  // An RSA-2048 key and signature are some 380 octets longer than P-256 ones.
  EXPECT_LT(elliptic.down.carried + 250, rsa.down.carried);
}

TEST(tls_session_death, sending_before_the_verdict_is_our_own_mistake) {
  const auto clients = make_client(trusting_client());
  const auto filter = clients->make(test::tls_host);
  byte_buffer out;
  EXPECT_DEATH(filter->send(as_bytes("secret"), out), "handshaking");
}

} // namespace
} // namespace fleet::tls
