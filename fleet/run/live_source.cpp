// One object, section by section.
#include "fleet/run/live_source.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "fleet/options.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/run/run_faults.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::program {

namespace {

void put(object_writer& to, std::string_view key, double value) {
  to.raw(key, fmt::format("{:.6g}", value));
}

void put(object_writer& to, std::string_view key, std::uint64_t value) {
  to.raw(key, std::to_string(value));
}

void put(object_writer& to, std::string_view key, const std::optional<std::uint64_t>& value) {
  to.raw(key, value ? std::to_string(*value) : "null");
}

/// An array of `items`, each written by `write` as an object.
template <class Items, class Write>
void put_list(object_writer& to, std::string_view key, const Items& items, Write write) {
  byte_buffer out;
  out.push('[');
  for (const auto& item : items) {
    if (out.size() > 1) {
      out.push(',');
    }
    object_writer one{out};
    write(one, item);
    one.end();
  }
  out.push(']');
  to.raw(key, as_text(out.view()));
}

void put_run(object_writer& to, const sampled_run& run, const run_state& now) {
  to.open("run");
  to.integer("pid", ::getpid());
  to.text("version", version);
  for (const auto& [name, value] : run.told->identity) {
    to.text(name, value);
  }
  to.text("stage", now.stage);
  put(to, "elapsed_s", now.elapsed_s);
  put(to, "duration_s", now.duration_s);
  put_list(to, "products", run.products, [](object_writer& one, const sampled_product& p) {
    one.text("name", p.name);
    one.text("profile", p.profile);
    one.text("protocol", p.protocol);
    one.text("security", p.security);
  });
  to.close();
}

void put_devices(object_writer& to, const sampled_run& run, const report::totals& t,
                 const run_state& now) {
  to.open("devices");
  put(to, "requested", run.requested);
  put(to, "wanted", now.wanted);
  put(to, "online", t.online());
  put(to, "sub_devices_online", t.sub_devices_online);
  to.open("phases");
  for (std::size_t i = 0; i < actors::phase_count; ++i) {
    put(to, actors::to_string(static_cast<actors::phase>(i)), t.in_phase[i]);
  }
  to.close();
  put(to, "reconnects", t.reconnects);
  put(to, "links_lost", t.disconnects_unplanned);
  put(to, "restarts", t.restarts);
  put(to, "powerless", t.off_by_fault);
  if (run.told->shadows_known.load(std::memory_order_relaxed)) {
    put(to, "shadows_waiting", run.told->shadows_waiting.load(std::memory_order_relaxed));
  }
  to.close();
}

void put_messages(object_writer& to, const report::totals& t) {
  to.open("messages");
  put(to, "published", t.published_all());
  put(to, "acknowledged", t.acknowledged);
  put(to, "in_flight", t.in_flight);
  put(to, "resent", t.resent);
  put(to, "received", t.received[0] + t.received[1] + t.received[2]);
  put(to, "commands", t.commands);
  put(to, "skipped", t.skipped_all());
  put(to, "late_sends", t.late_sends);
  put(to, "replies", t.replies);
  put(to, "replies_bad", t.replies_bad);
  to.close();
}

void put_rates(object_writer& to, const course_sums& sums) {
  to.open("rates");
  put(to, "over_s", sums.over_s);
  for (std::size_t i = 0; i < report::rise_count; ++i) {
    put(to, report::to_string(static_cast<report::rise>(i)),
        sums.over_s > 0 ? static_cast<double>(sums.rises[i]) / sums.over_s : 0.0);
  }
  to.close();
}

void put_latencies(object_writer& to, const sampled_run& run, const course_sums& sums) {
  constexpr std::array<std::pair<std::string_view, double>, 3> quantiles{
      {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}}};
  to.open("latency");
  for (std::size_t i = 0; i < actors::latency_count; ++i) {
    const auto which = static_cast<actors::latency>(i);
    const auto all = report::read_latency(run.shards, which);
    const auto& recent = sums.latencies[i];
    to.open(actors::to_string(which));
    put(to, "count", all.count);
    for (const auto& [name, q] : quantiles) {
      put(to, name, all.quantile(q));
    }
    put(to, "max", all.max_seconds());
    to.open("recent");
    put(to, "count", recent.count());
    for (const auto& [name, q] : quantiles) {
      put(to, name, recent.quantile(q).value_or(0));
    }
    // The end of the last bin: within the histogram's three per cent, and never above the run's.
    put(to, "max", std::min(recent.quantile(1).value_or(0), all.max_seconds()));
    to.close();
    to.close();
  }
  to.close();
}

void put_faults(object_writer& to, const sampled_run& run, const run_state& now) {
  to.raw("faults", fault_rows_json(run.faults.rows()));
  to.open("recovered");
  for (const auto& [fault, s] : now.recovered) {
    put(to, fault, s);
  }
  to.close();
}

void put_rollouts(object_writer& to, const sampled_run& run) {
  put_list(to, "rollouts", run.rollouts, [](object_writer& one, const auto& flow) {
    const auto& seen = flow->seen();
    one.text("name", flow->name());
    one.text("product", flow->product());
    one.raw("running", seen.running.load(std::memory_order_relaxed) ? "true" : "false");
    put(one, "devices", std::uint64_t{seen.devices.load(std::memory_order_relaxed)});
    one.open("states");
    for (std::size_t i = 0; i < cloud::rollout_state_count; ++i) {
      put(one, cloud::to_string(static_cast<cloud::rollout_state>(i)),
          std::uint64_t{seen.by_state[i].load(std::memory_order_relaxed)});
    }
    one.close();
  });
}

/// As far as both sides can tell while the run goes. `t` was read first, so that what the far side
/// has by now holds what the devices knew to be acknowledged then.
void put_ledger(object_writer& to, const sampled_run& run, const report::totals& t) {
  const auto far = run.far.ledger_now();
  const auto of = [&far](std::uint64_t far_ledger::*what) {
    return far ? std::optional{(*far).*what} : std::nullopt;
  };
  const auto arrived = of(&far_ledger::accepted);
  to.open("ledger");
  put(to, "attempted", t.published_all());
  put(to, "acknowledged", t.acknowledged);
  put(to, "arrived", arrived);
  put(to, "not_arrived",
      arrived ? std::optional{t.acknowledged - std::min(*arrived, t.acknowledged)} : std::nullopt);
  put(to, "corrupted", of(&far_ledger::corrupted));
  put(to, "commands", of(&far_ledger::commands));
  put(to, "commands_arrived", t.ledger_commands);
  put(to, "commands_corrupted", t.downlink_corrupted);
  to.close();
}

void put_homes(object_writer& to, const sampled_run& run) {
  const std::vector<home_pulse::watched> none;
  put_list(to, "homes", run.pulse != nullptr ? run.pulse->homes() : none,
           [](object_writer& one, const home_pulse::watched& each) {
             actors::histogram_snapshot lag;
             each.found->lag.read(lag);
             one.text("name", each.name);
             put(one, "lag_p50", lag.quantile(0.5));
             put(one, "lag_p99", lag.quantile(0.99));
             put(one, "lag_max", lag.max_seconds());
             put(one, "queued", each.found->queued.load(std::memory_order_relaxed));
             put(one, "timers", each.found->timers.load(std::memory_order_relaxed));
             put(one, "streams", each.home->meters().streams_open.load(std::memory_order_relaxed));
           });
}

void put_process(object_writer& to, const sampled_run& run, const report::totals& t,
                 const course_sums& sums) {
  const std::uint64_t resident = resident_bytes();
  to.open("process");
  put(to, "cores_busy", sums.cores);
  put(to, "cores", std::uint64_t{usable_cores()});
  put(to, "resident_bytes", resident);
  if (t.started != 0 && resident > run.rss_start_bytes && run.rss_start_bytes != 0) {
    put(to, "bytes_per_device", (resident - run.rss_start_bytes) / t.started);
  }
  to.close();
}

void put_troubles(object_writer& to, const report::totals& t, const course_sums& sums) {
  const auto all = mishaps_of(t);
  std::vector<std::size_t> there;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] != 0) {
      there.push_back(i);
    }
  }
  std::stable_sort(there.begin(), there.end(), [&](std::size_t a, std::size_t b) {
    return std::pair{sums.recent[a], all[a]} > std::pair{sums.recent[b], all[b]};
  });
  put_list(to, "troubles", there, [&](object_writer& one, std::size_t i) {
    one.text("what", mishap_name(i));
    put(one, "recent", sums.recent[i]);
    put(one, "all", all[i]);
  });
}

void put_limit(object_writer& to, const report::limit_fact& limit) {
  byte_buffer evidence;
  evidence.push('[');
  for (const auto& line : limit.evidence) {
    if (evidence.size() > 1) {
      evidence.push(',');
    }
    append_json_text(evidence, line);
  }
  evidence.push(']');
  to.open("limit");
  to.text("who", report::to_string(limit.who));
  to.raw("evidence", as_text(evidence.view()));
  to.close();
}

} // namespace

std::string live_figures(const sampled_run& run, bool takes_orders) {
  FLEET_CHECK(run.told != nullptr);
  const auto t = report::read_totals(run.shards);
  const auto now = run.told->board.read();
  report::limit_basis where;
  where.virtual_world = run.told->virtual_world;
  where.embedded = run.told->embedded;
  where.cores = usable_cores();
  const auto sums = run.told->course.sums(where);
  byte_buffer out;
  object_writer to{out};
  to.raw("ready", "true");
  to.raw("orders", takes_orders ? "true" : "false");
  put_run(to, run, now);
  put_devices(to, run, t, now);
  put_rates(to, sums);
  put_messages(to, t);
  put_latencies(to, run, sums);
  put_faults(to, run, now);
  put_rollouts(to, run);
  put_ledger(to, run, t);
  put_limit(to, sums.limit);
  put_homes(to, run);
  put_process(to, run, t, sums);
  put(to, "troubles_over_s", sums.minute_s);
  put_troubles(to, t, sums);
  put_list(to, "news", sums.news, [](object_writer& one, const news_line& line) {
    put(one, "at_s", line.at_s);
    one.text("text", line.text);
  });
  return std::string{as_text(out.view())};
}

std::string live_source::read(std::uint64_t from, double now_s) {
  const auto run = run_();
  if (!run) {
    return "{\"ready\":false}\n";
  }
  if (figures_.empty() || now_s - read_s_ >= good_for_s) {
    figures_ = live_figures(*run, takes_orders_);
    read_s_ = now_s;
  }
  const auto rows = run->told->course.rows_from(from);
  std::string columns;
  for (const auto& column : report::series_columns()) {
    columns += (columns.empty() ? "\"" : ",\"") + column.name + "\"";
  }
  return fmt::format("{},\"series\":{{\"first\":{},\"next\":{},\"begin_s\":{:.1f},"
                     "\"columns\":[{}],\"rows\":[{}]}}}}\n",
                     figures_, rows.first, rows.next, rows.begin_s, columns, rows.rows);
}

} // namespace fleet::program
