// The envelope of alink::append_property_set() with one more member: the tag stands beside the
// params, where no thing model looks.
#include "cloud_sim/command_text.hpp"

#include <string_view>

#include "protocol/base/json_write.hpp"

namespace fleet::cloud {

void write_property_set(byte_buffer& out, std::uint64_t id, const ledger::tag& t,
                        std::string_view version) {
  out.clear();
  out.append(std::string_view{R"({"method":"thing.service.property.set","id":")"});
  append_unsigned(out, id);
  out.append(std::string_view{R"(","params":{"LightSwitch":)"});
  append_unsigned(out, id & 1U);
  out.append(std::string_view{R"(},"version":")"});
  out.append(version);
  out.append(std::string_view{R"(","tag":")"});
  const auto checksum_at = ledger::append_tag(out, t);
  out.append(std::string_view{"\"}"});
  ledger::seal({&out[0], out.size()}, checksum_at);
}

} // namespace fleet::cloud
