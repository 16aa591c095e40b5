// Every first octet a peer may send: each type with each of the sixteen values of its flags,
// towards both roles ([MQTT-2.2.2-2]). A packet of that type with the right flags is the control.
#include <gtest/gtest.h>

#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

struct typed_packet {
  unsigned type;
  unsigned flags; ///< the right ones
  std::string_view rest;
  const char* statement;
};

constexpr typed_packet to_server[] = {
    {4, 0, "02 00 07", "2.2.2-2"},
    {5, 0, "02 00 07", "2.2.2-2"},
    {6, 2, "02 00 07", "3.6.1-1"},
    {7, 0, "02 00 07", "2.2.2-2"},
    {8, 2, "06 00 07 00 01 't' 00", "3.8.1-1"},
    {10, 2, "05 00 07 00 01 't'", "3.10.1-1"},
    {12, 0, "00", "2.2.2-2"},
    {14, 0, "00", "3.14.1-1"},
};

constexpr typed_packet to_client[] = {
    {4, 0, "02 00 07", "2.2.2-2"}, {5, 0, "02 00 07", "2.2.2-2"},    {6, 2, "02 00 07", "3.6.1-1"},
    {7, 0, "02 00 07", "2.2.2-2"}, {9, 0, "03 00 07 00", "2.2.2-2"}, {11, 0, "02 00 07", "2.2.2-2"},
    {13, 0, "00", "2.2.2-2"},
};

wire with_head(const typed_packet& p, unsigned flags) {
  wire bytes{static_cast<std::uint8_t>(p.type * 16 + flags)};
  const wire rest = octets(p.rest);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

/// Feeds `p` with each value of the flags to a machine of its own; `ready` makes it.
template <class Ready>
void try_all_flags(const typed_packet& p, Ready ready) {
  for (unsigned flags = 0; flags < 16; ++flags) {
    auto rig = ready();
    rig->out.clear();
    const lines events = rig->feed(with_head(p, flags));
    if (flags == p.flags) {
      for (const auto& e : events) {
        EXPECT_EQ(e.find("failed"), std::string::npos) << p.statement << ": " << e;
      }
    } else {
      EXPECT_EQ(events, lines{describe(violation::bad_flags)}) << p.statement << ", " << flags;
      EXPECT_EQ(rig->sent(), lines{}) << p.statement;
      EXPECT_EQ(rig->feed("30 03 0001 't'"), lines{}) << "reads on after " << p.statement;
    }
  }
}

std::unique_ptr<server_rig> open_server() {
  auto rig = std::make_unique<server_rig>();
  rig->open();
  return rig;
}

std::unique_ptr<client_rig> open_client() {
  auto rig = std::make_unique<client_rig>();
  rig->open();
  return rig;
}

std::unique_ptr<client_rig> waiting_client() {
  auto rig = std::make_unique<client_rig>();
  connect_fields c;
  c.client_id = "d";
  rig->machine.start(c, rig->now, rig->out);
  return rig;
}

TEST(mqtt_flags, a_server_closes_on_every_wrong_value_of_a_clients_packets) {
  try_all_flags({1, 0, "0d 00 04 'MQTT' 04 02 00 00 00 01 'd'", "2.2.2-2"},
                [] { return std::make_unique<server_rig>(); });
  for (const typed_packet& p : to_server) {
    try_all_flags(p, open_server);
  }
}

TEST(mqtt_flags, a_client_closes_on_every_wrong_value_of_a_servers_packets) {
  try_all_flags({2, 0, "02 00 00", "2.2.2-2"}, waiting_client);
  for (const typed_packet& p : to_client) {
    try_all_flags(p, open_client);
  }
}

// PUBLISH has no reserved flag, but three of its values have no meaning: QoS 3 ([MQTT-3.3.1-4])
// with anything beside it, and DUP at QoS 0 ([MQTT-3.3.1-2]).
TEST(mqtt_flags, both_close_on_a_publish_whose_flags_mean_nothing) {
  for (unsigned flags = 0; flags < 16; ++flags) {
    const unsigned q = flags / 2 % 4;
    const bool dup = flags >= 8;
    wire bytes = octets("30 05 00 01 't' 00 05");
    bytes[0] = static_cast<std::uint8_t>(0x30 + flags);
    const auto server = open_server();
    const auto client = open_client();
    const lines at_server = server->feed(bytes);
    const lines at_client = client->feed(bytes);
    if (q == 3) {
      EXPECT_EQ(at_server, lines{describe(violation::bad_qos)}) << flags;
      EXPECT_EQ(at_client, lines{describe(violation::bad_qos)}) << flags;
    } else if (q == 0 && dup) {
      EXPECT_EQ(at_server, lines{describe(violation::dup_at_qos_0)}) << flags;
      EXPECT_EQ(at_client, lines{describe(violation::dup_at_qos_0)}) << flags;
    } else {
      ASSERT_EQ(at_server.size(), 1U);
      ASSERT_EQ(at_client.size(), 1U);
      EXPECT_TRUE(at_server[0].starts_with("published t=")) << flags;
      EXPECT_TRUE(at_client[0].starts_with("arrived t=")) << flags;
    }
  }
}

} // namespace
} // namespace fleet::mqtt::test
