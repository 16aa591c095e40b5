// What the devices of a product send by themselves.
#include <array>

#include <fmt/format.h>

#include "fleet/sweep/make_plan.hpp"

namespace fleet::sweep {

namespace {

/// What a model has: one property of it, its event, and what it can be asked to do.
struct known_names {
  std::string_view model;
  std::string_view property;
  std::string_view event;
};
constexpr std::array<known_names, 4> known{{{"gateway", "Uptime", "SubDeviceLost"},
                                            {"meter", "Power", "Overload"},
                                            {"rgb_led", "LightSwitch", "Error"},
                                            {"sensor", "Humidity", "LowBattery"}}};

/// Seconds between two reports that its link carries.
std::uint32_t pause_s(dice& draw, const product_traits& t) {
  if (t.protocol == program::device_protocol::http) {
    return draw.between(t.slow() ? 25 : 4, 60); // as the twin closes what was idle for a minute
  }
  switch (t.link) {
    case hal::link_kind::lora: return draw.between(90, 240);
    case hal::link_kind::nbiot: return draw.between(25, 120);
    case hal::link_kind::ethernet:
    case hal::link_kind::wifi:
    case hal::link_kind::cellular_4g: return draw.between(4, 60);
  }
  return 60;
}

std::string report(std::string_view what, std::uint32_t every_s, std::string_view rest = {}) {
  return fmt::format("{{what: {}, every: {}s{}}}", what, every_s, rest);
}

std::string thing_report(dice& draw, const product_traits& t) {
  const auto every = pause_s(draw, t);
  const known_names* names = nullptr;
  for (const auto& each : known) {
    if (t.model != nullptr && each.model == t.model->name) {
      names = &each;
    }
  }
  if (t.shadow && draw.percent(30)) {
    return report(
        draw.one_of<std::string_view>({"shadow", "shadow", "shadow_async", "shadow_delete"}),
        every);
  }
  if (names == nullptr) {
    switch (draw.between(0, 9)) {
      case 0: return report("raw", every);
      case 1:
      case 2: return report("custom", every, ", topic: update");
      default: return report("properties", every);
    }
  }
  switch (draw.between(0, 5)) {
    case 0: return report("event", every);
    case 1: return report("event", every, fmt::format(", identifiers: [{}]", names->event));
    case 2: return report("properties", every, fmt::format(", identifiers: [{}]", names->property));
    case 3: return report(t.behind_gateway ? "properties" : "batch", every);
    default: return report("properties", every);
  }
}

std::string broker_report(dice& draw, const product_traits& t, std::uint32_t number) {
  const auto every = pause_s(draw, t);
  if (draw.percent(40)) {
    return fmt::format("{{every: {}s}}", every);
  }
  return fmt::format("{{every: {}s, topic: 'sweep/{{device}}/{}', payload: "
                     "'{{{{\"n\":{{seq}},\"x\":{{random 0..999}},\"tag\":\"{{ledger}}\"}}}}'}}",
                     every, number);
}

} // namespace

std::string reports_of(dice& draw, product_traits& t) {
  if (draw.percent(4)) {
    return ", report: []";
  }
  std::string out;
  const std::uint32_t count = t.posts() ? 1 : draw.one_of({1U, 1U, 1U, 2U, 2U, 3U});
  for (std::uint32_t i = 0; i < count; ++i) {
    out += i == 0 ? "" : ", ";
    if (t.posts()) {
      t.report_s = pause_s(draw, t);
      out += report("properties", t.report_s);
    } else {
      out += t.vendor() ? thing_report(draw, t) : broker_report(draw, t, i);
    }
  }
  return ", report: [" + out + "]";
}

} // namespace fleet::sweep
