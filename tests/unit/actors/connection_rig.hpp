// A connection over channels played by hand: one that subscribes and writes down what it is asked,
// one that only posts. Answers are the test's.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "actors/device/cloud_connection.hpp"

namespace fleet::actors::test {

using lines = std::vector<std::string>;

/// Writes down what it is asked; answers are the test's.
class noted_channel final : public cloud_channel {
public:
  [[nodiscard]] bool open() const noexcept override { return up; }
  connection_code send(const cloud_message& m) override {
    said.push_back("pub " + std::string{m.topic} + " " + std::string{as_text(m.payload)}
                   + (m.how == delivery::acknowledged ? " 1" : " 0"));
    return connection_code::done;
  }
  [[nodiscard]] bool subscribes() const noexcept override { return true; }
  result<std::uint16_t, connection_code> subscribe(std::string_view filter, mqtt::qos q) override {
    return ask("sub " + std::string{filter} + " " + std::to_string(static_cast<int>(q)));
  }
  result<std::uint16_t, connection_code> unsubscribe(std::string_view filter) override {
    return ask("unsub " + std::string{filter});
  }

  bool up = true;
  std::size_t room = 100; ///< requests it takes before they are answered
  lines said;
  std::uint16_t last = 0;

private:
  result<std::uint16_t, connection_code> ask(std::string what) {
    if (room == 0) {
      return fail(connection_code::list_full);
    }
    --room;
    said.push_back(std::move(what));
    return ++last;
  }
};

/// As CoAP and HTTP will be (aliyun-iot.md §17.3, §18): POST to `/topic` and the URI.
class posting_channel final : public cloud_channel {
public:
  [[nodiscard]] bool open() const noexcept override { return true; }
  connection_code send(const cloud_message& m) override {
    posted.push_back("/topic" + std::string{m.topic});
    return connection_code::done;
  }
  lines posted;
};

class noted_handler final : public topic_handler {
public:
  void on_topic_message(std::uint32_t token, const mqtt::message_view& m) override {
    said.push_back(std::to_string(token) + " got " + std::string{m.topic});
  }
  void on_topic_news(std::uint32_t token, topic_news what) override {
    constexpr std::string_view words[] = {"registered", "refused", "timed out", "unregistered"};
    said.push_back(std::to_string(token) + " "
                   + std::string{words[static_cast<std::size_t>(what)]});
    if (then != nullptr) {
      (void)then->register_topic("/again", mqtt::qos::at_most_once, *this, 99);
    }
  }
  lines said;
  cloud_connection* then = nullptr; ///< registers another topic from within
};

struct connection_under : testing::Test {
  explicit connection_under(const connection_rules& rules) : it(channel, rules) {
    it.welcomed(false);
    it.online();
  }
  connection_code add(std::string_view filter, std::uint32_t token = 1,
                      mqtt::qos q = mqtt::qos::at_least_once) {
    return it.register_topic(filter, q, handler, token);
  }
  topic_fit arrives(std::string_view topic) {
    mqtt::message_view m;
    m.topic = topic;
    return it.dispatch(m);
  }
  /// Grants what was asked last.
  void granted() { EXPECT_TRUE(it.subscribed(channel.last, true)); }
  lines asked() { return std::exchange(channel.said, {}); }
  lines told() { return std::exchange(handler.said, {}); }
  void reconnect(bool session_present) {
    it.lost();
    it.welcomed(session_present);
    it.online();
  }

  noted_channel channel;
  noted_handler handler;
  cloud_connection it;
};

} // namespace fleet::actors::test
