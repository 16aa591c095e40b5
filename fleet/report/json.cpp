// The run's facts as JSON: nlohmann/json's door. The names are an interface (design §12).
#include <nlohmann/json.hpp>

#include "fleet/report/facts.hpp"
#include "fleet/report/figures.hpp"
#include "protocol/base/check.hpp"

namespace fleet::report {

namespace {

using json = nlohmann::ordered_json;

/// null for what nobody can tell: a 0 there would be a lie.
json of(const ledger::totals& l, ledger_direction d, bool known) {
  json out = json::object();
  for (const auto& f : ledger_figures) {
    out[std::string{f.key}] = known || own(f, d) ? json(l.*f.value) : json(nullptr);
  }
  return out;
}

std::string_view word_of(ledger_reach r) noexcept {
  switch (r) {
    case ledger_reach::both_sides: return "both_sides";
    case ledger_reach::some: return "some_products";
    case ledger_reach::downlink: return "downlink";
    case ledger_reach::devices_side: return "devices_side";
  }
  FLEET_CHECK(false);
}

json of(const actors::histogram_snapshot& h) {
  return {{"count", h.count},        {"p50", h.quantile(0.5)},    {"p90", h.quantile(0.9)},
          {"p99", h.quantile(0.99)}, {"p999", h.quantile(0.999)}, {"max", h.max_seconds()}};
}

json ledger_of(const run_facts& f) {
  ledger::totals both = f.uplink;
  both += f.downlink;
  json out = json::object();
  for (const auto& figure : ledger_figures) {
    // Each direction lacks some figure of its own, so that no sum is whole without the far side.
    out[std::string{figure.key}] = f.uplink_known ? json(both.*figure.value) : json(nullptr);
  }
  out["known"] = f.ledger_known;
  out["judged"] = word_of(reach_of(f));
  out["unkept"] = f.unkept;
  out["over_bound"] = f.over_bound;
  out["uplink"] = of(f.uplink, ledger_direction::uplink, f.uplink_known);
  out["downlink"] = of(f.downlink, ledger_direction::downlink, f.ledger_known);
  return out;
}

json devices_of(const run_facts& f) {
  json phases = json::object();
  for (std::size_t i = 0; i < actors::phase_count; ++i) {
    phases[std::string{actors::to_string(static_cast<actors::phase>(i))}] = f.counts.in_phase[i];
  }
  return {{"requested", f.requested},
          {"connections", f.connections},
          {"expected_end", f.expected_end},
          {"started", f.counts.started},
          {"online_max", f.online_max},
          {"online_end", f.online_end},
          {"restarts", f.counts.restarts},
          {"abandoned", f.counts.abandoned},
          {"reconnects", f.counts.reconnects},
          {"disconnects_unplanned", f.counts.disconnects_unplanned},
          {"by_phase_at_exit", phases}};
}

json messages_of(const totals& t) {
  json out = {
      {"published", {{"qos0", t.published[0]}, {"qos1", t.published[1]}, {"qos2", t.published[2]}}},
      {"received", {{"qos0", t.received[0]}, {"qos1", t.received[1]}, {"qos2", t.received[2]}}},
      {"acknowledged", t.acknowledged},
      {"resent", t.resent},
      {"replies", t.replies},
      {"replies_bad", t.replies_bad},
      {"commands", t.commands}};
  for (std::size_t i = 0; i < actors::skip_count; ++i) {
    out["skipped_" + std::string{actors::to_string(static_cast<actors::skip>(i))}] = t.skipped[i];
  }
  out["late_sends"] = t.late_sends;
  out["oversized"] = t.oversized;
  out["subscribe_refused"] = t.subscribe_refused;
  return out;
}

/// Null where no device has a radio that could sleep.
json radio_of(const totals& t) {
  const auto [on_us, asleep_us] = t.radio_us;
  if (on_us + asleep_us == 0) {
    return nullptr;
  }
  return {{"on_s", static_cast<double>(on_us) * 1e-6},
          {"asleep_s", static_cast<double>(asleep_us) * 1e-6}};
}

json dialect_of(const totals& t) {
  json out = json::object();
  for (std::size_t i = 0; i < dialect_counts.size(); ++i) {
    out[std::string{dialect_counts[i].name}] = t.dialect[i];
  }
  return out;
}

/// What each handler of a scheduled topic got.
json topics_of(const product_fact& p) {
  json out = json::array();
  for (std::size_t i = 0; i < p.topics.size(); ++i) {
    out.push_back({{"filter", p.topics[i]}, {"messages", p.counts.by_topic[i]}});
  }
  return out;
}

json of(const product_fact& p) {
  return {{"name", p.name},
          {"profile", p.profile},
          {"protocol", p.protocol},
          {"product_key", p.product_key},
          {"devices", p.devices},
          {"behind_gateway", p.behind_gateway},
          {"online_max", p.online_max},
          {"online_end", p.online_end},
          {"expected_end", p.expected_end},
          {"published", p.counts.published_all()},
          {"acknowledged", p.counts.acknowledged},
          {"commands", p.counts.commands},
          {"dialect", dialect_of(p.counts)},
          {"topics", topics_of(p)},
          {"radio", radio_of(p.counts)},
          {"reconnects", p.counts.reconnects},
          {"restarts", p.counts.restarts},
          {"lost", p.uplink_known() ? json(p.uplink.lost + p.downlink.lost) : json(nullptr)},
          {"ledger",
           {{"known", p.ledger_known},
            {"uplink", of(p.uplink, ledger_direction::uplink, p.uplink_known())},
            {"downlink", of(p.downlink, ledger_direction::downlink, p.ledger_known)}}}};
}

json of(const traffic_fact& t) {
  return {{"kind", t.kind},
          {"product", t.product},
          {"rate", t.rate},
          {"attempted", t.attempted},
          {"answered", t.answered},
          {"timed_out", t.timed_out},
          {"refused", t.refused},
          {"offline", t.offline},
          {"skipped", t.skipped},
          {"unanswered", t.unanswered},
          {"not_subscribed", t.not_subscribed},
          {"busy", t.busy},
          {"unknown", t.unknown},
          {"absent", t.absent},
          {"may_fail", t.may_fail}};
}

json of(const rollout_fact& r) {
  using cloud::rollout_state;
  json out = {{"name", r.name},
              {"product", r.product},
              {"version", r.version},
              {"state", r.began ? r.state : "not_begun"},
              {"why", r.began && !r.why.empty() ? r.why : r.trouble},
              {"wave", r.wave + 1},
              {"waves", r.waves},
              {"devices", r.devices},
              {"already", r.already}};
  for (std::size_t i = 0; i < r.by_state.size(); ++i) {
    out[std::string{cloud::to_string(static_cast<rollout_state>(i))}] = r.by_state[i];
  }
  out["attempts_failed"] = r.attempts_failed;
  out["attempts_succeeded"] = r.attempts_succeeded;
  json causes = json::object();
  for (std::size_t i = 1; i < r.causes.size(); ++i) {
    causes[std::string{cloud::to_string(static_cast<cloud::rollout_cause>(i))}] = r.causes[i];
  }
  out["causes"] = causes;
  json steps = json::object();
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    steps["-" + std::to_string(i + 1)] = r.steps[i];
  }
  out["steps"] = steps;
  out["image_bytes"] = r.image_bytes;
  out["downloads"] = r.downloads;
  out["bytes_sent"] = r.octets_sent;
  out["took_s"] = r.took_s ? json(*r.took_s) : json(nullptr);
  out["may_fail"] = r.may_fail;
  return out;
}

json of(const firmware_fact& d) {
  json results = json::object();
  for (std::size_t i = 0; i < d.results.size(); ++i) {
    results[std::string{actors::to_string(static_cast<actors::update_result>(i))}] = d.results[i];
  }
  return {{"offers", d.offers},
          {"offers_ignored", d.offers_ignored},
          {"offers_bad", d.offers_bad},
          {"downloads", d.fetches},
          {"bytes", d.octets},
          {"verified", d.staged},
          {"reboots", d.reboots},
          {"power_losses", d.power_losses},
          {"dead_boards", d.dead},
          {"results", results},
          {"download_time", of(d.download_time)},
          {"update_time", of(d.update_time)}};
}

json optional_of(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
}

json of(const judging::backoff_finding& b) {
  return {{"kept", b.kept()},
          {"attempts", b.attempts},
          {"attempts_peak_per_s", b.attempts_peak_per_s},
          {"allowed_per_s", b.allowed_per_s},
          {"excess_per_s", b.excess_per_s},
          {"spread", b.spread},
          {"waits", b.waits},
          {"shortest_s", b.shortest_s},
          {"longest_s", b.longest_s},
          {"distinct", b.distinct},
          {"capped", b.capped},
          {"spaced", b.spaced},
          {"jittered", b.jittered}};
}

json of(const judging::fault_finding& f) {
  return {{"name", f.name},
          {"effect", f.effect},
          {"at_s", f.at_s},
          {"ended_s", optional_of(f.ended_s)},
          {"selected", f.selected},
          {"hit", f.hit},
          {"strikes", f.strikes},
          {"recovered_s", optional_of(f.recovered_s)},
          {"whole_for_s", optional_of(f.whole_for_s)},
          {"followed_by", f.followed_by.empty() ? json(nullptr) : json(f.followed_by)},
          {"reconnect_peak_per_s", f.reconnect_peak_per_s},
          {"links_lost", f.links_lost},
          {"delayed", f.delayed},
          {"delayed_after_s", f.delayed_after_s},
          {"repeated", f.repeated},
          {"backoff", of(f.backoff)}};
}

json of(const judging::verdict& v) {
  return {{"text", v.text},
          {"ok", v.ok},
          {"actual", optional_of(v.actual)},
          {"decided_at_s", v.decided_at_s},
          {"line", v.line}};
}

json of(const judging::growth_finding& g) {
  return {{"name", g.name},     {"judged", g.judged},      {"grew", g.grew},
          {"median", g.median}, {"last", g.last},          {"per_hour", g.per_hour},
          {"growth", g.growth}, {"growth_limit", g.limit}, {"process", g.process}};
}

json of(const judging::slow_spell& s) {
  return {{"from_s", s.from_s},         {"to_s", s.to_s},
          {"affected", s.affected},     {"skipped", s.skipped},
          {"unanswered", s.unanswered}, {"usual_s", s.usual_s},
          {"above_s", s.above_s},       {"slowest_s", s.slowest_s},
          {"faulted", s.faulted}};
}

json of(const environment_facts& e) {
  return {{"version", e.version}, {"build", e.build},
          {"system", e.system},   {"processor", e.processor},
          {"cores", e.cores},     {"memory_bytes", e.memory_bytes},
          {"homes", e.homes},     {"embedded_twin", e.embedded},
          {"began", e.began}};
}

json of(const stage_fact& s) {
  return {{"stage", s.stage},
          {"kind", s.kind},
          {"at_s", s.at_s},
          {"ended_s", s.ended_s},
          {"devices", s.devices}};
}

json of(const invariant_fact& i) {
  return {
      {"name", i.name}, {"judged", i.judged}, {"ok", i.failures.empty()}, {"failures", i.failures}};
}

json of(const limit_fact& l) {
  return {{"who", to_string(l.who)}, {"text", l.text}, {"evidence", l.evidence}};
}

template <class T>
json list_of(const std::vector<T>& all) {
  json out = json::array();
  for (const auto& one : all) {
    out.push_back(of(one));
  }
  return out;
}

json of(const judging::soak_finding& s) {
  return {
      {"passed", s.passed()},     {"too_short", s.too_short}, {"steady_from_s", s.steady_from_s},
      {"steady_s", s.steady_s},   {"samples", s.samples},     {"devices", s.devices},
      {"watched", list_of(s.all)}};
}

/// What may be long stands on one line each, or files would be mostly line breaks.
std::string with_lines(std::string object, const run_facts& f) {
  object.pop_back(); // the closing brace, which stands alone
  object.pop_back();
  std::string histograms;
  for (std::size_t i = 0; i < actors::latency_count; ++i) {
    histograms += histograms.empty() ? "" : ",";
    histograms += '"';
    histograms += actors::to_string(static_cast<actors::latency>(i));
    histograms += "\":" + histogram_json(f.latencies[i]);
  }
  return object + ",\n  \"histograms\": {" + histograms
         + "},\n  \"series\": " + series_json(f.course.series) + "\n}\n";
}

} // namespace

std::string to_json(const run_facts& f) {
  json out;
  out["run"] = {{"seed", f.seed},     {"scenario", f.scenario},       {"world", f.world},
                {"target", f.target}, {"profile", f.profile},         {"duration_s", f.duration_s},
                {"wall_s", f.wall_s}, {"interrupted", f.interrupted}, {"command", f.command}};
  out["verdict"] = f.passed() ? "passed" : "failed";
  out["failures"] = f.failures;
  out["limit"] = of(f.course.limit);
  out["invariants"] = list_of(f.course.invariants);
  out["environment"] = of(f.course.environment);
  out["stages"] = list_of(f.course.stages);
  out["devices"] = devices_of(f);
  out["products"] = list_of(f.products);
  out["cloud_traffic"] = list_of(f.traffic);
  out["rollouts"] = list_of(f.rollouts);
  out["firmware"] = of(f.firmware);
  out["messages"] = messages_of(f.counts);
  out["radio"] = radio_of(f.counts);
  out["dialect"] = dialect_of(f.counts);
  out["shadows_waiting"] = f.shadows_waiting ? json(*f.shadows_waiting) : json(nullptr);
  out["bytes"] = {{"sent", f.counts.bytes_sent}, {"received", f.counts.bytes_received}};
  out["ledger"] = ledger_of(f);
  json latency = json::object();
  for (std::size_t i = 0; i < actors::latency_count; ++i) {
    latency[std::string{actors::to_string(static_cast<actors::latency>(i))}] = of(f.latencies[i]);
  }
  out["latency"] = latency;
  json outcomes = json::object();
  for (std::size_t i = 0; i < actors::outcome_count; ++i) {
    outcomes[std::string{actors::to_string(static_cast<actors::outcome>(i))}] =
        f.counts.outcomes[i];
  }
  out["connects"] = outcomes;
  json troubles = json::array();
  for (const auto& t : f.troubles) {
    troubles.push_back({{"reason", t.reason},
                        {"count", t.count},
                        {"example_device", t.example_device},
                        {"example_detail", t.example_detail}});
  }
  out["troubles"] = troubles;
  json crashes = json::array();
  for (const auto& c : f.crashes) {
    crashes.push_back({{"device", c.device}, {"what", c.what}, {"last_events", c.last_events}});
  }
  out["crashes"] = crashes;
  if (f.digest) {
    out["digest"] = *f.digest;
  }
  out["faults"] = list_of(f.judged.faults);
  out["slow_spells"] = list_of(f.judged.spells);
  out["expectations"] = list_of(f.judged.expectations);
  out["stopped_early"] =
      f.judged.stopped_early.empty() ? json(nullptr) : json(f.judged.stopped_early);
  if (f.judged.soak) {
    out["soak"] = of(*f.judged.soak);
  }
  out["process"] = {{"cpu_s", f.process.cpu_s},
                    {"cpu_s_per_device", f.process.cpu_s_per_device(f.requested)},
                    {"rss_start_bytes", f.process.rss_start_bytes},
                    {"rss_steady_bytes", f.process.rss_steady_bytes},
                    {"rss_max_bytes", f.process.rss_max_bytes},
                    {"user_bytes_per_device", f.process.user_bytes_per_device(f.requested)}};
  return with_lines(out.dump(2, ' ', false, json::error_handler_t::replace), f);
}

} // namespace fleet::report
