// Of several probes that hear the same, one counts it.
#include "fleet/run/topic_share.hpp"

#include <gtest/gtest.h>

#include "actors/device/mqtt_dialect.hpp"

namespace fleet::program {
namespace {

struct shared_broker {
  explicit shared_broker(const std::string& topic = {}) {
    actors::mqtt_texts texts;
    texts.topic = topic;
    speech = actors::mqtt_dialect::make(texts,
                                        std::make_shared<alink::generated_credentials>("plainMqtt"))
                 .value();
    for (std::uint32_t first : {10U, 20U, 30U}) {
      shares.emplace_back(*speech, device_range{10, 30}, device_range{first, 10});
    }
  }
  std::vector<bool> who(const std::string& topic) {
    std::vector<bool> out;
    for (auto& share : shares) {
      out.push_back(share.has(topic));
    }
    return out;
  }
  std::string topic_of(std::uint32_t device) const {
    std::string out;
    speech->report_topic(device, out);
    return out;
  }
  std::unique_ptr<actors::dialect> speech;
  std::vector<topic_share> shares;
};

TEST(topic_share, goes_by_the_device_whose_topic_it_is) {
  shared_broker b;
  EXPECT_EQ(b.who(b.topic_of(10)), (std::vector<bool>{true, false, false}));
  EXPECT_EQ(b.who(b.topic_of(29)), (std::vector<bool>{false, true, false}));
  EXPECT_EQ(b.who(b.topic_of(39)), (std::vector<bool>{false, false, true}));
}

TEST(topic_share, gives_what_is_nobodys_to_the_first) {
  shared_broker b;
  for (const auto& topic : {std::string{"fleet/stranger/up"}, b.topic_of(9), b.topic_of(40)}) {
    EXPECT_EQ(b.who(topic), (std::vector<bool>{true, false, false})) << topic;
  }
}

TEST(topic_share, gives_a_topic_of_all_to_the_first) {
  shared_broker b{"fleet/all/up"};
  EXPECT_EQ(b.who("fleet/all/up"), (std::vector<bool>{true, false, false}));
}

TEST(topic_share, of_who_is_alone_is_everything) {
  const shared_broker b;
  topic_share alone{*b.speech, {10, 30}, {10, 30}};
  EXPECT_TRUE(alone.has("fleet/stranger/up"));
  EXPECT_TRUE(alone.has(b.topic_of(15)));
}

} // namespace
} // namespace fleet::program
