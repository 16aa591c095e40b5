// The page's own words, its sections, and what each label may say.
#include "fleet/metrics/reference.hpp"

#include <array>
#include <functional>
#include <string_view>
#include <vector>

#include "actors/device/meters.hpp"
#include "cloud_sim/firmware_operations.hpp"
#include "fleet/metrics/families.hpp"
#include "fleet/metrics/label_words.hpp"
#include "fleet/metrics/native_counts.hpp"
#include "fleet/report/dialect.hpp"
#include "fleet/scenario/words.hpp"
#include "protocol/faults/effect.hpp"

namespace fleet::metrics {

namespace {

constexpr std::string_view opening =
    "# Metrics\n"
    "\n"
    "Printed by `fleet help metrics` from the table that /metrics is made from; a test holds this "
    "page to it.\n"
    "`fleet run` serves it at http://127.0.0.1:9464/metrics (`--metrics ADDR:PORT`, `off` for "
    "none; off with `--virtual`),\n"
    "`fleet cloud serve` where `--metrics` says, with the sections on the twin and the process and "
    "the latency of its\n"
    "commands. Meters are read when somebody asks; between two scrapes each home has ten short "
    "turns a second more, for\n"
    "its loop lag, and that is all.\n"
    "\n"
    "No label names a device, so that the number of series depends on the scenario and never on "
    "the size of the fleet.\n"
    "Latencies count from the moment a message was due, not from when a slow generator came round "
    "to it. A histogram\n"
    "`X` has the series `X_bucket` (label `le`, 0.5 ms to 60 s), `X_sum` and `X_count`; share and "
    "rate are for the reader\n"
    "to ask:\n"
    "\n"
    "```\n"
    "histogram_quantile(0.99, sum by (le) (rate(fleet_publish_ack_duration_seconds_bucket[1m])))\n"
    "sum by (protocol) (rate(fleet_messages_published_total[1m])\n"
    "  * on (product, instance) group_left (protocol) fleet_product_info)\n"
    "```\n"
    "\n"
    "Of downlinks a twin alone knows when they were due. It times its commands of QoS 1 and 2 by "
    "its own clock, from then to\n"
    "the acknowledgement; behind another target nobody does. What is never acknowledged, or was "
    "sent by a twin that died\n"
    "before, has no time.\n"
    "\n"
    "`dashboards/` has panels and alerts for all of this.\n";

template <std::size_t N, class Enum>
std::string enumerated() {
  std::string out;
  for (std::size_t i = 0; i < N; ++i) {
    out += (i == 0 ? "`" : ", `") + std::string{to_string(static_cast<Enum>(i))} + "`";
  }
  return out;
}

template <class Words, class Word>
std::string listed(const Words& words, Word word) {
  std::string out;
  for (const auto& each : words) {
    out += (out.empty() ? "`" : ", `") + std::string{word(each)} + "`";
  }
  return out;
}

template <class Words>
std::string listed(const Words& words) {
  return listed(words, [](std::string_view w) { return w; });
}

std::string effects() {
  return listed(faults::effects(), [](const auto& info) { return info.word; });
}

std::string kinds() {
  return listed(program::traffic_kind_words, [](const auto& pair) { return pair.first; });
}

/// What has no metric of its own.
std::string dialect() {
  std::vector<std::string_view> out;
  for (const auto& d : report::dialect_counts) {
    if (!native_family(d.from)) {
      out.push_back(d.name);
    }
  }
  return listed(out);
}

struct label_facts {
  std::string_view name;
  std::function<std::string()> values;
};

std::function<std::string()> says(std::string_view text) {
  return [text] { return std::string{text}; };
}

/// By name.
std::array<label_facts, 26> labels() {
  using namespace actors;
  return {{
      {"code", says("CONNACK's: `0` accepted to `5` not authorized")},
      {"direction", says("of messages `uplink`, `downlink`; of datagrams `sent`, `received`")},
      {"effect", [] { return "of faults: " + effects(); }},
      {"fault", says("the name of a planned fault, or of one that was added and is not over")},
      {"home", says("`0` and up for those of the devices, `twin` for the embedded twin's")},
      {"kind", [] { return "of cloud traffic: " + kinds(); }},
      {"outcome", enumerated<outcome_count, outcome>},
      {"phase", enumerated<phase_count, phase>},
      {"product", says("a product of the scenario, by its name")},
      {"profile", says("`linkdevelop`, `linkplatform`, `mqtt`")},
      {"protocol", says("`mqtt`, `coap`, `http`")},
      {"qos", says("`0`, `1`, `2`")},
      {"reason",
       [] {
         return "of skipped reports " + enumerated<skip_count, skip>() + "; of ends of connections "
                + listed(end_reason_words) + "; of the twin's drops `queue`, `away`, `slow`";
       }},
      {"result",
       [] {
         return "of updates " + enumerated<update_result_count, update_result>()
                + "; of replies `ok`, `error`; of cloud traffic `answered`, `timed_out`, "
                  "`refused`, `offline`, `skipped`; elsewhere as the metric's text has them";
       }},
      {"rollout", says("a rollout of the scenario, by its name")},
      {"scenario", says("the scenario's name, empty without one")},
      {"security", says("`plain`, `tls`, `id2`, `id2-tls`, `itls`, `dtls`, `psk`, `aes`")},
      {"seed", says("the run's, as a number")},
      {"stage", says("`ramp 1/3`, `hold 1/3` of a scenario, `ramp`, `steady` without one; then "
                     "`draining`, `stopping`")},
      {"state",
       [] {
         return "of updates " + enumerated<update_state_count, update_state>() + "; of rollouts "
                + enumerated<cloud::rollout_state_count, cloud::rollout_state>() + "; of radios "
                + enumerated<radio_count, radio>() + "; of workers " + listed(worker_state_words);
       }},
      {"step", [] { return listed(update_step_words); }},
      {"target", says("what the devices speak to, as the first line of the run has it")},
      {"version", says("as `fleet version` prints it")},
      {"way", says("`coap`, `dtls`")},
      {"what",
       [] {
         return "of the dialect " + dialect() + "; over bounds `publish`, `downlink`, `connect`";
       }},
      {"world", says("`real`, `virtual`")},
  }};
}

std::string code_words(std::string_view text) {
  return text.empty() ? std::string{} : "`" + std::string{text} + "`";
}

std::string row(const family_facts& f) {
  std::string labels;
  for (const auto label : labels_of(f)) {
    labels += (labels.empty() ? "" : ", ") + code_words(label);
  }
  return "| " + code_words(f.name) + " | " + std::string{to_string(f.type)} + " | "
         + std::string{f.unit} + " | " + labels + " | " + std::string{f.help} + " |\n";
}

} // namespace

std::string reference() {
  std::string out{opening};
  auto last = group::process; // none begins with it
  for (const auto& f : families()) {
    if (f.of != last) {
      out += "\n## " + std::string{to_string(f.of)}
             + "\n\n| metric | type | unit | labels | what it is |\n|---|---|---|---|---|\n";
      last = f.of;
    }
    out += row(f);
  }
  out += "\n## Labels\n\n| label | values |\n|---|---|\n";
  for (const auto& label : labels()) {
    out += "| " + code_words(label.name) + " | " + label.values() + " |\n";
  }
  return out;
}

} // namespace fleet::metrics
