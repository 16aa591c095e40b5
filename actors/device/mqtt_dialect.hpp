// Plain MQTT for any broker: client id, user, password, topics and payload from templates with
// {device}, {index}, {seq}, {timestamp}, {random …} and {ledger}, as alink/template.hpp has them.
#pragma once

#include <memory>
#include <string>

#include "actors/device/dialect.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/alink/template.hpp"
#include "protocol/base/result.hpp"

namespace fleet::actors {

/// The templates as a user writes them; empty means the default named in docs and help.
struct mqtt_texts {
  std::string client_id;                  ///< default `{device}`
  std::string username;                   ///< default: none
  std::string password;                   ///< default: none
  std::string topic;                      ///< default `fleet/{device}/up`
  std::string command_topic;              ///< default `fleet/{device}/down`
  std::string payload;                    ///< default: JSON with the ledger tag
  std::string product{};                  ///< what `{product}` stands for
  std::span<const std::string> columns{}; ///< of the rows that reports are made of, if any
  bool listens = true;                    ///< otherwise devices subscribe to nothing
  mqtt::qos qos = mqtt::qos::at_least_once;
};

class mqtt_dialect final : public dialect {
public:
  /// The error is a sentence that names the template, and what is wrong with it: the column of a
  /// mistake and the nearest valid word; a topic that nothing can be published to ([MQTT-3.3.2-2],
  /// [MQTT-4.7.3-1]); a filter that no broker takes ([MQTT-4.7.1-2], [MQTT-4.7.1-3]); a filter that
  /// brings a device its own tagged reports, which its account would take for commands.
  static result<std::unique_ptr<mqtt_dialect>, std::string>
  make(const mqtt_texts& texts, std::shared_ptr<const alink::credential_source> credentials);

  void login(std::uint32_t index, login_text& out) const override;
  void filters(std::uint32_t index, std::vector<filter_text>& out) const override;
  void report_topic(std::uint32_t index, std::string& out) const override;
  bool write_report(const report& r, random_stream& random, byte_buffer& out) const override;
  [[nodiscard]] bool tags_reports() const noexcept override;
  downlink understand(std::uint32_t index, const mqtt::message_view& message,
                      speech_scratch& scratch) const override;
  bool write_answer(std::uint32_t index, const downlink& command, std::string& topic,
                    byte_buffer& payload) const override;
  [[nodiscard]] std::string name(std::uint32_t index) const override;
  void command_topic(std::uint32_t index, std::string& out) const override;
  [[nodiscard]] std::string all_reports_filter() const override;

private:
  struct parts;
  explicit mqtt_dialect(std::unique_ptr<parts> p);
  std::unique_ptr<parts> parts_;

public:
  ~mqtt_dialect() override;
};

} // namespace fleet::actors
