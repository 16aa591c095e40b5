// Rollouts in words.
#include "fleet/report/rollouts.hpp"

#include <fmt/format.h>

namespace fleet::report {

namespace {

using cloud::rollout_state;

std::uint64_t load(const actors::counter& c) noexcept {
  return c.load(std::memory_order_relaxed);
}

void append(std::string& out, std::uint64_t count, std::string_view what) {
  if (count != 0) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, what);
  }
}

std::string size_text(std::uint64_t octets) {
  const auto x = static_cast<double>(octets);
  return octets >= std::uint64_t{1} << 30 ? fmt::format("{:.2f} GiB", x / 1073741824.0)
         : octets >= 1U << 20             ? fmt::format("{:.1f} MiB", x / 1048576.0)
         : octets >= 1U << 10             ? fmt::format("{:.1f} KiB", x / 1024.0)
                                          : fmt::format("{} octets", octets);
}

std::string time_text(double s) {
  return s < 1.0 ? fmt::format("{:.0f} ms", s * 1e3) : fmt::format("{:.1f} s", s);
}

std::string times_text(const actors::histogram_snapshot& h) {
  return fmt::format("{} p50, {} p99, {} at most", time_text(h.quantile(0.5)),
                     time_text(h.quantile(0.99)), time_text(h.max_seconds()));
}

void append_devices(std::string& out, const firmware_fact& d) {
  std::string text;
  append(text, d.offers, "offers");
  append(text, d.offers_ignored, "of them ignored");
  append(text, d.offers_bad, "not believed");
  append(text, d.fetches, "downloads begun");
  append(text, d.staged, "verified");
  append(text, d.reboots, "reboots");
  append(text, d.power_losses, "power losses");
  append(text, d.dead, "boards that start no image");
  out += fmt::format("{:<15}{}, {}\n", "updates", text, size_text(d.octets));
  std::string ends;
  for (std::size_t i = 0; i < actors::update_result_count; ++i) {
    append(ends, d.results[i], actors::to_string(static_cast<actors::update_result>(i)));
  }
  if (!ends.empty()) {
    out += fmt::format("{:<15}ended: {}\n", "", ends);
  }
  if (d.download_time.count != 0) {
    out += fmt::format("{:<15}downloads took {}\n", "", times_text(d.download_time));
  }
  if (d.update_time.count != 0) {
    out += fmt::format("{:<15}from offer to new version {}\n", "", times_text(d.update_time));
  }
}

} // namespace

void add(firmware_fact& to, const actors::meters& from) {
  to.offers += load(from.firmware_offers);
  to.offers_ignored += load(from.firmware_offers_ignored);
  to.offers_bad += load(from.firmware_offers_bad);
  to.fetches += load(from.firmware_fetches);
  to.octets += load(from.firmware_octets);
  to.staged += load(from.firmware_staged);
  to.reboots += load(from.firmware_reboots);
  to.power_losses += load(from.firmware_power_losses);
  to.dead += load(from.firmware_dead);
  for (std::size_t i = 0; i < to.results.size(); ++i) {
    to.results[i] += load(from.update_results[i]);
  }
  for (std::size_t i = 0; i < to.in_update.size(); ++i) {
    to.in_update[i] += load(from.in_update[i]);
  }
  from.download_time.read(to.download_time);
  from.update_time.read(to.update_time);
}

std::string causes_text(const rollout_fact& r) {
  std::string out;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    append(out, r.steps[i], fmt::format("with step -{}", i + 1));
  }
  append(out, r.causes[static_cast<std::size_t>(cloud::rollout_cause::timed_out)],
         "without the new version in time");
  append(out, r.causes[static_cast<std::size_t>(cloud::rollout_cause::old_version)],
         "back with another version");
  return out;
}

void judge_rollout(const rollout_fact& r, bool interrupted, std::vector<std::string>& out) {
  if (!r.began) {
    if (!interrupted || !r.trouble.empty()) {
      out.push_back(fmt::format("rollout {} did not begin{}{}", r.name,
                                r.trouble.empty() ? "" : ": ", r.trouble));
    }
    return;
  }
  if (!r.trouble.empty() && (r.state == "ready" || r.state == "running")) {
    out.push_back(fmt::format("what became of rollout {} is not known: {}", r.name, r.trouble));
    return;
  }
  if (r.may_fail) {
    return;
  }
  const auto causes = causes_text(r);
  const auto failed = r.of(rollout_state::failed);
  if (r.state == "halted") {
    out.push_back(fmt::format("rollout {} halted in wave {} of {}: {}{}{}", r.name, r.wave + 1,
                              r.waves, r.why, causes.empty() ? "" : "; ", causes));
  } else if (failed != 0) {
    out.push_back(fmt::format("rollout {}: {} of {} devices failed ({}): expected 0", r.name,
                              failed, r.devices, causes));
  }
  const auto open =
      r.of(rollout_state::waiting) + r.of(rollout_state::offered) + r.of(rollout_state::upgrading);
  if (!interrupted && r.state == "running" && open != 0) {
    out.push_back(fmt::format("rollout {}: {} of {} devices had not ended when the run did: {} "
                              "waiting, {} offered, {} upgrading",
                              r.name, open, r.devices, r.of(rollout_state::waiting),
                              r.of(rollout_state::offered), r.of(rollout_state::upgrading)));
  }
}

std::string rollouts_text(const std::vector<rollout_fact>& rollouts, const firmware_fact& devices) {
  std::string out;
  if (!rollouts.empty()) {
    out += fmt::format("\n{:<15}{:<12}{:>9}{:>10}{:>8}{:>9}{:>10}{:>9}{:>11}{:>11}\n", "rollout",
                       "state", "wave", "succeeded", "failed", "waiting", "upgrading", "already",
                       "sent", "time");
  }
  for (const auto& r : rollouts) {
    if (!r.began) {
      out += fmt::format("{:<15}{}\n", r.name,
                         r.trouble.empty() ? "its time did not come" : r.trouble);
      continue;
    }
    out += fmt::format(
        "{:<15}{:<12}{:>9}{:>10}{:>8}{:>9}{:>10}{:>9}{:>11}{:>11}\n", r.name, r.state,
        fmt::format("{} of {}", r.wave + 1, r.waves), r.of(rollout_state::succeeded),
        r.of(rollout_state::failed), r.of(rollout_state::waiting),
        r.of(rollout_state::offered) + r.of(rollout_state::upgrading), r.already,
        size_text(r.octets_sent), r.took_s ? fmt::format("{:.1f} s", *r.took_s) : "goes on");
    if (!r.why.empty()) {
      out += fmt::format("{:<15}{}\n", "", r.why);
    }
    if (!r.trouble.empty()) {
      out += fmt::format("{:<15}as it was seen last: {}\n", "", r.trouble);
    }
    if (const auto causes = causes_text(r); !causes.empty()) {
      out += fmt::format("{:<15}failed: {}\n", "", causes);
    }
  }
  if (devices.any()) {
    append_devices(out, devices);
  }
  return out;
}

} // namespace fleet::report
