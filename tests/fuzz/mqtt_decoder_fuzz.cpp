// Any octets, in any pieces, through framer and decoders: no crash, the same packets whatever the
// pieces, no memory beyond what arrived, and what decodes encodes to the same again.
#include <algorithm>
#include <string>

#include "protocol/base/check.hpp"
#include "protocol/mqtt/framer.hpp"
#include "protocol/mqtt/topic.hpp"
#include "tests/support/mqtt_wire.hpp"

using namespace fleet;
using namespace fleet::mqtt;

namespace {

/// A PUBLISH that decodes is encoded to the same octets after the fixed header, whose length may
/// have been padded. (A DUP at QoS 0, which 3.1 tolerates, is not sent again.)
void check_publish(const packet_view& packet) {
  message_view m;
  if (packet.type() != packet_type::publish || decode_publish(packet, m)) {
    return;
  }
  FLEET_CHECK(valid_topic(m.topic));
  byte_buffer again;
  encode_publish(m, again);
  const bytes_view body = again.view().subspan(again.size() - packet.body.size());
  FLEET_CHECK(std::equal(body.begin(), body.end(), packet.body.begin(), packet.body.end()));
}

std::string run(bytes_view input, const framing_rules& rules, std::size_t piece, bool check) {
  std::string log;
  framer cut;
  framed found;
  for (std::size_t at = 0; at < input.size();) {
    const std::size_t size = std::min(piece == 0 ? 1 + input[at] % 7U : piece, input.size() - at);
    // The lent octets end where the allocation ends, so that a read past them is seen.
    const std::vector<std::uint8_t> lent(input.begin() + static_cast<std::ptrdiff_t>(at),
                                         input.begin() + static_cast<std::ptrdiff_t>(at + size));
    at += size;
    cut.lend(lent);
    for (;;) {
      const framing what = cut.next(rules, found);
      if (what == framing::need_more) {
        break;
      }
      if (what == framing::violated) {
        return log + mqtt::test::describe(found.why);
      }
      if (what == framing::skipped) {
        log += "skipped " + std::to_string(found.bytes) + "\n";
        continue;
      }
      if (check) {
        check_publish(found.packet);
      }
      log += mqtt::test::describe(found.packet, rules.version) + "\n";
    }
    FLEET_CHECK(cut.memory_bytes() <= 2 * at + 200);
  }
  return log;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::uint8_t how = data[0];
  const bytes_view input{data + 1, size - 1};
  const framing_rules rules{0xffff, (how & 1) != 0 ? version::v3_1 : version::v3_1_1,
                            (how & 2) != 0 ? 24U : 100'000U, (how & 4) != 0};
  const std::string whole = run(input, rules, std::max<std::size_t>(input.size(), 1), true);
  FLEET_CHECK(run(input, rules, 1, false) == whole);
  FLEET_CHECK(run(input, rules, 0, false) == whole);

  const std::string_view text = as_text(input);
  const std::size_t half = text.size() / 2;
  const std::string_view filter = text.substr(0, half);
  const std::string_view topic = text.substr(half);
  if (valid_filter(filter) && valid_topic(topic) && matches(filter, topic)) {
    FLEET_CHECK(matches("#", topic) || topic[0] == '$');
  }
  return 0;
}
