// Datagrams over the kernel's loopback: many in one turn, refusals, sizes, ends, and sessions of
// DTLS on a server's one socket.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "hal_sim/real_world/asked_addresses.hpp"
#include "hal_sim/real_world/real_home.hpp"
#include "hal_sim/world/crowd.hpp"
#include "hal_sim/world/peer_table.hpp"
#include "tests/support/datagram_peers.hpp"
#include "tests/support/dtls_pair.hpp"
#include "tests/support/raw_socket.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using support::datagram_host;
using support::datagram_recorder;
using support::loopback;

struct scene {
  scene() {
    EXPECT_TRUE(cloud.bind(home, loopback()));
    device.open(home, cloud.socket->at(), 3);
  }
  hal::real_home home{{}};
  datagram_recorder cloud;
  datagram_recorder device;
};

TEST(real_datagrams, go_and_come_and_tell_who_sent_them) {
  scene s;
  s.cloud.when_received = [&](const hal::address& from, std::string_view text) {
    s.cloud.socket->send(from, as_bytes(text));
  };
  EXPECT_TRUE(s.device.say("hello"));
  EXPECT_TRUE(s.device.say(""));
  ASSERT_TRUE(s.home.run_until([&] { return s.device.received.size() == 2; }));
  EXPECT_EQ(s.cloud.received, (std::vector<std::string>{"hello", ""}));
  EXPECT_EQ(s.device.received, s.cloud.received);
  EXPECT_EQ(s.cloud.last_from, s.device.socket->at());
  EXPECT_EQ(s.cloud.last_from.ip[3], 4) << "device 3 of the addresses 127.0.0.1 to .8";
  EXPECT_EQ(s.device.last_from, s.cloud.socket->at());
  EXPECT_EQ(s.home.meters().datagrams_sent, 4U);
  EXPECT_EQ(s.home.meters().datagrams_received, 4U);
  EXPECT_EQ(s.home.meters().bytes_sent, 10U);
}

TEST(real_datagrams, of_one_turn_all_arrive_in_order_and_whole) {
  scene s;
  constexpr int count = 100; // several system calls' worth, within what the kernel buffers
  std::vector<std::string> said;
  for (int i = 0; i < count; ++i) {
    said.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i) * 10, 'x'));
    EXPECT_TRUE(s.device.say(said.back()));
  }
  ASSERT_TRUE(s.home.run_until([&] { return s.cloud.received.size() == count; }));
  EXPECT_EQ(s.cloud.received, said);
  EXPECT_EQ(s.device.socket->unsent(), 0U);
}

TEST(real_datagrams, of_a_server_reach_each_peer) {
  scene s;
  std::vector<std::unique_ptr<datagram_recorder>> all;
  s.cloud.when_received = [&](const hal::address& from, std::string_view text) {
    s.cloud.socket->send(from, as_bytes(text));
  };
  for (std::uint64_t i = 0; i < 200; ++i) {
    all.push_back(std::make_unique<datagram_recorder>());
    all.back()->open(s.home, s.cloud.socket->at(), i);
    all.back()->say("I am " + std::to_string(i));
  }
  const auto everybody = [&] {
    return std::all_of(all.begin(), all.end(), [](const auto& d) { return !d->received.empty(); });
  };
  ASSERT_TRUE(s.home.run_until(everybody));
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i]->received, std::vector<std::string>{"I am " + std::to_string(i)});
  }
}

/// A server's owner that is told of crowds.
struct crowded final : hal::crowd_events {
  void on_crowd(std::span<const hal::address> senders) noexcept override {
    EXPECT_EQ(announced.size(), came.size()) << "of the former crowd all have come";
    announced.insert(announced.end(), senders.begin(), senders.end());
    largest = std::max(largest, senders.size());
  }
  void on_datagram(const hal::address& from, bytes_view) override {
    ASSERT_LT(came.size(), announced.size()) << "it was not announced";
    EXPECT_EQ(from, announced[came.size()]);
    came.push_back(from);
  }
  void on_trouble(hal::datagram_trouble) override {}

  std::vector<hal::address> announced;
  std::vector<hal::address> came;
  std::size_t largest = 0;
};

TEST(real_datagrams, of_a_server_are_announced_by_their_senders_as_many_as_are_read_at_once) {
  hal::real_home home{{}};
  crowded cloud;
  const auto socket = std::move(home.bind_datagrams(loopback(), cloud)).value();
  std::vector<std::unique_ptr<datagram_recorder>> all;
  for (std::uint64_t i = 0; i < 3; ++i) {
    all.push_back(std::make_unique<datagram_recorder>());
    all.back()->open(home, socket->at(), i);
  }
  for (int i = 0; i < 100; ++i) {
    all[static_cast<std::size_t>(i) % all.size()]->say("word");
  }
  ASSERT_TRUE(home.run_until([&] { return cloud.came.size() == 100; }));
  EXPECT_GT(cloud.largest, 1U);
  EXPECT_LE(cloud.largest, hal::crowd_max);
}

TEST(real_datagrams, tell_a_client_that_nobody_listens_and_go_on) {
  scene s;
  const hal::address at = s.cloud.socket->at();
  s.cloud.socket.reset();
  s.home.poll_once(0s);
  s.device.say("anybody?");
  ASSERT_TRUE(s.home.run_until([&] { return !s.device.troubles.empty(); }));
  EXPECT_EQ(s.device.troubles.front(), hal::datagram_trouble::refused);
  ASSERT_TRUE(s.cloud.bind(s.home, at));
  s.device.say("and now?");
  ASSERT_TRUE(s.home.run_until([&] { return !s.cloud.received.empty(); }));
  EXPECT_EQ(s.cloud.received.front(), "and now?");
}

TEST(real_datagrams, are_bounded_in_size_and_number) {
  scene s;
  EXPECT_FALSE(s.device.say(std::string(datagram_bytes_max + 1, 'x')));
  const std::string most(datagram_bytes_max, 'y');
  for (std::size_t i = 0; i < hal::datagram_socket::unsent_bytes_max / datagram_bytes_max; ++i) {
    EXPECT_TRUE(s.device.say(most));
  }
  EXPECT_FALSE(s.device.say("one more"));
  EXPECT_EQ(s.home.meters().datagrams_dropped, 2U);
  ASSERT_TRUE(s.home.run_until([&] { return !s.cloud.received.empty(); }));
  EXPECT_EQ(s.cloud.received.front(), most);
  ASSERT_TRUE(s.home.run_until([&] { return s.device.socket->unsent() == 0; }));
}

TEST(real_datagrams, that_are_discarded_in_time_do_not_leave) {
  scene s;
  EXPECT_TRUE(s.device.say("taken back"));
  s.device.socket->discard();
  EXPECT_EQ(s.device.socket->unsent(), 0U);
  EXPECT_TRUE(s.device.say("meant"));
  ASSERT_TRUE(s.home.run_until([&] { return !s.cloud.received.empty(); }));
  EXPECT_EQ(s.cloud.received, std::vector<std::string>{"meant"});
}

TEST(real_datagrams, that_are_too_long_for_us_are_told_of_and_dropped) {
  scene s;
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(s.cloud.socket->at().port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string large(datagram_bytes_max + 1, 'z');
  ASSERT_EQ(
      ::sendto(fd, large.data(), large.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to),
      static_cast<ssize_t>(large.size()));
  ::close(fd);
  ASSERT_TRUE(s.home.run_until([&] { return !s.cloud.troubles.empty(); }));
  EXPECT_EQ(s.cloud.troubles.front(), hal::datagram_trouble::too_large);
  EXPECT_TRUE(s.cloud.received.empty());
}

TEST(real_datagrams, refuse_a_taken_port) {
  scene s;
  datagram_recorder second;
  EXPECT_FALSE(second.bind(s.home, s.cloud.socket->at()));
}

TEST(real_datagrams, may_lose_their_owner_in_a_call_and_in_another_thread) {
  scene s;
  s.cloud.when_received = [&](const hal::address& from, std::string_view) {
    s.cloud.socket->send(from, as_bytes("last words"));
    s.cloud.socket.reset();
  };
  s.device.say("one");
  s.device.say("two");
  ASSERT_TRUE(s.home.run_until([&] { return !s.device.received.empty(); }));
  EXPECT_EQ(s.cloud.received, std::vector<std::string>{"one"});
  EXPECT_EQ(s.device.received, std::vector<std::string>{"last words"});
  std::thread{[&] { s.device.socket.reset(); }}.join();
  s.home.poll_once(0s);
  s.home.poll_once(0s);
}

hal::address local(std::uint8_t last, std::uint16_t port) {
  hal::address a = loopback(port);
  a.ip[3] = last;
  return a;
}

TEST(real_datagrams, of_a_server_at_all_addresses_come_from_the_one_that_was_asked) {
  hal::real_home home{{}};
  datagram_recorder cloud;
  ASSERT_TRUE(cloud.bind(home, hal::address{}));
  std::vector<hal::address> asked_by;
  cloud.when_received = [&](const hal::address& from, std::string_view text) {
    asked_by.push_back(from);
    cloud.socket->send(from, as_bytes("back: " + std::string{text}));
  };
  std::vector<std::unique_ptr<datagram_recorder>> all; // each hears its peer alone
  for (std::uint8_t i = 0; i < 6; ++i) {
    const auto to = local(static_cast<std::uint8_t>(1 + i % 3), cloud.socket->at().port);
    all.push_back(std::make_unique<datagram_recorder>());
    all.back()->open(home, to, i);
    all.back()->say(std::to_string(i));
  }
  const auto each_has = [&](std::size_t count) {
    return std::all_of(all.begin(), all.end(),
                       [&](const auto& d) { return d->received.size() == count; });
  };
  ASSERT_TRUE(home.run_until([&] { return each_has(1); }));
  for (const hal::address& peer : asked_by) { // and not only at once
    cloud.socket->send(peer, as_bytes("news"));
  }
  ASSERT_TRUE(home.run_until([&] { return each_has(2); }));
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i]->received, (std::vector<std::string>{"back: " + std::to_string(i), "news"}));
  }
}

/// Sends to a group whose members are all hosts, by the loopback, and then to the server alone.
void call_group_then_server(int fd, const sockaddr* group, const sockaddr* server, socklen_t size) {
  ASSERT_EQ(::sendto(fd, "all", 3, 0, group, size), 3) << errno;
  ASSERT_EQ(::sendto(fd, "you", 3, 0, server, size), 3) << errno;
}

TEST(real_datagrams, to_a_group_of_its_host_do_not_reach_a_server_at_all_addresses) {
  hal::real_home home{{}};
  datagram_recorder cloud;
  hal::address all;
  ASSERT_TRUE(cloud.bind(home, all));
  const support::raw_socket caller{::socket(AF_INET, SOCK_DGRAM, 0)};
  const in_addr lo{htonl(INADDR_LOOPBACK)};
  ASSERT_EQ(::setsockopt(caller.fd(), IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo), 0);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(cloud.socket->at().port);
  server.sin_addr = lo;
  sockaddr_in group = server;
  group.sin_addr.s_addr = htonl(0xE0000001); // 224.0.0.1
  call_group_then_server(caller.fd(), reinterpret_cast<const sockaddr*>(&group),
                         reinterpret_cast<const sockaddr*>(&server), sizeof server);
  ASSERT_TRUE(home.run_until([&] { return !cloud.received.empty(); }));
  EXPECT_EQ(cloud.received, std::vector<std::string>{"you"}) << "they arrive in order";
}

TEST(real_datagrams, of_a_server_at_all_addresses_of_both_families_come_from_the_one_asked) {
  hal::real_home home{{}};
  datagram_recorder cloud;
  hal::address everywhere;
  everywhere.v6 = true;
  if (!cloud.bind(home, everywhere)) {
    return; // a machine without IPv6 has no such address
  }
  cloud.when_received = [&](const hal::address& from, std::string_view text) {
    cloud.socket->send(from, as_bytes(text));
  };
  const std::uint16_t port = cloud.socket->at().port;
  hal::address six;
  six.v6 = true;
  six.ip[15] = 1;
  datagram_recorder probe;
  const bool six_is_here = probe.bind(home, six);
  six.port = port;
  const hal::address other = six_is_here ? six : local(4, port);
  std::vector<std::unique_ptr<datagram_recorder>> all;
  for (const hal::address& to : {local(2, port), other, local(3, port), other}) {
    all.push_back(std::make_unique<datagram_recorder>());
    all.back()->open(home, to, all.size());
    all.back()->say("hello");
    ASSERT_TRUE(home.run_until([&] { return !all.back()->received.empty(); })) << to.text();
  }
}

TEST(asked_addresses, remember_who_asks_another_than_usual_and_forget_the_oldest_of_many) {
  hal::asked_addresses asked;
  const auto peer = [](std::size_t i) {
    hal::address a = loopback(static_cast<std::uint16_t>(1 + i % 50'000));
    a.ip[2] = static_cast<std::uint8_t>(i / 50'000);
    return a;
  };
  const hal::address usual = local(1, 0);
  const hal::address other = local(2, 0);
  EXPECT_EQ(asked.of(peer(0)), nullptr);
  asked.heard(peer(0), usual);
  asked.heard(peer(1), other);
  EXPECT_EQ(*asked.of(peer(0)), usual);
  EXPECT_EQ(*asked.of(peer(1)), other);
  EXPECT_EQ(*asked.of(peer(2)), usual);
  asked.heard(peer(1), usual);
  EXPECT_EQ(*asked.of(peer(1)), usual);
  EXPECT_EQ(asked.others(), 0U);
  constexpr std::size_t most = hal::asked_addresses::others_max;
  for (std::size_t i = 0; i < 3 * most; ++i) {
    asked.heard(peer(i), other);
    ASSERT_LE(asked.others(), 2 * most);
    if (i == 2 * most) {
      EXPECT_EQ(*asked.of(peer(i - most)), other) << "as many as promised are remembered";
    }
  }
  EXPECT_EQ(*asked.of(peer(0)), usual) << "forgotten";
}

/// A client's session of DTLS on a socket of its own, driven by the home's timers.
class dtls_device final : hal::timer, hal::datagram_events {
public:
  dtls_device(hal::home& h, datagram_filter_factory& clients, const hal::address& peer,
              std::uint64_t origin)
      : home_(h), filter_(clients.make(test::by_key())) {
    hal::datagram_options options;
    options.peer = peer;
    options.origin = origin;
    socket_ = h.open_datagrams(options, *this);
    state = filter_->start(h.now(), out_);
    send_out();
  }
  ~dtls_device() { home_.disarm(*this); }
  dtls_device(const dtls_device&) = delete;
  dtls_device& operator=(const dtls_device&) = delete;

  void say(std::string_view text) {
    EXPECT_TRUE(filter_->send(as_bytes(text), out_));
    send_out();
  }
  void close() {
    filter_->close(out_);
    send_out();
  }

  filter_state state = filter_state::handshaking;
  std::vector<std::string> received;

private:
  void on_datagram(const hal::address& /*from*/, bytes_view bytes) override {
    datagram_batch plain;
    state = filter_->receive(bytes, home_.now(), plain, out_);
    for (std::size_t i = 0; i < plain.size(); ++i) {
      received.emplace_back(as_text(plain[i]));
    }
    send_out();
  }
  void on_trouble(hal::datagram_trouble /*trouble*/) override {}
  void on_wake(time_point now) override {
    state = filter_->handle_timeout(now, out_);
    send_out();
  }
  void send_out() {
    for (std::size_t i = 0; i < out_.size(); ++i) {
      socket_->send({}, out_[i]);
    }
    out_.clear();
    home_.arm(*this, filter_->next_timeout());
  }

  hal::home& home_;
  std::unique_ptr<datagram_filter> filter_;
  hal::datagram_ptr socket_;
  datagram_batch out_;
};

TEST(real_datagrams, carry_sessions_of_dtls_to_a_server_on_one_socket) {
  hal::real_home home{{}};
  const auto clients = test::make_dtls_client(test::trusting_dtls_client());
  const auto servers = test::make_dtls_server(test::usual_dtls_server());
  datagram_host host;
  hal::datagram_server_options options;
  options.at = loopback();
  options.security = servers.get();
  ASSERT_TRUE(host.open(home, options));
  std::vector<std::unique_ptr<dtls_device>> all;
  for (std::uint64_t i = 0; i < 50; ++i) {
    all.push_back(std::make_unique<dtls_device>(home, *clients, host.server->at(), i));
  }
  ASSERT_TRUE(home.run_until([&] { return host.identities.size() == all.size(); }));
  EXPECT_EQ(host.identities.front(), test::dtls_identity);
  EXPECT_EQ(host.server->peers(), all.size());
  EXPECT_EQ(host.server->handshakes(), 0U);
  const auto count = [&](auto&& what) { return std::count_if(all.begin(), all.end(), what); };
  ASSERT_TRUE(home.run_until(
      [&] { return count([](const auto& d) { return d->state == filter_state::open; }) == 50; }));
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i]->say("report " + std::to_string(i));
  }
  ASSERT_TRUE(home.run_until(
      [&] { return count([](const auto& d) { return !d->received.empty(); }) == 50; }));
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i]->received, std::vector<std::string>{"back: report " + std::to_string(i)});
    all[i]->close();
  }
  ASSERT_TRUE(home.run_until([&] { return host.gone.size() == 50; }));
  EXPECT_EQ(host.server->peers(), 0U);
}

} // namespace
} // namespace fleet
