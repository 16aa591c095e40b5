// Peers that do not speak TLS, lie about lengths, damage records or stop halfway.
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

class hostile_peer : public testing::Test {
protected:
  /// A client that has sent its hello and now gets `answer`, `chunk` octets at a time.
  void answer_client(bytes_view answer, std::size_t chunk = SIZE_MAX) {
    filter_ = clients_->make(test::tls_host);
    byte_buffer hello;
    filter_->start(hello);
    feed(answer, chunk);
  }
  /// A server that gets `opening`.
  void open_server(bytes_view opening, std::size_t chunk = SIZE_MAX) {
    filter_ = servers_->make(std::string_view{});
    EXPECT_EQ(filter_->start(out_), filter_state::handshaking);
    feed(opening, chunk);
  }
  void feed(bytes_view bytes, std::size_t chunk) {
    plain_.clear();
    out_.clear();
    state_ = filter_state::handshaking;
    while (!bytes.empty()) {
      const bytes_view piece = bytes.first(std::min(chunk, bytes.size()));
      bytes = bytes.subspan(piece.size());
      state_ = filter_->receive(piece, plain_, out_);
    }
  }
  /// A failed session: a reason, no plaintext, and at most an alert on the wire.
  void expect_refused(std::string_view why) {
    EXPECT_EQ(state_, filter_state::failed);
    EXPECT_EQ(filter_->error(), why);
    EXPECT_TRUE(plain_.empty());
    EXPECT_LE(out_.size(), 7U);
  }

  std::unique_ptr<client_context> clients_ = make_client(trusting_client());
  std::unique_ptr<server_context> servers_ = make_server(usual_server());
  std::unique_ptr<stream_filter> filter_;
  byte_buffer plain_;
  byte_buffer out_;
  filter_state state_ = filter_state::handshaking;
};

TEST_F(hostile_peer, answering_in_plain_http_is_named) {
  for (const std::size_t chunk : {SIZE_MAX, std::size_t{1}}) {
    answer_client(as_bytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), chunk);
    expect_refused("the peer does not speak TLS; it looks like plain HTTP");
    EXPECT_TRUE(out_.empty());
  }
}

TEST_F(hostile_peer, opening_in_plain_http_or_mqtt_is_named) {
  open_server(as_bytes("GET / HTTP/1.1\r\n\r\n"));
  expect_refused("the peer does not speak TLS; it looks like plain HTTP");
  const std::vector<std::uint8_t> connect = {0x10, 0x0c, 0x00, 0x04, 'M', 'Q', 'T', 'T', 0x04};
  open_server(connect, 1);
  expect_refused("the peer does not speak TLS; it looks like plain MQTT");
}

TEST_F(hostile_peer, sending_noise_never_gets_plaintext_or_a_crash) {
  random_stream random(11, 0, "noise");
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::uint8_t> noise(1 + random.below(200));
    for (std::uint8_t& octet : noise) {
      octet = static_cast<std::uint8_t>(random.below(256));
    }
    if (noise.size() > 5 && round % 2 == 0) { // every other one passes for a record
      noise[0] = static_cast<std::uint8_t>(20 + random.below(4));
      noise[1] = 3;
      noise[2] = static_cast<std::uint8_t>(random.below(4));
      noise[3] = 0;
      noise[4] = static_cast<std::uint8_t>(random.below(noise.size() - 4));
    }
    if (round % 4 < 2) {
      answer_client(noise, 1 + random.below(50));
    } else {
      open_server(noise, 1 + random.below(50));
    }
    EXPECT_TRUE(plain_.empty());
    EXPECT_NE(state_, filter_state::open);
    EXPECT_EQ(state_ == filter_state::failed, !filter_->error().empty());
  }
}

TEST_F(hostile_peer, announcing_too_long_a_record_is_refused_at_the_header) {
  const std::vector<std::uint8_t> header = {0x16, 0x03, 0x03, 0x48, 0x01}; // 18,433 octets
  answer_client(header, 1);
  expect_refused("TLS failed: the peer announced a record longer than the standard allows");
  open_server(header);
  expect_refused("TLS failed: the peer announced a record longer than the standard allows");
}

TEST_F(hostile_peer, announcing_the_longest_record_is_waited_for) {
  std::vector<std::uint8_t> record = {0x16, 0x03, 0x03, 0x48, 0x00};
  answer_client(record);
  EXPECT_EQ(state_, filter_state::handshaking);
}

TEST_F(hostile_peer, stopping_in_the_middle_of_a_record_keeps_the_session_waiting) {
  tls_pair pair(*clients_, *servers_);
  pair.server_state =
      pair.server->receive(pair.up.waiting.view(), pair.at_server, pair.down.waiting);
  const bytes_view flight = pair.down.waiting.view();
  for (std::size_t cut = 0; cut < flight.size(); cut += 97) {
    answer_client(flight.first(cut), 64);
    EXPECT_NE(state_, filter_state::open);
    EXPECT_TRUE(plain_.empty());
  }
}

TEST_F(hostile_peer, damaging_any_octet_of_the_first_flight_never_opens_a_session) {
  client_options settings = trusting_client();
  settings.versions = {version::tls12, version::tls12};
  clients_ = make_client(settings);
  tls_pair pattern(*clients_, *servers_);
  pattern.server_state =
      pattern.server->receive(pattern.up.waiting.view(), pattern.at_server, pattern.down.waiting);
  const std::size_t length = pattern.down.waiting.size();
  for (std::size_t at = 0; at < length; at += 13) {
    tls_pair pair(*clients_, *servers_);
    pair.server_state =
        pair.server->receive(pair.up.waiting.view(), pair.at_server, pair.down.waiting);
    pair.up.waiting.clear();
    pair.down.waiting[std::min(at, pair.down.waiting.size() - 1)] ^= 0x20;
    pair.settle();
    EXPECT_NE(pair.client_state, filter_state::open) << at;
    EXPECT_NE(pair.server_state, filter_state::open) << at;
  }
}

TEST_F(hostile_peer, damaging_a_record_of_data_is_named_and_its_data_dropped) {
  for (const version v : {version::tls12, version::tls13}) {
    client_options settings = trusting_client();
    settings.versions = {v, v};
    const auto clients = make_client(settings);
    tls_pair pair(*clients, *servers_);
    pair.settle();
    pair.say_up("pay 100");
    pair.up.waiting[pair.up.waiting.size() - 1] ^= 1;
    pair.settle();
    EXPECT_EQ(pair.server_state, filter_state::failed);
    EXPECT_EQ(pair.server->error(), "TLS failed: a record was damaged on its way");
    EXPECT_TRUE(pair.at_server.empty());
    EXPECT_EQ(pair.client_state, filter_state::failed);
    EXPECT_EQ(pair.client->error(), "the peer ended the session with the alert: bad record mac");
  }
}

TEST_F(hostile_peer, repeating_a_record_is_refused) {
  tls_pair pair(*clients_, *servers_);
  pair.settle();
  pair.say_up("open the valve");
  const std::vector<std::uint8_t> record(pair.up.waiting.view().begin(),
                                         pair.up.waiting.view().end());
  pair.settle();
  pair.server_state = pair.server->receive(record, pair.at_server, pair.down.waiting);
  EXPECT_EQ(pair.server_state, filter_state::failed);
  EXPECT_EQ(as_text(pair.at_server.view()), "open the valve"); // once
}

TEST_F(hostile_peer, mixing_plain_octets_into_an_open_session_ends_it) {
  tls_pair pair(*clients_, *servers_);
  pair.settle();
  pair.client_state = pair.client->receive(as_bytes("\x20\x02"), pair.at_client, pair.up.waiting);
  EXPECT_EQ(pair.client_state, filter_state::failed);
  EXPECT_TRUE(pair.at_client.empty());
}

TEST_F(hostile_peer, sending_a_plain_data_record_into_an_open_session_ends_it) {
  tls_pair pair(*clients_, *servers_);
  pair.settle();
  const std::vector<std::uint8_t> record = {0x17, 0x03, 0x03, 0x00, 0x04, 'e', 'v', 'i', 'l'};
  pair.client_state = pair.client->receive(record, pair.at_client, pair.up.waiting);
  EXPECT_EQ(pair.client_state, filter_state::failed);
  EXPECT_TRUE(pair.at_client.empty());
}

TEST_F(hostile_peer, failing_one_session_leaves_its_neighbours_alone) {
  tls_pair good(*clients_, *servers_);
  for (int i = 0; i < 40; ++i) {
    answer_client(as_bytes("\x16\x03\x03"
                           "0123456789 this is no hello at all"));
    good.step(200);
  }
  good.settle();
  ASSERT_TRUE(good.open()) << good.client->error();
  answer_client(as_bytes("garbage"));
  good.say_up("unharmed");
  good.settle();
  EXPECT_EQ(as_text(good.at_server.view()), "unharmed");
}

TEST_F(hostile_peer, going_silent_in_the_handshake_leaves_nothing_behind) {
  filter_ = clients_->make(test::tls_host);
  byte_buffer hello;
  filter_->start(hello);
  hello.clear();
  filter_->close(hello); // nothing was established: nothing to close
  EXPECT_TRUE(hello.empty());
}

} // namespace
} // namespace fleet::tls
