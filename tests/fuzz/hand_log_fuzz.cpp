// Any octets of a broker on the console of a device by hand: whatever the pieces, lines stay lines,
// nothing in them is obeyed by a terminal, and no secret is shown.
#include <algorithm>
#include <cstdlib>

#include "fleet/hand/packet_log.hpp"
#include "protocol/mqtt/codec.hpp"

namespace {

using namespace fleet;
using namespace fleet::program;

constexpr std::string_view secret = "sEcReT0123";
constexpr std::string_view secret_hex = "73456352655430313233";

void judge(const std::string& text) {
  const std::string line = log_line(duration{0}, line_kind::down, text);
  const auto obeyed = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(line.begin(), line.end(), obeyed) || line.find(secret) != std::string::npos
      || line.find(secret_hex) != std::string::npos) {
    std::abort();
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view octets{data, size};
  if (as_text(octets).find(secret) != std::string_view::npos
      || as_text(octets).find(secret_hex) != std::string_view::npos) {
    return 0; // the fuzzer reads these out of the program; then they come from outside
  }
  packet_log_options options;
  options.verbose = size % 2 == 0;
  const secret_mask mask{{std::string{secret}}};
  packet_log log{options, mask, [](line_kind, const std::string& text) { judge(text); }};
  const std::size_t piece = size == 0 ? 1 : 1 + data[0] % 64;
  for (std::size_t at = 0; at < size; at += piece) {
    log.received(octets.subspan(at, std::min(piece, size - at)));
  }
  // The same octets around a secret, as a message.
  std::string payload{as_text(octets)};
  payload.insert(size / 2, secret);
  payload += R"("deviceSecret":")";
  payload += secret;
  mqtt::message_view m;
  m.topic = "a";
  m.payload = as_bytes(payload);
  byte_buffer out;
  mqtt::encode_publish(m, out);
  log.reset();
  log.received(out.view());
  return 0;
}
