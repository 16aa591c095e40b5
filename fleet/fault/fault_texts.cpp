// The vocabulary and a run's faults as tables for people.
#include <array>

#include <fmt/format.h>

#include "fleet/console/display.hpp"
#include "fleet/fault/fault_command.hpp"
#include "fleet/judging/amount.hpp"
#include "fleet/scenario/fault_plan.hpp"
#include "fleet/scenario/fault_presets.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/json.hpp"

namespace fleet::program {

namespace {

constexpr std::array<std::string_view, 4> domains{"Network", "Device", "Firmware", "Cloud"};

std::string_view need_text(faults::need need) {
  switch (need) {
    case faults::need::nothing: return "";
    case faults::need::stream: return " MQTT and HTTP only.";
    case faults::need::datagram: return " CoAP only.";
    case faults::need::security: return " TLS and DTLS only.";
    case faults::need::flash: return " Products with firmware only.";
    case faults::need::store: return " Products that keep something only.";
    case faults::need::twin: return " The twin only.";
  }
  return "";
}

/// `5m3s` for the number of seconds that a member is.
std::string time_text(const json_reader& reader, std::string_view key) {
  const auto* const member = reader.find(key);
  const auto s = member == nullptr ? std::nullopt : json_number(member->value);
  return !s ? "?" : *s < 1e-3 ? "0s" : judging::said(*s, judging::unit::duration);
}

std::string member_text(const json_reader& reader, std::string_view key) {
  std::string out;
  const auto* const member = reader.find(key);
  if (member != nullptr && !append_json_string(out, member->value)) {
    out = member->value;
  }
  return printable(out);
}

} // namespace

std::string effects_text() {
  std::string out;
  std::size_t domain = domains.size();
  for (const auto& info : faults::effects()) {
    if (const auto now = static_cast<std::size_t>(info.of); now != domain) {
      domain = now;
      out += fmt::format("{}{}\n", out.empty() ? "" : "\n", domains[domain]);
    }
    auto usual = faults::default_fault(info.what);
    out += fmt::format("  {:22} {}.{}\n  {:22} as when nothing is said: {}\n", info.word, info.text,
                       need_text(info.need), "", describe(usual));
  }
  return out;
}

std::string presets_text() {
  std::string out;
  for (const auto& preset : fault_presets()) {
    out +=
        fmt::format("{:20} {}; {}\n", preset.word, preset.text, text::format_duration(preset.span));
    std::string parts;
    for (const auto& part : preset.parts) {
      parts += (parts.empty() ? "" : ", ") + std::string{to_string(part.what)};
    }
    out += fmt::format("{:20} {}\n", "", parts);
  }
  return out;
}

std::string faults_table(std::string_view answer) {
  json_reader reader;
  if (reader.read(as_bytes(answer)) != json_error::none) {
    return {};
  }
  const auto* const list = reader.find("faults");
  if (list == nullptr || list->type != json_type::array) {
    return {};
  }
  if (list->child_count == 0) {
    return "no faults\n";
  }
  std::string out = fmt::format("{:28} {:10} {:>10} {:>10} {:>10}  {}\n", "NAME", "STATE", "BEGINS",
                                "SELECTED", "HIT", "WHAT");
  json_reader row;
  for (const auto& item : reader.children(*list)) {
    if (row.read(as_bytes(item.value)) != json_error::none) {
      return {};
    }
    out += fmt::format("{:28} {:10} {:>10} {:>10} {:>10}  {}\n", member_text(row, "name"),
                       member_text(row, "state"), time_text(row, "begins_s"),
                       member_text(row, "selected"), member_text(row, "hit"),
                       member_text(row, "text"));
  }
  return out;
}

} // namespace fleet::program
