// What may be typed at the prompt of `fleet device coap start` and `fleet device http start`, or
// given to their --run. Text to commands only; nothing is sent here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/session_words.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"

namespace fleet::program {

enum class post_verb : std::uint8_t {
  post,
  report, ///< a post whose payload the sample makes (aliyun-iot.md §22.1)
  auth,   ///< logs on again (§17.2, §18)
  ping,   ///< CoAP's (RFC 7252 §4.3)
  wait,
  help,
  stop
};

struct post_command {
  post_verb verb = post_verb::help;
  std::string topic{};   ///< of post, as it was typed; empty: where reports go
  std::string payload{}; ///< of post
  duration time{0};      ///< of wait
  std::string typed{};   ///< the command as it was written
};

/// As parse_commands() reads those of MQTT; `spoken` is coap or http.
result<std::vector<post_command>, std::string> parse_post_commands(std::string_view text,
                                                                   device_protocol spoken);

/// One line a command, for people.
std::string post_commands_help(device_protocol spoken);

/// The first words of all commands.
std::vector<std::string_view> post_command_words(device_protocol spoken);

/// The whole MQTT topic of what was typed: one that begins with `/` as it is, `thing/…` below the
/// device's `/sys/PK/DN/`, any other below its `/PK/DN/` (aliyun-iot.md §9).
std::string whole_topic(std::string_view typed, std::string_view product_key,
                        std::string_view device_name);

} // namespace fleet::program
