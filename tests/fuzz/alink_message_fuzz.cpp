// Any octets as an Alink message; what is echoed of them must read back as JSON.
#include <cstdlib>

#include "protocol/alink/message.hpp"

namespace {

bool inside(std::string_view part, std::string_view whole) {
  return part.empty()
         || (part.data() >= whole.data()
             && part.data() + part.size() <= whole.data() + whole.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleet;
  using namespace fleet::alink;
  static json_reader reader;
  static json_reader second;
  const std::string_view text = as_text({data, size});
  const message m = parse_message(reader, {data, size});
  for (const std::string_view part : {m.id, m.method, m.version, m.params, m.data}) {
    if (!inside(part, text)) {
      std::abort();
    }
  }
  for (const auto members : {m.params_members, m.data_members}) {
    for (const json_member& member : members) {
      if (!inside(member.key, text) || !inside(member.value, text) || member.value.empty()) {
        std::abort();
      }
      std::string unescaped;
      (void)json_number(member.value);
      (void)json_integer(member.value);
      if (append_json_string(unescaped, member.value) != (member.type == json_type::string)) {
        std::abort();
      }
      const bool container = member.type == json_type::object || member.type == json_type::array;
      if (container && second.read(as_bytes(member.value)) != json_error::none) {
        std::abort();
      }
    }
  }
  if (m.id.size() > max_raw_id) {
    std::abort();
  }
  byte_buffer reply;
  append_reply(reply,
               {.raw_id = m.id, .data = m.params.empty() ? "{}" : m.params, .message = text});
  const message again = parse_message(second, reply.view());
  // The text as a message of the reply may not be UTF-8; everything else must survive.
  byte_buffer clean;
  append_reply(clean, {.raw_id = m.id, .data = m.params.empty() ? "{}" : m.params});
  const message echoed = parse_message(second, clean.view());
  if (m.params.size() < json_reader::max_text / 2
      && (echoed.state != message_state::good || (!m.id.empty() && echoed.id != m.id))) {
    // Params one level deeper than allowed, or a member too many, are no mistake of the writer's.
    if (second.read(clean.view()) != json_error::too_deep
        && second.read(clean.view()) != json_error::too_many_members) {
      std::abort();
    }
  }
  (void)again;
  return 0;
}
