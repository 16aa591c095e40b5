// The lines of a device's console: when, which way, what, with nothing in them that a terminal
// would obey and no secret. Text only; who prints them is terminal.hpp's business.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/options.hpp"
#include "hal_sim/world/stream.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::program {

enum class line_kind : std::uint8_t {
  up,      ///< device to cloud
  down,    ///< cloud to device
  note,    ///< what happens inside
  trouble, ///< what went wrong
  typed    ///< what a script says
};

/// `   12.345 → TEXT`: seconds since boot, a mark for the kind, the text on one line.
std::string log_line(duration since_boot, line_kind kind, std::string_view text);

/// What must never be shown: each text of four octets or more, and the values of JSON members that
/// hold credentials (`deviceSecret`, `productSecret`, `deviceToken`, `iotToken`), and the query of
/// a `url`; and those of more members, where it is given their names.
class secret_mask {
public:
  /// Shorter texts are left out: they would stand in everything by chance.
  explicit secret_mask(std::vector<std::string> secrets = {},
                       std::vector<std::string> members = {});
  /// The text with `***` in place of each secret.
  [[nodiscard]] std::string hide(std::string_view text) const;

private:
  std::vector<std::string> secrets_;
  std::vector<std::string> members_; ///< in quotes
};

/// A payload for people: text as it is, other octets as hexadecimal digits after `0x`; of more than
/// `most` octets the beginning and how many there are.
std::string payload_text(bytes_view payload, std::size_t most, const secret_mask& mask);

/// What a code of CONNACK means (aliyun-iot.md §5.3, MQTT 3.1.1, 3.2.2.3): the rest of a sentence.
std::string_view connack_text(mqtt::connack_code code, program::profile p) noexcept;

/// Why a stream to `peer` ended or never began, as a sentence without a full stop. `connected`:
/// whether it was up.
std::string ending_text(hal::close_reason reason, std::string_view detail, std::string_view peer,
                        bool connected);

} // namespace fleet::program
