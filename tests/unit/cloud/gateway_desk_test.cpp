// The platform's answers to gateways, request by request, down to the bytes that leave.
#include <gtest/gtest.h>

#include "cloud_sim/gateway_desk.hpp"
#include "cloud_sim/platform_client.hpp"
#include "tests/support/listed_credentials.hpp"

namespace fleet::cloud {
namespace {

using alink::gateway_dialect;
using enum alink::topic_kind;

struct one_product final : product_secrets {
  std::string_view secret_of(std::string_view product_key) const override {
    return product_key == "a1SubPk0001" ? "product_secret" : "";
  }
  bool knows(std::string_view product_key) const override { return product_key == "a1NewPk"; }
};

/// Devices 0 to 5; 0 and 1 are gateways, 2 to 5 sub-devices.
struct office {
  explicit office(desk_rules rules = {}, topology_rules bounds = {})
      : relations(bounds), desk({devices, relations, rules}) {}
  /// Of a product whose registration is switched on.
  static desk_rules registering() {
    static const one_product products;
    return {.products = &products};
  }

  /// What the desk wants done, one line each.
  std::vector<std::string> done() {
    std::vector<std::string> out;
    while (const auto item = desk.next()) {
      const std::string who = std::to_string(item->device);
      switch (item->what) {
        case desk_item::form::message:
          out.push_back(who + " " + std::string{item->topic} + " "
                        + std::string{as_text(item->payload)});
          break;
        case desk_item::form::online: out.push_back(who + " online"); break;
        case desk_item::form::offline: out.push_back(who + " offline"); break;
        case desk_item::form::kick: out.push_back(who + " kick"); break;
      }
    }
    return out;
  }
  std::vector<std::string> ask(alink::topic_kind kind, std::string_view payload,
                               gateway_link from = {0, 1}) {
    alink::topic on;
    on.kind = kind;
    EXPECT_TRUE(desk.request(from, on, as_bytes(payload), now, reader,
                             [this](device_index d) { return d == directly_online; }));
    return done();
  }
  std::vector<std::string> ask(alink::topic_kind kind, std::vector<device_index> subs,
                               gateway_link from = {0, 1}) {
    byte_buffer out;
    alink::gateway_request_writer w{out, kind, gateway_dialect::sdk_2_10, 7};
    for (const device_index i : subs) {
      w.add(source.at(i));
    }
    w.end();
    return ask(kind, as_text(out.view()), from);
  }
  /// The code of the first message.
  static std::int64_t code_in(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      const std::size_t at = line.find(R"("code":)");
      if (at != std::string::npos) {
        return std::stoi(line.substr(at + 7));
      }
    }
    return 0;
  }

  support::listed_credentials source{6};
  registry devices{source, 6};
  topology relations;
  gateway_desk desk;
  alink::gateway_reader reader;
  time_point now{};
  device_index directly_online = 99;
};

using lines = std::vector<std::string>;

TEST(gateway_desk, takes_a_sub_device_from_registration_to_online_and_back) {
  office o{office::registering()};
  const auto registered = o.ask(sub_register, {2});
  ASSERT_EQ(registered.size(), 1U);
  EXPECT_NE(registered[0].find(R"("deviceSecret":"secret_of_sub_0002")"), std::string::npos);
  const std::string pair = R"({"productKey":"a1SubPk0001","deviceName":"sub_0002"})";
  const std::string own = "/a1SubPk0001/sub_0000/";
  EXPECT_EQ(o.ask(topo_add, {2}),
            (lines{"0 /sys" + own + R"(thing/topo/add_reply {"id":7,"code":200,"data":[)" + pair
                   + R"(],"message":"success"})"}));
  EXPECT_EQ(o.ask(session_login, {2}),
            (lines{"2 online", "0 /ext/session" + own
                                   + R"(combine/login_reply {"id":7,"code":200,"data":)" + pair
                                   + R"(,"message":"success"})"}));
  EXPECT_EQ(o.ask(topo_get, std::vector<device_index>{}),
            (lines{"0 /sys" + own + R"(thing/topo/get_reply {"id":7,"code":200,"data":[)" + pair
                   + R"(],"message":"success"})"}));
  EXPECT_EQ(o.ask(session_logout, {2})[0], "2 offline");
  EXPECT_EQ(office::code_in(o.ask(session_logout, {2})), 520);
  EXPECT_EQ(office::code_in(o.ask(topo_delete, {2})), 200);
  EXPECT_EQ(office::code_in(o.ask(topo_delete, {2})), 6401);
  EXPECT_EQ(office::code_in(o.ask(sub_unregister, {2})), 200);
  EXPECT_EQ(office::code_in(o.ask(list_found, {2})), 200);
}

TEST(gateway_desk, takes_note_of_found_devices_whose_product_there_is) {
  const auto found = [](std::string_view key) {
    return R"({"id":"1","params":[{"productKey":")" + std::string{key}
           + R"(","deviceName":"qqqq"}],"method":"thing.list.found"})";
  };
  one_product products;
  office o{desk_rules{.products = &products}};
  EXPECT_EQ(office::code_in(o.ask(list_found, found("a1SubPk0001"))), 200) << "it has devices";
  EXPECT_EQ(office::code_in(o.ask(list_found, found("a1NewPk"))), 200) << "it was configured";
  EXPECT_EQ(office::code_in(o.ask(list_found, found("nopk"))), 6250);
}

TEST(gateway_desk, forgets_a_product_with_the_last_of_its_devices) {
  const std::string found =
      R"({"id":"1","params":[{"productKey":"a1SubPk0001","deviceName":"qqqq"}]})";
  office o;
  EXPECT_EQ(office::code_in(o.ask(list_found, found)), 200);
  for (device_index device = 0; device < 5; ++device) {
    o.devices.remove(device);
  }
  EXPECT_EQ(office::code_in(o.ask(list_found, found)), 200) << "one is left";
  o.devices.remove(5);
  EXPECT_EQ(office::code_in(o.ask(list_found, found)), 6250);
}

TEST(gateway_desk, refuses_bad_signatures_with_the_code_of_the_request) {
  office o;
  o.source.rows[2].device_secret = "another";
  byte_buffer add;
  alink::gateway_request_writer w{add, topo_add, gateway_dialect::node, 7};
  w.add(o.source.at(2));
  w.end();
  o.source.rows[2].device_secret = "the true one";
  EXPECT_EQ(office::code_in(o.ask(topo_add, as_text(add.view()))), 401);
  EXPECT_EQ(o.relations.relation_count(), 0U);
  o.ask(topo_add, {2});
  o.source.rows[2].device_secret = "another";
  byte_buffer login;
  alink::gateway_request_writer l{login, session_login, gateway_dialect::node, 7};
  l.add(o.source.at(2));
  l.end();
  o.source.rows[2].device_secret = "the true one";
  EXPECT_EQ(office::code_in(o.ask(session_login, as_text(login.view()))), 6287);
  EXPECT_EQ(o.relations.session_of(2), std::nullopt);
}

TEST(gateway_desk, a_batch_is_all_or_nothing_and_names_the_offenders) {
  office o;
  o.ask(topo_add, {2, 3});
  const auto refused = o.ask(session_batch_login, {2, 3, 4});
  EXPECT_EQ(office::code_in(refused), 6401);
  EXPECT_EQ(refused[0].find("sub_0002"), std::string::npos);
  EXPECT_NE(refused[0].find("sub_0004"), std::string::npos);
  EXPECT_EQ(o.relations.online_count(0), 0U);
  EXPECT_EQ(o.ask(session_batch_login, {2, 3}).size(), 3U);
  EXPECT_EQ(o.relations.online_count(0), 2U);
  EXPECT_EQ(office::code_in(o.ask(session_batch_logout, {2, 4})), 520);
  EXPECT_EQ(o.relations.online_count(0), 2U);
  EXPECT_EQ(office::code_in(o.ask(session_batch_logout, {2, 3})), 200);
  EXPECT_EQ(o.relations.online_count(0), 0U);
}

TEST(gateway_desk, a_list_that_would_break_a_bound_changes_nothing) {
  office o{{}, {.sub_devices_max = 2, .online_max = 1}};
  EXPECT_EQ(office::code_in(o.ask(topo_add, {2, 3, 4})), 6400);
  EXPECT_EQ(o.relations.relation_count(), 0U);
  o.ask(topo_add, {2, 3});
  EXPECT_EQ(office::code_in(o.ask(session_batch_login, {2, 3})), 428);
  EXPECT_EQ(o.relations.online_count(0), 0U);
  EXPECT_EQ(office::code_in(o.ask(topo_delete, {2, 4})), 6401);
  EXPECT_EQ(o.relations.relation_count(), 2U);
}

TEST(gateway_desk, tells_the_former_gateway_of_a_move) {
  office o{office::registering()};
  o.ask(topo_add, {2});
  o.ask(session_login, {2});
  const auto moved = o.ask(topo_add, {2}, {1, 2});
  ASSERT_EQ(moved.size(), 4U);
  EXPECT_EQ(moved[0], "2 offline");
  EXPECT_TRUE(moved[1].starts_with("0 /sys/a1SubPk0001/sub_0000/thing/topo/change {")) << moved[1];
  EXPECT_NE(moved[1].find(R"("status":1)"), std::string::npos);
  EXPECT_TRUE(moved[2].starts_with("0 /ext/error/a1SubPk0001/sub_0000 {")) << moved[2];
  EXPECT_TRUE(moved[3].starts_with("1 /sys/a1SubPk0001/sub_0001/thing/topo/add_reply {"));
  EXPECT_EQ(office::code_in(o.ask(sub_register, {2})), 6619);
}

TEST(gateway_desk, a_sub_devices_own_connection_is_sent_away) {
  office o;
  o.ask(topo_add, {2});
  o.directly_online = 2;
  EXPECT_EQ(o.ask(session_login, {2}).back(), "2 kick");
  EXPECT_EQ(o.ask(session_login, {2}).size(), 1U) << "once";
}

TEST(gateway_desk, a_disabled_device_is_told_apart) {
  office o;
  o.ask(topo_add, {2});
  o.devices.set_disabled(2, true);
  o.devices.set_disabled(3, true);
  EXPECT_EQ(office::code_in(o.ask(session_login, {2})), 522);
  EXPECT_EQ(office::code_in(o.ask(topo_add, {3})), 6204);
}

TEST(gateway_desk, registers_by_the_products_secret_one_by_one) {
  const one_product products;
  office o{{.products = &products}};
  byte_buffer out;
  alink::gateway_request_writer w{out, product_register, gateway_dialect::sdk_3_2, 7};
  w.add_by_product({"a1SubPk0001", "sub_0002"}, "product_secret", "r1");
  w.add_by_product({"a1SubPk0001", "sub_0003"}, "wrong", "r2");
  w.add_by_product({"a1SubPk0001", "nobody"}, "product_secret", "r3");
  w.add_by_product({"a1OtherPk", "sub_0002"}, "product_secret", "r4");
  w.end();
  const auto said = o.ask(product_register, as_text(out.view()));
  ASSERT_EQ(said.size(), 1U);
  const auto text = said[0].substr(said[0].find('{')); // what the reader's views point into
  const auto reply = o.reader.read_reply(as_bytes(text));
  ASSERT_EQ(reply.devices.size(), 4U);
  EXPECT_EQ(reply.devices[0].device_secret, "secret_of_sub_0002");
  EXPECT_EQ(reply.devices[1].code, 6600);
  EXPECT_EQ(reply.devices[2].code, 6100);
  EXPECT_EQ(reply.devices[3].code, 6288);
}

TEST(gateway_desk, registers_nothing_of_a_product_whose_registration_is_off) {
  office o;
  const auto said = o.ask(sub_register, {2});
  EXPECT_EQ(office::code_in(said), 6288);
  EXPECT_EQ(said.at(0).find("secret_of"), std::string::npos) << said[0];
  const std::string_view unknown =
      R"({"id":1,"params":[{"productKey":"nopk","deviceName":"qqqq"}]})";
  EXPECT_EQ(office::code_in(o.ask(sub_register, unknown)), 5005);
}

TEST(gateway_desk, gives_the_secret_of_an_active_device_to_its_own_gateway_alone) {
  office o{office::registering()};
  o.devices.note_online(0, 1);
  o.devices.note_online(2, 1);
  o.devices.set_disabled(3, true);
  for (const device_index device : {2U, 3U, 0U}) { // the last is the gateway itself
    const auto said = o.ask(sub_register, {device});
    EXPECT_EQ(office::code_in(said), 6289) << device;
    EXPECT_EQ(said.at(0).find("secret_of"), std::string::npos) << said[0];
  }
  const auto mixed = o.ask(sub_register, {4, 2});
  EXPECT_EQ(office::code_in(mixed), 6289) << "a list is all or nothing";
  EXPECT_EQ(mixed.at(0).find("secret_of"), std::string::npos) << mixed[0];
  o.ask(topo_add, {2}); // which shows the secret
  EXPECT_EQ(office::code_in(o.ask(sub_register, {2})), 200);
  o.ask(topo_delete, {2});
  EXPECT_EQ(office::code_in(o.ask(sub_register, {2})), 200) << "it comes back";
  EXPECT_EQ(office::code_in(o.ask(sub_register, {2}, {1, 2})), 6289);
  byte_buffer out;
  alink::gateway_request_writer w{out, product_register, gateway_dialect::sdk_3_2, 7};
  w.add_by_product({"a1SubPk0001", "sub_0002"}, "product_secret", "r1");
  w.end();
  EXPECT_EQ(o.ask(product_register, as_text(out.view()), {1, 2}).at(0).find("secret_of"),
            std::string::npos);
}

TEST(gateway_desk, tells_an_unknown_product_from_an_unknown_device) {
  one_product products;
  office o{{.products = &products}};
  const auto asked = [&](const std::string& product) {
    return office::code_in(
        o.ask(sub_register, R"({"id":7,"version":"1.0","params":[{"productKey":")" + product
                                + R"(","deviceName":"nobody"}]})"));
  };
  EXPECT_EQ(asked("a1SubPk0001"), 6100) << "it has devices";
  EXPECT_EQ(asked("a1NewPk"), 6288) << "it was configured, and registers nobody";
  EXPECT_EQ(asked("nopk"), 5005);
}

TEST(gateway_desk, answers_what_it_cannot_read_and_ignores_what_has_no_id) {
  office o;
  EXPECT_EQ(office::code_in(o.ask(topo_add, R"({"id":5,"params":{}})")), 460);
  EXPECT_EQ(office::code_in(o.ask(sub_register, R"({"id":5,"params":[{"productKey":"p",)"
                                                R"("deviceName":"!"}]})")),
            6280);
  EXPECT_TRUE(o.ask(topo_get, R"({"params":{}})").empty());
  EXPECT_TRUE(o.ask(topo_get, R"({"id":1,"params":{},"sys":{"ack":0}})").empty());
  alink::topic on;
  on.kind = property_post;
  EXPECT_FALSE(o.desk.request({0, 1}, on, {}, o.now, o.reader, [](device_index) { return false; }));
  on.kind = topo_get;
  on.reply = true;
  EXPECT_FALSE(o.desk.request({0, 1}, on, {}, o.now, o.reader, [](device_index) { return false; }));
}

TEST(gateway_desk, orders_go_to_the_sub_devices_topic_over_its_gateway) {
  office o;
  o.ask(topo_add, {2});
  o.ask(session_login, {2});
  o.desk.announce(o.relations.disable(2), 2);
  const auto said = o.done();
  ASSERT_EQ(said.size(), 4U);
  EXPECT_EQ(said[0], "2 offline");
  EXPECT_TRUE(said[1].starts_with("0 /sys/a1SubPk0001/sub_0002/thing/disable {")) << said[1];
  EXPECT_EQ(office::code_in({said[3]}), 522);
  o.desk.refuse_publish({0, 1}, 2);
  EXPECT_EQ(office::code_in(o.done()), 520);
}

TEST(gateway_desk, judges_pack_reports_by_relation_and_session) {
  office o;
  o.ask(topo_add, {2, 3});
  o.ask(session_login, {2});
  const auto pack = [&](device_index sub, gateway_link from) {
    const alink::identity who = o.source.at(sub);
    byte_buffer out;
    alink::pack_writer w{out, gateway_dialect::sdk_3_2, 1, {}};
    w.add({who.product_key, who.device_name}, {});
    w.end();
    return o.desk.check_pack(from, o.reader.read_pack(out.view()));
  };
  EXPECT_EQ(pack(2, {0, 1}), 200);
  EXPECT_EQ(pack(2, {0, 9}), 520);
  EXPECT_EQ(pack(3, {0, 1}), 520);
  EXPECT_EQ(pack(2, {1, 2}), 6401);
  EXPECT_EQ(pack(4, {0, 1}), 6401);
}

TEST(gateway_desk, a_links_end_takes_all_its_sub_devices_offline) {
  office o;
  o.ask(topo_add, {4, 2, 3});
  o.ask(session_batch_login, {4, 2});
  o.desk.link_ended({0, 1});
  EXPECT_EQ(o.done(), (lines{"2 offline", "4 offline"}));
}

} // namespace
} // namespace fleet::cloud
