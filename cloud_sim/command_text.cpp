// JSON by hand: the shapes are fixed and the numbers are ours.
#include "cloud_sim/command_text.hpp"

#include <array>
#include <charconv>

namespace fleet::cloud {

namespace {
void append_number(byte_buffer& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())});
}
} // namespace

void write_property_set(byte_buffer& out, std::uint64_t id, const ledger::tag& t) {
  out.clear();
  out.append(R"({"method":"thing.service.property.set","id":")");
  append_number(out, id);
  out.append(R"(","params":{"LightSwitch":)");
  append_number(out, id & 1U);
  out.append(R"(},"version":"1.0.0","tag":")");
  const auto checksum_at = ledger::append_tag(out, t);
  out.append("\"}");
  const auto size = out.size();
  ledger::seal({&out[0], size}, checksum_at);
}

void write_reply(byte_buffer& out, std::string_view raw_id, int code) {
  out.clear();
  out.append(R"({"id":)");
  out.append(raw_id);
  out.append(R"(,"code":)");
  append_number(out, static_cast<std::uint64_t>(code));
  out.append(R"(,"data":{}})");
}

} // namespace fleet::cloud
