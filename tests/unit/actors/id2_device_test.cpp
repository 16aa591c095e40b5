// Devices with ID2 elements, by the model (aliyun-iot.md §5.2, §5.6): every securemode of theirs
// against the twin, what goes over the wire, and who is turned away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/alink/id2_stream.hpp"
#include "tests/unit/actors/logon_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;
using test::wrong_secrets;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A device of that securemode of direct mode, before a twin that takes such ones or not.
struct with_an_element : test::at_a_twin {
  with_an_element(int mode, logon_way by, bool model = true,
                  std::shared_ptr<const alink::credential_source> who =
                      std::make_shared<alink::generated_credentials>())
      : at_a_twin(by, mode != 4, who, model), speech({.secure_mode = mode}, who) {
    product.speech = &speech;
    product.logon.id2_mode = mode;
    if (by == logon_way::direct) {
      product.peer = hal::parse_address(mode == 4 ? "127.0.0.1:2883" : "127.0.0.1:8883").value();
    }
  }
  ~with_an_element() override { crash(); }
  vendor_dialect speech;
};

TEST(id2_device, comes_in_by_every_securemode_of_the_model) {
  for (const int mode : {4, 7, 8}) {
    for (const auto by : {logon_way::direct, logon_way::bootstrap, logon_way::pre_auth}) {
      if (mode == 8 && by == logon_way::pre_auth) {
        continue; // §5.2 has none
      }
      with_an_element d{mode, by};
      d.boot(seconds{5});
      EXPECT_EQ(d.it().now_in(), phase::online) << mode << " " << static_cast<int>(by);
      EXPECT_EQ(d.connects(0), 1U);
      EXPECT_THAT(d.troubles, IsEmpty());
      EXPECT_GT(d.slot->uplink.acknowledged(), 1U);
      EXPECT_EQ(d.asked(), by == logon_way::direct ? 0U : 1U);
      EXPECT_EQ(cloud::value(d.twin->counters().violations[0]), 0U);
    }
  }
}

TEST(id2_device, comes_back_under_another_nonce) {
  with_an_element d{4, logon_way::pre_auth};
  d.boot(seconds{5});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(d.twin->console()->kick({"a1FleetDemo", "dev_000000"}).ok());
    d.run(seconds{10});
    EXPECT_EQ(d.it().now_in(), phase::online);
  }
  EXPECT_EQ(d.connects(0), 4U);
  d.stop(seconds{2});
  EXPECT_EQ(d.it().now_in(), phase::stopped);
  EXPECT_EQ(cloud::value(
                d.twin->counters().ends[static_cast<std::size_t>(cloud::end_reason::disconnected)]),
            1U)
      << "its DISCONNECT was sealed too";
}

TEST(id2_device, is_refused_with_code_5_unless_the_twin_takes_the_model) {
  for (const int mode : {4, 7, 8}) {
    with_an_element d{mode, logon_way::direct, false};
    d.boot(seconds{3});
    EXPECT_THAT(d.troubles, Each(outcome::refused_authorization)) << mode;
    EXPECT_THAT(d.troubles, Not(IsEmpty())) << mode;
    EXPECT_GE(d.connects(5), 1U);
    EXPECT_EQ(d.connects(0), 0U);
  }
  for (const int mode : {4, 7}) {
    with_an_element d{mode, logon_way::pre_auth, false};
    d.boot(seconds{3});
    EXPECT_THAT(d.troubles, Each(outcome::auth_host_failed)) << mode;
    EXPECT_THAT(d.details, Each(HasSubstr("code 5001"))) << "no such element";
  }
}

TEST(id2_device, that_says_a_securemode_and_does_another_is_refused) {
  // It encrypts, and says plain TCP; it says ID2, and does not encrypt.
  with_an_element says_plain{4, logon_way::direct};
  const vendor_dialect plain{{}, std::make_shared<alink::generated_credentials>()};
  says_plain.product.speech = &plain;
  says_plain.boot(seconds{3});
  EXPECT_THAT(says_plain.troubles, Each(outcome::refused_authorization));
  EXPECT_THAT(says_plain.troubles, Not(IsEmpty()));
  for (const int mode : {4, 7}) {
    with_an_element does_not{mode, logon_way::direct};
    does_not.product.logon.id2_mode = 0;
    does_not.boot(seconds{3});
    EXPECT_THAT(does_not.troubles, Each(outcome::refused_authorization)) << mode;
    EXPECT_THAT(does_not.troubles, Not(IsEmpty()));
  }
}

TEST(id2_device, with_a_wrong_secret_does_not_get_in_and_backs_off) {
  for (const int mode : {4, 7, 8}) {
    with_an_element d{mode, logon_way::direct, true, std::make_shared<wrong_secrets>()};
    d.boot(seconds{30});
    EXPECT_NE(d.it().now_in(), phase::online) << mode;
    EXPECT_EQ(d.connects(0), 0U);
    EXPECT_GE(d.troubles.size(), 3U);
    EXPECT_LE(d.troubles.size(), 6U);
  }
  with_an_element d{4, logon_way::pre_auth, true, std::make_shared<wrong_secrets>()};
  d.boot(seconds{3});
  EXPECT_THAT(d.details, Each(HasSubstr("code 401")));
  EXPECT_THAT(d.troubles, Each(outcome::auth_host_failed));
}

/// Before a cloud played by hand, which takes no part in the model.
struct before_a_stranger : test::driven_device {
  before_a_stranger()
      : speech({.secure_mode = 4}, std::make_shared<alink::generated_credentials>()) {
    product.speech = &speech;
    product.logon.id2_mode = 4;
  }
  ~before_a_stranger() override { crash(); }
  vendor_dialect speech;
};

TEST(id2_device, shows_no_mqtt_on_the_wire) {
  before_a_stranger d;
  d.boot(seconds{1});
  const auto& sent = d.cloud.door.guests.at(0)->received;
  EXPECT_TRUE(sent.starts_with("ID2M\1\4")) << "it names itself, and nothing else";
  EXPECT_GT(sent.size(), 150U);
  for (const std::string_view word : {"MQTT", "securemode", "id2model"}) {
    EXPECT_THAT(sent, Not(HasSubstr(std::string{word}))) << word;
  }
}

TEST(id2_device, leaves_a_broker_that_answers_in_the_clear) {
  before_a_stranger d;
  d.cloud.door.when_accepted = [](support::recorder& guest) {
    guest.when_received = [](support::recorder& r, std::string_view) {
      r.write(std::string_view{"\x20\x02\x00\x00", 4});
    };
  };
  d.boot(seconds{1});
  EXPECT_THAT(d.troubles, Each(outcome::tls_failed));
  EXPECT_THAT(d.troubles, Not(IsEmpty()));
  EXPECT_THAT(d.details, Each(HasSubstr("ID2 model")));
}

TEST(id2_device, takes_no_answer_without_a_key_for_its_stream) {
  for (const std::string_view codec : {"", R"(,"codec":{"key":"short"})"}) {
    test::driven_device d;
    support::host auth{d.world.home(), 80};
    auth.when_accepted = [codec](support::recorder& guest) {
      guest.when_received = [codec](support::recorder& r, std::string_view) {
        const std::string body =
            R"({"code":200,"data":{"iotId":"i","iotToken":"t","resources":{"mqtt":)"
            R"({"host":"127.0.0.1","port":1883})"
            + std::string{codec} + "}}}";
        r.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n"
                + body);
      };
    };
    d.product.logon.by = logon_way::pre_auth;
    d.product.logon.id2_mode = 4;
    d.product.logon.auth_host = auth.door->at();
    d.product.logon.host = "iot-auth.test";
    d.boot(seconds{1});
    EXPECT_THAT(d.troubles, Each(outcome::auth_host_failed));
    EXPECT_THAT(d.details, Each(HasSubstr("no key")));
    EXPECT_THAT(auth.guests.at(0)->received, HasSubstr("POST /auth/id2 HTTP/1.1"));
    d.crash();
  }
}

} // namespace
} // namespace fleet::actors
