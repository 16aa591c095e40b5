// The keys of the file itself and of the cloud's traffic, and the table of all.
#include <algorithm>

#include "fleet/scenario/nested_keys.hpp"
#include "fleet/scenario/sections.hpp"
#include "fleet/scenario/words.hpp"
#include "protocol/alink/template.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr duration year = 24h * 365;
constexpr std::size_t name_octets_most = 100;

bool letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// 1 to 64 letters, digits and characters of `besides`.
bool plain_word(std::string_view word, std::string_view besides) {
  return !word.empty() && word.size() <= identifier_octets_most
         && std::all_of(word.begin(), word.end(), [besides](char c) {
              return letter_or_digit(c) || besides.find(c) != std::string_view::npos;
            });
}

key_of<scenario> scenario_name_key() {
  auto info =
      info_of({"name", "What reports call the run.", "smart home", "the file's name"}, "text");
  info.range = "1 to 100 octets in one line";
  return text_key(std::move(info), &scenario::name,
                  [](std::string_view word) -> std::optional<std::string> {
                    if (word.empty() || word.size() > name_octets_most
                        || word.find('\n') != std::string_view::npos) {
                      return "is not a name; it takes 1 to 100 octets in one line";
                    }
                    return std::nullopt;
                  });
}

key_of<scenario> seed_key() {
  auto info = info_of({"seed", "Decides everything random, as the flag --seed.", "7",
                       "picked, and printed at the start"},
                      "number");
  info.range = "0 to 18446744073709551615, or hexadecimal after 0x";
  return value_key<scenario>(std::move(info), [](reading&, std::string_view word, scenario& out) {
    return set_seed(out.seed)(word);
  });
}

std::vector<key_of<cloud_traffic>> traffic_target_keys() {
  auto product =
      info_of({"product", "Whose devices it goes to.", "led", "the only product"}, "text");
  product.range = "the name of a product";
  auto identifiers = info_of({"identifiers",
                              "Which properties or attributes; for property_set, property_get, "
                              "shadow_desired and desired_set.",
                              "[power, colour]", "all that the kind can act upon"},
                             "list of words");
  identifiers.range = "1 to 64 of letters, digits, _ and : each; 0 to 200 items";
  auto service = info_of(
      {"service", "Which service is invoked; kind service needs it.", "reset", "none"}, "text");
  service.range = "1 to 64 of letters, digits, _ and :";
  return {
      word_key({"kind", "What the cloud does.", "rrpc"}, &cloud_traffic::kind, traffic_kind_words),
      text_key(std::move(product), &cloud_traffic::product, check_name),
      words_key(std::move(identifiers), &cloud_traffic::identifiers, identifiers_most,
                check_identifier),
      text_key(std::move(service), &cloud_traffic::service, check_identifier)};
}

std::vector<key_of<cloud_traffic>> traffic_text_keys() {
  auto topic = info_of({"topic",
                        "Where a broadcast or custom message goes: what follows /broadcast/PK/ or "
                        "/PK/DN/, or the whole topic with profile mqtt. Kind custom needs it with "
                        "profile linkdevelop and with a model.",
                        "user/get",
                        "notice; data with profile linkplatform; fleet/{device}/down with profile "
                        "mqtt"},
                       "template");
  topic.range = "text with {device}, {index}, {seq}, {timestamp}, {random LOW..HIGH}…";
  auto payload = info_of({"payload", "What is sent; not with property_get and disable.",
                          "'{{\"power\":1}}'", "made from the model"},
                         "template");
  payload.range = topic.range;
  return {
      text_key(std::move(topic), &cloud_traffic::topic, template_check(ledger_word::refused)),
      rate_key({"rate",
                "How often, over the whole fleet; each goes to one device in turn, broadcasts and "
                "configurations to all.",
                "50/s",
                {},
                "messages a second"},
               &cloud_traffic::rate, 0.001, 100'000),
      text_key(std::move(payload), &cloud_traffic::payload, template_check(ledger_word::allowed)),
      switch_key({"may_fail",
                  "Whether the run passes although some are refused, time out or stay unanswered, "
                  "as where devices are stopped meanwhile.",
                  "on"},
                 &cloud_traffic::may_fail)};
}

} // namespace

std::optional<std::string> check_name(std::string_view word) {
  if (plain_word(word, "_-.")) {
    return std::nullopt;
  }
  return "is not a name; it takes 1 to 64 letters, digits, _, - and .";
}

std::optional<std::string> check_identifier(std::string_view word) {
  if (plain_word(word, "_:")) {
    return std::nullopt;
  }
  return "is not an identifier; it takes 1 to 64 letters, digits, _ and :";
}

text_check template_check(ledger_word ledger, column_word columns) {
  return [ledger, columns](std::string_view word) -> std::optional<std::string> {
    if (word.empty()) {
      return "must not be empty";
    }
    const auto compiled = alink::payload_template::compile(word);
    if (!compiled) {
      return "has a mistake at its column " + std::to_string(compiled.error().column) + ": "
             + compiled.error().message;
    }
    if (ledger == ledger_word::refused && compiled.value().has_ledger()) {
      return "must not hold {ledger}, which belongs into payload";
    }
    if (columns == column_word::refused && compiled.value().has_columns()) {
      return "must not hold {column}, which belongs into the payload of a report with replay";
    }
    return std::nullopt;
  };
}

const section_of<cloud_traffic>& traffic_section() {
  static const section_of<cloud_traffic> section = [] {
    section_of<cloud_traffic> made{"cloud_traffic[]", "cloud traffic", traffic_target_keys()};
    for (auto& key : traffic_text_keys()) {
      made.keys.push_back(std::move(key));
    }
    return made;
  }();
  return section;
}

const section_of<scenario>& file_section() {
  static const section_of<scenario> section{
      "",
      "a scenario",
      {scenario_name_key(), seed_key(),
       duration_key({"duration", "How long the run lasts, from the first connection to the stop.",
                     "10m", "what the stages take; 60s without any"},
                    &scenario::run_for, {100ms, year}),
       count_key({"devices", "How many devices in all, those behind gateways included.", "5k",
                  "what the products count; 100 where one counts none", "devices"},
                 &scenario::devices, 1, scenario_devices_most),
       maps_key({"products", "The kinds of devices.", "[{name: led, share: 60}]",
                 "one product with its defaults"},
                &scenario::products, product_section(), scenario_products_most),
       maps_key({"stages", "How the load goes up and down, one after the other.",
                 "[{ramp: {over: 5m}, hold: 30m}]", "all devices at 1000/s, then hold"},
                &scenario::stages, stage_section(), scenario_stages_most),
       maps_key({"daily_curves",
                 "How often devices report by the time of day, beside the presets home, office and "
                 "night; products name theirs.",
                 "[{name: shop, hours: [0=5%, 8=150%, 20=20%]}]", "none"},
                &scenario::daily_curves, curve_section(), scenario_curves_most),
       duration_key({"day", "How long a day of the daily curves takes.", "24m"}, &scenario::day,
                    {least_day, year}),
       duration_key(
           {"day_begins", "The time of day of the daily curves at the start of the run.", "6h30m"},
           &scenario::day_begins, {0s, 24h - 1s}),
       maps_key({"cloud_traffic", "What the cloud sends by itself.",
                 "[{kind: property_set, rate: 50/s}]", "none"},
                &scenario::cloud_traffic, traffic_section(), scenario_traffic_most),
       maps_key({"rollouts", "Firmware that the cloud rolls out, each a campaign.",
                 "[{product: led, version: 2.0.0, at: 30s}]", "none"},
                &scenario::rollouts, rollout_section(), scenario_rollouts_most),
       map_key({"firmware_server", "How the cloud serves images.", "{rate: 10MiB}",
                "as fast as it can"},
               &scenario::firmware_server, firmware_server_section()),
       expect_key(),
       maps_key({"regions", "Parts of the fleet, for faults to select.",
                 "[{name: east, share: 30%}]", "none"},
                &scenario::regions, region_section(), scenario_regions_most),
       maps_key({"faults", "What goes wrong on purpose; docs/faults.md has all effects.",
                 "[{effect: loss, share: 20%, at: 2m, for: 30s}]", "none"},
                &scenario::faults, fault_section(), scenario_faults_most)}};
  return section;
}

const std::vector<scenario_key>& scenario_keys() {
  static const std::vector<scenario_key> all = [] {
    std::vector<scenario_key> keys;
    file_section().list(keys);
    return keys;
  }();
  return all;
}

} // namespace fleet::program
