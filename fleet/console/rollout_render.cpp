// Members to fields, fields to tables and lines.
#include "fleet/console/rollout_render.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "fleet/console/display.hpp"
#include "fleet/console/json_text.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

std::uint64_t count_of(const json_level& level, std::string_view key) {
  const auto n = level.integer(key);
  return n && *n > 0 ? static_cast<std::uint64_t>(*n) : 0;
}

std::uint32_t id_of(const json_level& level, std::string_view key) {
  const auto n = count_of(level, key);
  return n <= std::numeric_limits<std::uint32_t>::max() ? static_cast<std::uint32_t>(n) : 0;
}

std::string text_of(const json_level& level, std::string_view key) {
  return printable(level.text(key).value_or(std::string{}));
}

/// `{"-1":2,"-2":0}`: what is not 0.
std::vector<std::pair<std::string, std::uint64_t>> counts_of(const json_level& level,
                                                             std::string_view key) {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  const json_member* const m = level.find(key);
  const json_level inner{m == nullptr ? std::string_view{"{}"} : m->value};
  for (const json_member& each : inner.members()) {
    if (const auto n = json_integer(each.value); n && *n > 0) {
      out.emplace_back(shown_key(each), static_cast<std::uint64_t>(*n));
    }
  }
  return out;
}

template <class View>
std::optional<std::vector<View>> read_all(std::string_view json, std::string_view key,
                                          std::optional<View> (*read)(std::string_view)) {
  const auto all = listed(json, key);
  if (!all) {
    return std::nullopt;
  }
  std::vector<View> out;
  for (const std::string& one : *all) {
    auto view = read(one);
    if (!view) {
      return std::nullopt;
    }
    out.push_back(std::move(*view));
  }
  return out;
}

std::string_view step_text(std::string_view step) {
  if (step == "-1") {
    return "the upgrade failed";
  }
  if (step == "-2") {
    return "the download failed";
  }
  if (step == "-3") {
    return "the verification failed";
  }
  return step == "-4" ? "the burning failed" : "";
}

std::string_view cause_text(std::string_view cause) {
  return cause == "step"          ? "the device said so"
         : cause == "timed_out"   ? "no report in time"
         : cause == "old_version" ? "came back with another version"
                                  : cause;
}

std::string dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string clock_text(double s) {
  const auto whole = static_cast<std::uint64_t>(std::max(s, 0.0));
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

double part_of(std::uint64_t done, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(done) / static_cast<double>(whole);
}

/// Never 100 before it is.
unsigned percent_of(std::uint64_t done, std::uint64_t whole) {
  return static_cast<unsigned>(std::min(part_of(done, whole), 1.0) * 100);
}

/// `1.5MiB`: near enough for people.
std::string about(double octets) {
  constexpr double kib = 1024;
  return octets >= kib * kib ? fmt::format("{:.1f} MiB", octets / kib / kib)
         : octets >= kib     ? fmt::format("{:.1f} KiB", octets / kib)
                             : fmt::format("{:.0f} B", octets);
}

/// Without the letters at its end that go beyond the columns.
std::string shortened(std::string text, std::size_t columns) {
  while (display_width(text) > columns) {
    bool within = true; // a letter of several octets
    while (within && !text.empty()) {
      within = (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U;
      text.pop_back();
    }
  }
  return text;
}

std::string wave_text(const campaign_view& c) {
  return fmt::format("{} of {}", std::min(c.wave + 1, c.waves), c.waves);
}

} // namespace

std::optional<firmware_view> read_firmware(std::string_view json) {
  const json_level f{json};
  firmware_view out;
  out.id = id_of(f, "id");
  if (out.id == 0 || !f.text("version") || !f.text("state")) {
    return std::nullopt;
  }
  out.product_key = text_of(f, "productKey");
  out.version = text_of(f, "version");
  out.module = text_of(f, "module");
  out.state = text_of(f, "state");
  out.sign_method = text_of(f, "signMethod");
  out.fault = text_of(f, "fault");
  out.md5 = text_of(f, "md5");
  out.sha256 = text_of(f, "sha256");
  out.size = count_of(f, "size");
  out.received = count_of(f, "received");
  out.downloads = count_of(f, "downloads");
  out.octets_sent = count_of(f, "octetsSent");
  return out;
}

std::optional<std::vector<firmware_view>> read_firmware_list(std::string_view json) {
  return read_all<firmware_view>(json, "firmware", read_firmware);
}

std::optional<campaign_view> read_campaign(std::string_view json) {
  const json_level c{json};
  campaign_view out;
  out.id = id_of(c, "id");
  if (out.id == 0 || !c.text("state") || !c.integer("devices")) {
    return std::nullopt;
  }
  out.firmware = id_of(c, "firmware");
  out.name = text_of(c, "name");
  out.product_key = text_of(c, "productKey");
  out.version = text_of(c, "version");
  out.state = text_of(c, "state");
  out.halted_by = text_of(c, "haltedBy");
  out.why = text_of(c, "why");
  out.wave = count_of(c, "wave");
  out.waves = std::max<std::uint64_t>(count_of(c, "waves"), 1);
  out.devices = count_of(c, "devices");
  out.already = count_of(c, "already");
  out.waiting = count_of(c, "waiting");
  out.offered = count_of(c, "offered");
  out.upgrading = count_of(c, "upgrading");
  out.succeeded = count_of(c, "succeeded");
  out.failed = count_of(c, "failed");
  out.cancelled = count_of(c, "cancelled");
  out.attempts_failed = count_of(c, "attemptsFailed");
  out.attempts_succeeded = count_of(c, "attemptsSucceeded");
  out.causes = counts_of(c, "causes");
  out.steps = counts_of(c, "steps");
  return out;
}

std::optional<std::vector<campaign_view>> read_campaign_list(std::string_view json) {
  return read_all<campaign_view>(json, "campaigns", read_campaign);
}

std::string render_firmware(const firmware_view& f) {
  text_table table;
  table.row({"firmware", std::to_string(f.id)});
  table.row({"product", dash(f.product_key)});
  table.row({"version", f.version});
  table.row({"module", dash(f.module)});
  table.row({"size", text::format_size(f.size)});
  table.row({"state", f.state});
  table.row({"md5", dash(f.md5)});
  table.row({"sha256", dash(f.sha256)});
  table.row({"offers carry", dash(f.sign_method)});
  if (!f.fault.empty()) {
    table.row({"fault", f.fault + ", on purpose"});
  }
  table.row({"downloads", text::format_count(f.downloads)});
  return table.text();
}

std::string render_firmware_list(const std::vector<firmware_view>& all) {
  text_table table;
  table.row(
      {"firmware", "product", "version", "module", "size", "state", "fault", "md5", "downloads"});
  for (const auto& f : all) {
    const bool whole = f.state != "uploading";
    table.row({std::to_string(f.id), dash(f.product_key), f.version, dash(f.module),
               text::format_size(f.size),
               whole ? f.state : fmt::format("{} {}%", f.state, percent_of(f.received, f.size)),
               dash(f.fault), dash(f.md5), text::format_count(f.downloads)});
  }
  return table.text();
}

std::string render_campaign(const campaign_view& c) {
  text_table table;
  table.row({"campaign", fmt::format("{} {}", c.id, c.name)});
  table.row({"firmware", fmt::format("{}: {} {}", c.firmware, c.product_key, c.version)});
  table.row({"state", c.state});
  if (!c.why.empty()) {
    table.row({"why", c.why});
  }
  table.row({"wave", wave_text(c)});
  table.row({"devices", text::format_count(c.devices)});
  const auto count = [&](const std::string& name, std::uint64_t n) {
    table.row({name, text::format_count(n)});
  };
  count("  waiting", c.waiting);
  count("  offered", c.offered);
  count("  upgrading", c.upgrading);
  count("  succeeded", c.succeeded);
  count("  failed", c.failed);
  for (const auto& [cause, n] : c.causes) {
    count("    " + std::string{cause_text(cause)}, n);
  }
  for (const auto& [step, n] : c.steps) {
    count(fmt::format("      step {}, {}", step, step_text(step)), n);
  }
  count("  cancelled", c.cancelled);
  if (c.already != 0) {
    table.row({"left out", fmt::format("{}, which ran {} before it began",
                                       text::format_count(c.already), c.version)});
  }
  table.row(
      {"attempts", fmt::format("{} succeeded, {} failed", text::format_count(c.attempts_succeeded),
                               text::format_count(c.attempts_failed))});
  return table.text();
}

std::string render_campaign_list(const std::vector<campaign_view>& all) {
  text_table table;
  table.row({"campaign", "name", "firmware", "product", "version", "state", "wave", "devices",
             "succeeded", "failed"});
  for (const auto& c : all) {
    table.row({std::to_string(c.id), dash(c.name), std::to_string(c.firmware), dash(c.product_key),
               c.version, c.state, wave_text(c), text::format_count(c.devices),
               text::format_count(c.succeeded), text::format_count(c.failed)});
  }
  return table.text();
}

std::optional<std::string> render_campaign_devices(const std::vector<std::string>& devices) {
  text_table table;
  table.row({"device", "state", "cause", "step", "attempts", "wave", "online", "version"});
  for (const std::string& text : devices) {
    const json_level d{text};
    const auto key = d.text("productKey");
    const auto name = d.text("deviceName");
    if (!key || !name) {
      return std::nullopt;
    }
    const auto cause = d.text("cause").value_or("none");
    const json_member* const online = d.find("online");
    const bool is_online = online != nullptr && online->value == "true";
    table.row({printable(*key + "/" + *name), shown(d.find("state")),
               cause == "none" ? "-" : printable(cause_text(cause)), shown(d.find("step")),
               shown(d.find("attempts")), std::to_string(count_of(d, "wave") + 1),
               is_online ? "yes" : "no", shown(d.find("version"))});
  }
  return table.text();
}

std::string bar(double part, std::size_t places) {
  const auto full =
      static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(places));
  return "[" + std::string(full, '#') + std::string(places - full, '.') + "]";
}

std::string watch_line(const campaign_view& c, double rate, double elapsed_s, std::size_t columns) {
  std::string out = fmt::format("{:>5} {} {}", clock_text(elapsed_s), c.name, c.state);
  if (c.waves > 1) {
    out += " wave " + wave_text(c);
  }
  out += fmt::format(" {} {}%", bar(part_of(c.ended(), c.devices), 20),
                     percent_of(c.ended(), c.devices));
  out += fmt::format(" | {} of {} succeeded", text::format_count(c.succeeded),
                     text::format_count(c.devices));
  for (const auto& [name, n] : {std::pair{"failed", c.failed}, std::pair{"upgrading", c.upgrading},
                                std::pair{"offered", c.offered}, std::pair{"waiting", c.waiting},
                                std::pair{"cancelled", c.cancelled}}) {
    if (n != 0) {
      out += fmt::format(", {} {}", text::format_count(n), name);
    }
  }
  if (rate > 0) {
    out += fmt::format(" | {:.{}f}/s", rate, rate < 10 ? 1 : 0);
  }
  return shortened(std::move(out), columns);
}

std::string upload_line(std::uint64_t done, std::uint64_t whole, double rate, std::size_t columns) {
  std::string out = fmt::format("uploading {} {}% of {}", bar(part_of(done, whole), 30),
                                percent_of(done, whole), text::format_size(whole));
  if (rate > 0) {
    out += ", " + about(rate) + "/s";
  }
  return shortened(std::move(out), columns);
}

} // namespace fleet::program
