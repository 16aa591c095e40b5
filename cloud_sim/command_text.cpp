// The envelope of alink::append_property_set() with one more member: the tag stands beside the
// params, where no thing model looks.
#include "cloud_sim/command_text.hpp"

#include <algorithm>
#include <string_view>

#include "protocol/base/check.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/sample.hpp"

namespace fleet::cloud {

namespace {

/// Appends `"name":value`.
void append_param(byte_buffer& out, const tsl::property& property, bool high) {
  out.push('"');
  out.append(property.identifier);
  out.append(std::string_view{"\":"});
  if (!tsl::append_fraction(out, property.type, high ? 0.75 : 0.25)) {
    tsl::append_default(out, property.type);
  }
}

void append_params(byte_buffer& out, const tsl::model& model, bool high) {
  byte_buffer one;
  std::size_t room = command_params_most;
  bool first = true;
  for (const auto& property : model.properties()) {
    if (!property.writable) {
      continue;
    }
    one.clear();
    append_param(one, property, high);
    if (!first && one.size() > room) {
      continue;
    }
    if (!first) {
      out.push(',');
    }
    first = false;
    out.append(one.view());
    room -= std::min(room, one.size());
  }
  FLEET_CHECK(!first);
}

} // namespace

bool has_command(const tsl::model* model) noexcept {
  return model == nullptr
         || std::any_of(model->properties().begin(), model->properties().end(),
                        [](const tsl::property& p) { return p.writable; });
}

void write_property_set(byte_buffer& out, std::uint64_t id, const ledger::tag& t,
                        const command_form& form) {
  out.clear();
  out.append(std::string_view{R"({"method":"thing.service.property.set","id":")"});
  append_unsigned(out, id);
  out.append(std::string_view{R"(","params":{)"});
  if (form.model == nullptr) {
    out.append(std::string_view{R"("LightSwitch":)"});
    append_unsigned(out, id & 1U);
  } else {
    append_params(out, *form.model, (id & 1U) != 0);
  }
  out.append(std::string_view{R"(},"version":")"});
  out.append(form.version);
  out.append(std::string_view{R"(","tag":")"});
  const auto checksum_at = ledger::append_tag(out, t);
  out.append(std::string_view{"\"}"});
  ledger::seal({&out[0], out.size()}, checksum_at);
}

} // namespace fleet::cloud
