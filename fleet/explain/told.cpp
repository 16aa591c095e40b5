// The explanation as text, part by part, and as JSON.
#include <algorithm>

#include <fmt/format.h>

#include "fleet/explain/explain.hpp"
#include "fleet/explain/load_told.hpp"
#include "fleet/judging/verdict.hpp"
#include "fleet/report/judged.hpp"
#include "fleet/run/descriptors.hpp"
#include "fleet/scenario/fault_plan.hpp"
#include "fleet/scenario/words.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::program {

namespace {

using text::format_count;
using text::format_duration;

constexpr std::uint64_t mib = 1024ULL * 1024;

void part(std::string& out, std::string_view title, const std::vector<std::string>& lines) {
  if (lines.empty()) {
    return;
  }
  out += fmt::format("\n{}\n", title);
  for (const auto& line : lines) {
    out += "  " + line + "\n";
  }
}

std::string counted(std::uint64_t n, std::string_view one) {
  return fmt::format("{} {}{}", format_count(n), one, n == 1 ? "" : "s");
}

std::string speech_of(const product_plan& planned) {
  const auto& p = planned.product;
  if (planned.behind_gateway) {
    return fmt::format("{}, behind gateways", to_string(p.profile));
  }
  std::string out = fmt::format("{} over {}", to_string(p.profile), to_string(p.protocol));
  if (p.security != security::plain) {
    out += fmt::format(" with {}", to_string(p.security));
  }
  if (p.link != hal::link_kind::ethernet) {
    out += fmt::format(", {}", word_for(p.link, link_words));
  }
  if (p.protocol == device_protocol::mqtt) {
    out += fmt::format(", qos {}", word_for(p.qos, qos_words));
  }
  return out;
}

std::string reports_of(const scenario_product& p) {
  std::string out;
  for (const auto& rule : *p.report) {
    out += fmt::format("{}{} every {}", out.empty() ? "" : ", ",
                       word_for(rule.what, report_kind_words), format_duration(rule.every));
    if (rule.arrivals == actors::report_arrivals::poisson) {
      out += " at random";
    } else if (rule.jitter_ppm != 0) {
      out += fmt::format(" and up to {} later", percent_said(rule.jitter_ppm));
    }
    out += rule.replay ? " from a table" : "";
  }
  return out.empty() ? "no reports" : out;
}

std::vector<std::string> product_lines(const explanation& e) {
  std::vector<std::string> out;
  const auto& all = e.plan.products;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& p = all[i];
    const double share = 100.0 * p.devices.count / std::max(e.plan.devices, 1U);
    auto line =
        fmt::format("{}: {}, {:.3g} %; {}; {}", p.product.name, counted(p.devices.count, "device"),
                    share, speech_of(p), reports_of(p.product));
    if (p.children_each != 0) {
      line += fmt::format("; each a gateway with {} of {} behind it", format_count(p.children_each),
                          all[p.children_product].product.name);
    }
    if (p.product.firmware) {
      line += fmt::format("; firmware {}", p.product.firmware->version);
    }
    line += pace_said(e, i);
    if (const double rate = e.figures.reports_per_s[i]; rate > 0) {
      line += fmt::format("; {} at the peak", often(rate));
    }
    out.push_back(std::move(line));
  }
  return out;
}

std::vector<std::string> traffic_lines(const explanation& e) {
  std::vector<std::string> out;
  for (const auto& entry : e.plan.cloud_traffic) {
    const auto& t = entry.traffic;
    const bool all = t.kind == traffic_kind::broadcast || t.kind == traffic_kind::config_push;
    out.push_back(fmt::format("{}{} to {}{}, {}", word_for(t.kind, traffic_kind_words),
                              t.service.empty() ? "" : " " + t.service, all ? "all of " : "",
                              t.product, often(t.rate)));
  }
  return out;
}

std::vector<std::string> rollout_lines(const explanation& e) {
  std::vector<std::string> out;
  for (const auto& planned : e.plan.rollouts) {
    const auto& r = planned.rollout;
    const auto devices = e.plan.products[planned.product].devices.count;
    auto line = fmt::format("{}: {} brings {} to {}", format_duration(r.at), r.name, r.version,
                            r.percent_ppm == whole_ppm
                                ? fmt::format("the {} of {}", counted(devices, "device"), r.product)
                                : percent_said(r.percent_ppm) + " of " + r.product);
    if (!r.waves.empty()) {
      line += fmt::format(", in {}", counted(r.waves.size(), "wave"));
    }
    if (r.under_way != 0) {
      line += fmt::format(", {} at a time", format_count(r.under_way));
    }
    if (r.halt_ppm) {
      line += fmt::format("; it halts where {} of the attempts fail", percent_said(*r.halt_ppm));
    }
    if (r.fault != image_fault::none) {
      line += fmt::format("; its image: {}", word_for(r.fault, image_fault_words));
    }
    out.push_back(std::move(line));
  }
  return out;
}

std::string whom(const explained_fault& f, std::uint32_t devices) {
  if (f.by_name) {
    return "the devices that it names";
  }
  return fmt::format("{}{} of {}", f.exact ? "" : "about ", format_count(f.devices),
                     counted(devices, "device"));
}

std::vector<std::string> fault_lines(const explanation& e) {
  std::vector<std::string> out;
  for (const auto& f : e.faults) {
    out.push_back(fmt::format("{}: {} on {}", format_duration(f.fault.at), describe(f.fault),
                              whom(f, e.plan.devices)));
  }
  const bool about = std::any_of(e.faults.begin(), e.faults.end(),
                                 [](const explained_fault& f) { return !f.exact && !f.by_name; });
  if (about) {
    out.emplace_back("(which, the seed decides: `fleet check --seed N` counts them)");
  }
  return out;
}

std::vector<std::string> expectation_lines(const explanation& e) {
  std::vector<std::string> out;
  for (const auto& line : e.plan.expect) {
    const auto read = judging::read_expectation(line.text, report::figures());
    const bool live = read.ok() && judging::can_be_hopeless(read.value(), report::figures());
    out.push_back(line.text + (live ? " (ends the run as soon as it cannot be met)" : ""));
  }
  return out;
}

std::vector<std::string> need_lines(const explanation& e) {
  const auto& f = e.figures;
  const auto about = [](std::uint64_t bytes) {
    return format_count((bytes + mib - 1) / mib) + " MiB";
  };
  return {fmt::format("{} descriptors with the embedded twin, {} with --target; none of them with "
                      "--virtual",
                      format_count(f.descriptors), format_count(f.descriptors_with_target)),
          fmt::format("about {} of memory, {} with --virtual", about(f.memory_bytes),
                      about(f.memory_virtual_bytes))};
}

std::string list_of(const std::vector<std::string>& sentences) {
  byte_buffer out;
  out.push('[');
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    if (i != 0) {
      out.push(',');
    }
    append_json_text(out, sentences[i]);
  }
  out.push(']');
  return std::string{as_text(out.view())};
}

/// An object for each of `all`, written by `write`.
template <class T, class Write>
std::string objects_of(const std::vector<T>& all, Write write) {
  std::string out = "[";
  for (std::size_t i = 0; i < all.size(); ++i) {
    byte_buffer one;
    object_writer object{one};
    write(object, all[i], i);
    object.end();
    out += (i == 0 ? "" : ",") + std::string{as_text(one.view())};
  }
  return out + "]";
}

std::string number(double value) {
  return fmt::format("{:.6g}", value);
}

} // namespace

std::string to_text(const explanation& e) {
  std::string out;
  part(out, "products", product_lines(e));
  part(out, "load", load_lines(e));
  part(out, "the cloud sends", traffic_lines(e));
  part(out, "rollouts", rollout_lines(e));
  part(out, "faults", fault_lines(e));
  part(out, "expected", expectation_lines(e));
  part(out, "in all",
       {fmt::format("about {} reports",
                    format_count(static_cast<std::uint64_t>(e.figures.reports + 0.5)))});
  part(out, "it needs", need_lines(e));
  part(out, "notes", e.notes);
  part(out, "odd", e.odd);
  return out;
}

std::string to_json(const explanation& e) {
  const auto& f = e.figures;
  byte_buffer out;
  object_writer object{out};
  object.text("name", e.plan.name);
  object.raw("seed", e.plan.seed ? std::to_string(*e.plan.seed) : "null");
  object.integer("devices", e.plan.devices);
  object.integer("connections", e.plan.connections);
  object.raw("duration_s", number(seconds(e.plan.run_for)));
  object.open("peak");
  object.raw("at_s", number(seconds(f.peak_at)));
  object.integer("connections", f.peak_connections);
  object.raw("reports_per_s", number(f.reports_per_s_all()));
  object.raw("cloud_per_s", number(f.cloud_per_s));
  object.close();
  object.raw("reports", number(f.reports));
  object.open("needs");
  object.integer("descriptors", static_cast<std::int64_t>(f.descriptors));
  object.integer("descriptors_with_target", static_cast<std::int64_t>(f.descriptors_with_target));
  object.integer("memory_bytes", static_cast<std::int64_t>(f.memory_bytes));
  object.integer("memory_virtual_bytes", static_cast<std::int64_t>(f.memory_virtual_bytes));
  object.close();
  object.raw("products",
             objects_of(e.plan.products, [&f](auto& o, const product_plan& p, std::size_t i) {
               o.text("name", p.product.name);
               o.integer("devices", p.devices.count);
               o.text("profile", to_string(p.product.profile));
               o.text("protocol", to_string(p.product.protocol));
               o.text("security", to_string(p.product.security));
               o.raw("reports_per_s", number(f.reports_per_s[i]));
             }));
  object.raw("faults", objects_of(e.faults, [](auto& o, const explained_fault& one, std::size_t) {
               o.text("name", one.fault.name);
               o.text("effect", to_string(one.fault.what));
               o.raw("at_s", number(seconds(one.fault.at)));
               o.raw("selected", one.by_name ? "null" : std::to_string(one.devices));
               o.raw("exact", one.exact && !one.by_name ? "true" : "false");
             }));
  object.raw("notes", list_of(e.notes));
  object.raw("odd", list_of(e.odd));
  object.end();
  return std::string{as_text(out.view())};
}

} // namespace fleet::program
