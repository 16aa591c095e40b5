// From meters to samples.
#include "fleet/run/metrics_source.hpp"

#include <array>
#include <map>
#include <memory>
#include <string>

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
  put(out, family::messages_resent, t.resent, {of});
  for (std::size_t i = 0; i < actors::skip_count; ++i) {
    put(out, family::messages_skipped, t.skipped[i],
        {{"reason", std::string{actors::to_string(static_cast<actors::skip>(i))}}, of});
  }
  for (std::size_t i = 0; i < report::dialect_counts.size(); ++i) {
    put(out, family::dialect, t.dialect[i],
        {{"what", std::string{report::dialect_counts[i].name}}, of});
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
  for (const auto& [step, count] :
       {std::pair{"offered", f.offers}, std::pair{"download_begun", f.fetches},
        std::pair{"verified", f.staged}, std::pair{"rebooted", f.reboots},
        std::pair{"power_lost", f.power_losses}}) {
    put(out, family::update_steps, count, {{"step", step}, of});
  }
  put(out, family::update_bytes, f.octets, {of});
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
    put(out, family::fault_devices, std::uint64_t{row.figures.hit}, with);
    put(out, family::fault_strikes, row.figures.strikes, with);
  }
}

void sample_totals(std::vector<metrics::sample>& out, const report::totals& t) {
  for (std::size_t i = 0; i < actors::outcome_count; ++i) {
    put(out, family::connects, t.outcomes[i],
        {{"outcome", std::string{actors::to_string(static_cast<actors::outcome>(i))}}});
  }
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

void sample_homes(std::vector<metrics::sample>& out, const std::vector<actors::shard*>& shards) {
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto& m = shards[i]->home.meters();
    const metrics::labels with{{"home", std::to_string(i)}};
    put(out, family::streams, m.streams_open.load(std::memory_order_relaxed), with);
    put(out, family::turns, m.turns.load(std::memory_order_relaxed), with);
    put(out, family::wakes, m.wakes.load(std::memory_order_relaxed), with);
    put(out, family::wake_lag,
        static_cast<double>(m.wake_lag_ns.load(std::memory_order_relaxed)) * 1e-9, with);
    put(out, family::connects_waiting, m.connects_waiting.load(std::memory_order_relaxed), with);
  }
}

void sample_traffic(std::vector<metrics::sample>& out,
                    const std::vector<std::unique_ptr<traffic_flow>>& traffic) {
  // Entries of one kind and product are one series.
  std::map<std::array<std::string, 3>, std::uint64_t> sums;
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
  }
  for (const auto& [of, value] : sums) {
    put(out, family::cloud_traffic, value,
        {{"kind", of[0]}, {"product", of[1]}, {"result", of[2]}});
  }
}

} // namespace

void sample_process(std::vector<metrics::sample>& out) {
  put(out, family::process_resident, resident_bytes());
  put(out, family::process_cpu, cpu_seconds());
}

std::vector<metrics::sample> read_samples(const sampled_run& run) {
  std::vector<metrics::sample> out;
  const report::totals t = report::read_totals(run.shards);
  put(out, family::devices_requested, run.requested);
  for (std::size_t i = 0; i < run.products.size(); ++i) {
    const sampled_product& product = run.products[i];
    put(out, family::product_info, std::uint64_t{1},
        {{"product", product.name},
         {"profile", product.profile},
         {"protocol", product.protocol},
         {"security", product.security}});
    sample_product(out, report::read_totals(run.shards, i), product.name);
    sample_firmware(out, run.shards, i, product.name);
  }
  sample_totals(out, t);
  const auto add_latency = [&](family f, actors::latency l) {
    auto all =
        std::make_shared<const actors::histogram_snapshot>(report::read_latency(run.shards, l));
    out.push_back({f, {}, 0, std::move(all)});
  };
  add_latency(family::connect_duration, actors::latency::connect);
  add_latency(family::publish_ack_duration, actors::latency::publish_ack);
  add_latency(family::publish_reply_duration, actors::latency::publish_reply);
  sample_homes(out, run.shards);
  sample_traffic(out, run.traffic);
  sample_rollouts(out, run.rollouts);
  sample_faults(out, run.faults);
  if (const auto firmware = report::read_firmware(run.shards); firmware.any()) {
    const auto add_times = [&](family f, const actors::histogram_snapshot& times) {
      out.push_back({f, {}, 0, std::make_shared<const actors::histogram_snapshot>(times)});
    };
    add_times(family::download_duration, firmware.download_time);
    add_times(family::update_duration, firmware.update_time);
  }
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
