// From meters to samples.
#include "fleet/run/metrics_source.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "fleet/metrics/label_words.hpp"
#include "fleet/metrics/native_counts.hpp"
#include "fleet/options.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/scenario/words.hpp"

namespace fleet::program {

using metrics::family;

namespace {

void put(std::vector<metrics::sample>& out, family f, double value, metrics::labels with = {}) {
  out.push_back({f, std::move(with), value, nullptr});
}

void put(std::vector<metrics::sample>& out, family f, std::uint64_t value,
         metrics::labels with = {}) {
  put(out, f, static_cast<double>(value), std::move(with));
}

void put(std::vector<metrics::sample>& out, family f, const actors::histogram_snapshot& times,
         metrics::labels with = {}) {
  out.push_back({f, std::move(with), 0, std::make_shared<const actors::histogram_snapshot>(times)});
}

void sample_run(std::vector<metrics::sample>& out, const sampled_run& run) {
  put(out, family::devices_requested, run.requested);
  if (run.told == nullptr) {
    return;
  }
  put(out, family::run_info, std::uint64_t{1}, run.told->identity);
  const run_state now = run.told->board.read();
  put(out, family::run_stage, std::uint64_t{1}, {{"stage", now.stage}});
  if (now.stage_left_s) {
    put(out, family::run_stage_left, *now.stage_left_s);
  }
  for (std::size_t i = 0; i < std::min(now.reports.size(), run.products.size()); ++i) {
    put(out, family::reports_ratio, now.reports[i], {{"product", run.products[i].name}});
  }
  for (std::size_t i = 0; now.workers && i < now.workers->size(); ++i) {
    put(out, family::workers, (*now.workers)[i],
        {{"state", std::string{metrics::worker_state_words[i]}}});
  }
  put(out, family::run_elapsed, now.elapsed_s);
  put(out, family::run_duration, now.duration_s);
  put(out, family::devices_wanted, now.wanted);
  if (run.told->shadows_known.load(std::memory_order_relaxed)) {
    put(out, family::shadows_waiting, run.told->shadows_waiting.load(std::memory_order_relaxed));
  }
}

void sample_dialect(std::vector<metrics::sample>& out, const report::totals& t,
                    const std::pair<std::string, std::string>& product) {
  for (std::size_t i = 0; i < report::dialect_counts.size(); ++i) {
    const auto& count = report::dialect_counts[i];
    if (const auto own = metrics::native_family(count.from)) {
      put(out, *own, t.dialect[i], {product});
    } else {
      put(out, family::dialect, t.dialect[i], {{"what", std::string{count.name}}, product});
    }
  }
}

void sample_product(std::vector<metrics::sample>& out, const report::totals& t,
                    const std::string& product) {
  const std::pair<std::string, std::string> of{"product", product};
  for (std::size_t i = 0; i < actors::phase_count; ++i) {
    put(out, family::devices, t.in_phase[i],
        {{"phase", std::string{actors::to_string(static_cast<actors::phase>(i))}}, of});
  }
  for (std::size_t q = 0; q < 3; ++q) {
    put(out, family::messages_published, t.published[q], {{"qos", std::to_string(q)}, of});
    put(out, family::messages_received, t.received[q], {{"qos", std::to_string(q)}, of});
  }
  put(out, family::messages_acknowledged, t.acknowledged, {of});
  put(out, family::messages_in_flight, t.in_flight, {of});
  put(out, family::messages_resent, t.resent, {of});
  put(out, family::messages_oversized, t.oversized, {of});
  put(out, family::sub_devices_online, t.sub_devices_online, {of});
  put(out, family::powerless_devices, t.off_by_fault, {of});
  for (std::size_t i = 0; i < actors::skip_count; ++i) {
    put(out, family::messages_skipped, t.skipped[i],
        {{"reason", std::string{actors::to_string(static_cast<actors::skip>(i))}}, of});
  }
  sample_dialect(out, t, of);
}

void sample_radios(std::vector<metrics::sample>& out, const report::totals& t,
                   const std::string& product) {
  for (std::size_t i = 0; i < actors::radio_count; ++i) {
    put(out, family::radio, static_cast<double>(t.radio_us[i]) * 1e-6,
        {{"state", std::string{actors::to_string(static_cast<actors::radio>(i))}},
         {"product", product}});
  }
}

report::firmware_fact firmware_of(const std::vector<actors::shard*>& shards, std::size_t product) {
  report::firmware_fact out;
  for (const actors::shard* s : shards) {
    report::add(out, s->parts[product].counts);
  }
  return out;
}

void sample_firmware(std::vector<metrics::sample>& out, const std::vector<actors::shard*>& shards,
                     std::size_t number, const std::string& product) {
  const auto f = firmware_of(shards, number);
  if (!f.any()) {
    return;
  }
  const std::pair<std::string, std::string> of{"product", product};
  for (std::size_t i = 0; i < f.in_update.size(); ++i) {
    put(out, family::updating, f.in_update[i],
        {{"state", std::string{actors::to_string(static_cast<actors::update_state>(i))}}, of});
  }
  for (std::size_t i = 0; i < f.results.size(); ++i) {
    put(out, family::updates, f.results[i],
        {{"result", std::string{actors::to_string(static_cast<actors::update_result>(i))}}, of});
  }
  // In the order of update_step_words.
  const std::array<std::uint64_t, metrics::update_step_words.size()> steps{
      f.offers, f.offers_ignored, f.offers_bad, f.fetches, f.staged, f.reboots, f.power_losses};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    put(out, family::update_steps, steps[i],
        {{"step", std::string{metrics::update_step_words[i]}}, of});
  }
  put(out, family::update_bytes, f.octets, {of});
  put(out, family::dead_devices, f.dead, {of});
}

void sample_rollouts(std::vector<metrics::sample>& out,
                     const std::vector<std::unique_ptr<rollout_flow>>& rollouts) {
  for (const auto& flow : rollouts) {
    for (std::size_t i = 0; i < cloud::rollout_state_count; ++i) {
      put(out, family::rollout_devices,
          std::uint64_t{flow->seen().by_state[i].load(std::memory_order_relaxed)},
          {{"state", std::string{cloud::to_string(static_cast<cloud::rollout_state>(i))}},
           {"rollout", flow->name()}});
    }
    put(out, family::rollout_running,
        std::uint64_t{flow->seen().running.load(std::memory_order_relaxed) ? 1U : 0U},
        {{"rollout", flow->name()}});
  }
}

/// How soon the fleet was whole again after each; of the run's own faults from the beginning.
void sample_recovery(std::vector<metrics::sample>& out, const sampled_run& run) {
  std::map<std::string, double> took_s;
  for (const auto& row : run.faults.rows()) {
    if (!row.live) {
      took_s[row.name] = std::numeric_limits<double>::quiet_NaN();
    }
  }
  if (run.told != nullptr) {
    for (const auto& [fault, s] : run.told->board.read().recovered) {
      took_s[fault] = s;
    }
  }
  for (const auto& [fault, s] : took_s) {
    put(out, family::fault_recovery, s, {{"fault", fault}});
  }
}

/// Live ones that are over are gone, so that the series stay as few as the faults.
void sample_faults(std::vector<metrics::sample>& out, const fault_desk& desk) {
  for (const auto& row : desk.rows()) {
    if (row.live && row.state == faults::timeline::state::over) {
      continue;
    }
    const metrics::labels with{{"fault", row.name},
                               {"effect", std::string{faults::to_string(row.what)}}};
    put(out, family::fault_active,
        std::uint64_t{row.state == faults::timeline::state::in_force ? 1U : 0U}, with);
    put(out, family::fault_selected, std::uint64_t{row.figures.selected}, with);
    put(out, family::fault_devices, std::uint64_t{row.figures.hit}, with);
    put(out, family::fault_strikes, row.figures.strikes, with);
  }
}

void sample_totals(std::vector<metrics::sample>& out, const report::totals& t) {
  for (std::size_t i = 0; i < actors::outcome_count; ++i) {
    put(out, family::connects, t.outcomes[i],
        {{"outcome", std::string{actors::to_string(static_cast<actors::outcome>(i))}}});
  }
  put(out, family::connect_attempts, t.attempts);
  put(out, family::subscribes_refused, t.subscribe_refused);
  put(out, family::replies, t.replies, {{"result", "ok"}});
  put(out, family::replies, t.replies_bad, {{"result", "error"}});
  put(out, family::commands, t.commands);
  put(out, family::reconnects, t.reconnects);
  put(out, family::disconnects_unplanned, t.disconnects_unplanned);
  put(out, family::restarts, t.restarts);
  put(out, family::abandoned, t.abandoned);
  put(out, family::sends_late, t.late_sends);
  put(out, family::bytes_sent, t.bytes_sent);
  put(out, family::bytes_received, t.bytes_received);
}

std::uint64_t fault_reboots(const std::vector<actors::shard*>& shards) {
  std::uint64_t sum = 0;
  for (const actors::shard* s : shards) {
    for (const auto& part : s->parts) {
      sum += part.counts.fault_reboots.load(std::memory_order_relaxed);
    }
  }
  return sum;
}

void sample_home(std::vector<metrics::sample>& out, const hal::home_meters& m,
                 const std::string& name) {
  const metrics::labels with{{"home", name}};
  const auto read = [](const std::atomic<std::uint64_t>& c) {
    return c.load(std::memory_order_relaxed);
  };
  put(out, family::streams, read(m.streams_open), with);
  put(out, family::turns, read(m.turns), with);
  put(out, family::wakes, read(m.wakes), with);
  put(out, family::wake_lag, static_cast<double>(read(m.wake_lag_ns)) * 1e-9, with);
  put(out, family::connects_waiting, read(m.connects_waiting), with);
  put(out, family::accepts_paused, read(m.accepts_paused), with);
  put(out, family::datagrams, read(m.datagrams_sent), {with.front(), {"direction", "sent"}});
  put(out, family::datagrams, read(m.datagrams_received),
      {with.front(), {"direction", "received"}});
  put(out, family::datagrams_dropped, read(m.datagrams_dropped), with);
}

void sample_homes(std::vector<metrics::sample>& out, const sampled_run& run) {
  if (run.pulse == nullptr) {
    for (std::size_t i = 0; i < run.shards.size(); ++i) {
      sample_home(out, run.shards[i]->home.meters(), std::to_string(i));
    }
    return;
  }
  for (const auto& each : run.pulse->homes()) {
    const metrics::labels with{{"home", each.name}};
    sample_home(out, each.home->meters(), each.name);
    put(out, family::queued, each.found->queued.load(std::memory_order_relaxed), with);
    put(out, family::timers, each.found->timers.load(std::memory_order_relaxed), with);
    actors::histogram_snapshot lag;
    each.found->lag.read(lag);
    put(out, family::loop_lag, lag, with);
  }
}

/// By protocol: those of products that speak alike are one.
void sample_latencies(std::vector<metrics::sample>& out, const sampled_run& run) {
  std::map<std::string, std::array<actors::histogram_snapshot, actors::latency_count>> all;
  for (std::size_t i = 0; i < run.products.size(); ++i) {
    auto& of = all[run.products[i].protocol];
    for (const actors::shard* s : run.shards) {
      for (std::size_t l = 0; l < of.size(); ++l) {
        s->parts[i].counts.latencies[l].read(of[l]);
      }
    }
  }
  constexpr std::array<family, actors::latency_count> as{
      family::connect_duration, family::publish_ack_duration, family::publish_reply_duration,
      family::downlink_duration};
  for (const auto& [protocol, of] : all) {
    for (std::size_t l = 0; l < of.size(); ++l) {
      put(out, as[l], of[l], {{"protocol", protocol}});
    }
  }
}

/// As far as both sides can tell while the run goes.
void sample_ledger(std::vector<metrics::sample>& out, const report::totals& t,
                   const far_sides& far) {
  const metrics::labels up{{"direction", "uplink"}};
  const metrics::labels down{{"direction", "downlink"}};
  put(out, family::ledger_attempted, t.published_all(), up);
  put(out, family::ledger_acknowledged, t.acknowledged, up);
  put(out, family::ledger_accepted, t.ledger_commands, down);
  put(out, family::ledger_corrupted, t.downlink_corrupted, down);
  if (const auto there = far.ledger_now()) {
    put(out, family::ledger_attempted, there->commands, down);
    put(out, family::ledger_accepted, there->accepted, up);
    put(out, family::ledger_corrupted, there->corrupted, up);
  }
}

void sample_traffic(std::vector<metrics::sample>& out,
                    const std::vector<std::unique_ptr<traffic_flow>>& traffic) {
  // Entries of one kind and product are one series.
  std::map<std::array<std::string, 3>, std::uint64_t> sums;
  std::map<std::array<std::string, 2>, std::uint64_t> pending;
  std::map<std::string, actors::histogram_snapshot> times;
  for (const auto& flow : traffic) {
    const auto& c = flow->counts();
    const std::string kind{word_for(flow->what().kind, traffic_kind_words)};
    const auto add = [&](std::string_view result, const std::atomic<std::uint64_t>& value) {
      sums[{kind, flow->target().product, std::string{result}}] +=
          value.load(std::memory_order_relaxed);
    };
    add("answered", c.answered);
    add("timed_out", c.timed_out);
    add("refused", c.refused);
    add("offline", c.offline);
    add("skipped", c.skipped);
    pending[{kind, flow->target().product}] += flow->pending();
    if (flow->is_answered()) {
      flow->answer_times().read(times[kind]);
    }
  }
  for (const auto& [of, value] : sums) {
    put(out, family::cloud_traffic, value,
        {{"kind", of[0]}, {"product", of[1]}, {"result", of[2]}});
  }
  for (const auto& [of, value] : pending) {
    put(out, family::cloud_pending, value, {{"kind", of[0]}, {"product", of[1]}});
  }
  for (const auto& [kind, all] : times) {
    put(out, family::cloud_call_duration, all, {{"kind", kind}});
  }
}

/// Those of updates come with the first product that has firmware.
void sample_update_times(std::vector<metrics::sample>& out, const report::firmware_fact& firmware) {
  if (firmware.any()) {
    put(out, family::download_duration, firmware.download_time);
    put(out, family::update_duration, firmware.update_time);
  }
}

} // namespace

void sample_process(std::vector<metrics::sample>& out) {
  const auto held = holdings();
  put(out, family::build_info, std::uint64_t{1}, {{"version", std::string{version}}});
  put(out, family::process_cpu, cpu_seconds());
  put(out, family::process_resident, resident_bytes());
  put(out, family::process_virtual, held.virtual_bytes);
  put(out, family::process_open_fds, held.descriptors);
  put(out, family::process_max_fds, held.descriptors_max);
  put(out, family::process_start, held.began_s);
}

std::vector<metrics::sample> read_samples(const sampled_run& run) {
  std::vector<metrics::sample> out;
  const report::totals t = report::read_totals(run.shards);
  sample_run(out, run);
  for (std::size_t i = 0; i < run.products.size(); ++i) {
    const sampled_product& product = run.products[i];
    put(out, family::product_info, std::uint64_t{1},
        {{"product", product.name},
         {"profile", product.profile},
         {"protocol", product.protocol},
         {"security", product.security}});
    const report::totals counts = report::read_totals(run.shards, i);
    sample_product(out, counts, product.name);
    if (product.protocol == "coap") {
      sample_radios(out, counts, product.name);
    }
    sample_firmware(out, run.shards, i, product.name);
  }
  sample_totals(out, t);
  put(out, family::backoff_wait, report::read_waits(run.shards));
  sample_latencies(out, run);
  sample_ledger(out, t, run.far);
  sample_homes(out, run);
  sample_traffic(out, run.traffic);
  sample_rollouts(out, run.rollouts);
  sample_faults(out, run.faults);
  sample_recovery(out, run);
  put(out, family::fault_reboots, fault_reboots(run.shards));
  sample_update_times(out, report::read_firmware(run.shards));
  run.far.sample(out);
  sample_process(out);
  const std::uint64_t now = resident_bytes();
  if (t.started != 0 && now > run.rss_start_bytes && run.rss_start_bytes != 0) {
    put(out, family::memory_per_device,
        static_cast<double>(now - run.rss_start_bytes) / static_cast<double>(t.started));
  }
  return out;
}

} // namespace fleet::program
