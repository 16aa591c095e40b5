// What may be typed at the prompt of `fleet device mqtt start`, or given to its --run: the manual's
// words and some more. Text to commands only; nothing is sent here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::program {

enum class hand_verb : std::uint8_t {
  pub_open,  ///< `pub open`: light on, reported (aliyun-iot.md §22.1)
  pub_close, ///< `pub close`
  publish,
  subscribe,
  unsubscribe,
  set,
  event,
  shadow_get,
  shadow_update,
  shadow_delete,
  wait,
  status,
  help,
  start, ///< the manual's first word; here it has been done already
  stop,  ///< unsubscribes and disconnects, as the sample does
  quit   ///< disconnects and leaves the session with the cloud
};

/// Whether a command cannot be carried out without a connection.
bool needs_link(hand_verb verb) noexcept;

struct hand_command {
  hand_verb verb = hand_verb::status;
  std::string name; ///< a topic, a filter, or an event's identifier
  std::string text; ///< a payload; of set, event and shadow update a JSON object
  mqtt::qos qos = mqtt::qos::at_least_once;
  duration time{0};                 ///< of wait; of pub open: between two reports, 0: one only
  std::string typed;                ///< the command as it was written
  std::vector<std::string> names{}; ///< of shadow delete: attributes; none for all
};

/// Commands in one text, at most.
inline constexpr std::size_t commands_max = 1000;

/// Reads commands that `;` or ends of lines separate; what stands behind `#` at a command's
/// beginning is a remark. Words are separated by blanks; `"…"`, `'…'`, and JSON in brackets are one
/// word. The error is a sentence about the first mistake, with the nearest valid word; then nothing
/// of the text is a command.
result<std::vector<hand_command>, std::string> parse_commands(std::string_view text);

/// One line a command, for people.
std::string commands_help();

/// The first words of all commands.
std::vector<std::string_view> command_words();

} // namespace fleet::program
