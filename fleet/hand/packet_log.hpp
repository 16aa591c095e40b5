// Every MQTT packet of one connection as a line, read off the octets as they pass: what is shown is
// what was sent. It changes nothing and answers nothing.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "fleet/hand/log_lines.hpp"
#include "protocol/mqtt/framer.hpp"

namespace fleet::program {

struct packet_log_options {
  bool verbose = false; ///< payloads of up to payload_whole, and each packet's octets
  program::profile profile = profile::linkdevelop; ///< for what CONNACK means
};

/// Octets of a payload that are shown.
inline constexpr std::size_t payload_short = 200;
inline constexpr std::size_t payload_whole = 64 * 1024;

class packet_log {
public:
  /// Takes a line's kind (up, down, trouble) and text.
  using sink = std::function<void(line_kind, const std::string&)>;

  packet_log(const packet_log_options& options, secret_mask mask, sink to);

  /// Octets the device sends, or the cloud sent; in any pieces.
  void sent(bytes_view bytes) { pass(line_kind::up, bytes); }
  void received(bytes_view bytes) { pass(line_kind::down, bytes); }

  /// Another connection begins.
  void reset() noexcept;

private:
  struct side {
    mqtt::framer framer;
    bool lost = false; ///< what came is no MQTT; nothing more is shown of this side
  };
  void pass(line_kind way, bytes_view bytes);
  [[nodiscard]] std::string text_of(const mqtt::packet_view& packet) const;

  packet_log_options options_;
  secret_mask mask_;
  sink to_;
  std::array<side, 2> sides_; ///< up, down
};

/// One packet as text, without its direction: `PUBACK id 3`. A CONNECT's password is never in it.
std::string packet_text(const mqtt::packet_view& packet, const packet_log_options& options,
                        const secret_mask& mask);

} // namespace fleet::program
