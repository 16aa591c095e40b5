// What the manual's sample says to either platform (aliyun-iot.md §22.1), or to any broker: its
// topics, its lamp and its payloads. Text only; who sends them is hand_device's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/options.hpp"
#include "protocol/alink/topics.hpp"
#include "protocol/base/random.hpp"

namespace fleet::program {

/// The sample's RGB lamp, and whatever other properties it was given.
class sample_lamp {
public:
  /// Properties beside the sample's own two, at most (aliyun-iot.md §8.1).
  static constexpr std::size_t others_max = 198;

  /// Turns the light on or off.
  void light(bool on);
  /// Gives a property a value of raw JSON; `name` as between JSON quotes. False when there is no
  /// room for another.
  bool set(std::string_view name, std::string_view raw);
  [[nodiscard]] bool lit() const noexcept { return light_ != "0"; }

  /// All properties as the sample writes them, blanks included; a colour that was not given is
  /// random, each of its parts 0 to 254 (§22.1).
  [[nodiscard]] std::string params(random_stream& colours) const;
  /// The value of one property as raw JSON; empty where it has none.
  [[nodiscard]] std::string_view value(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return 2 + others_.size(); }

private:
  std::string light_ = "0";
  std::string colour_; ///< empty: random each time
  std::vector<std::pair<std::string, std::string>> others_;
};

/// The payload of a report, blanks as in the manual (§22.1): `params` is JSON.
std::string sample_payload(std::uint64_t id, std::string_view params);

/// The members of a JSON object in the sample's manner: `{"A" : 1,"B" : 2}`; of any other text
/// nothing.
std::string spaced_object(std::string_view object);

/// Who speaks, and on which topics where the profile leaves that open.
struct sample_names {
  program::profile profile = profile::linkdevelop;
  std::string product_key;
  std::string device_name;
  std::string report_topic;  ///< profile mqtt
  std::string command_topic; ///< profile mqtt
  bool ota = false;          ///< the sample of 2.1.3, which listens for upgrades alone
};

class sample_topics {
public:
  explicit sample_topics(sample_names names) : names_(std::move(names)) {}

  /// What `start` subscribes to, one packet each, in this order.
  [[nodiscard]] std::vector<std::string> filters() const;
  /// Where a report goes: one packet each, in this order.
  [[nodiscard]] std::vector<std::string> reports() const;
  /// Where the answer to a report comes from; empty where none does.
  [[nodiscard]] std::string report_answer() const;
  /// Whether the answer is the report itself, brought back (§9.1), and no reply with its id.
  [[nodiscard]] bool report_echoes() const noexcept {
    return names_.profile == profile::linkplatform;
  }

  /// A topic of the vendor's platform; `rest` as in alink::topic.
  [[nodiscard]] std::string system(alink::topic_kind kind, bool reply = false,
                                   std::string_view rest = {}) const;
  [[nodiscard]] bool platform() const noexcept { return names_.profile != profile::mqtt; }
  [[nodiscard]] const sample_names& names() const noexcept { return names_; }

private:
  sample_names names_;
};

} // namespace fleet::program
