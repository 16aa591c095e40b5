// The `fleet cloud firmware …` and `fleet cloud campaign …` subcommands: their flags, words and
// help.
#include <algorithm>
#include <string>

#include "cloud_sim/campaigns/campaign_rules.hpp"
#include "fleet/options/console_reach.hpp"
#include "fleet/options/rollout_setters.hpp"
#include "fleet/options/rollout_verbs.hpp"
#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/options/words.hpp"
#include "protocol/alink/ota_messages.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

using words_view = std::span<const std::string_view>;
using sentence = std::optional<std::string>;

constexpr std::array<std::string_view, 2> nouns{"firmware", "campaign"};
constexpr words_of<content_digest, 2> digest_words{
    {{"md5", content_digest::md5}, {"sha256", content_digest::sha256}}};
constexpr std::array<std::string_view, 6> device_states{"waiting",   "offered", "upgrading",
                                                        "succeeded", "failed",  "cancelled"};
constexpr duration wait_most = 24h * 30;

setter set_one_of(std::string& out, words_view valid) {
  const auto take = [&out, valid](std::string_view value) -> sentence {
    if (std::find(valid.begin(), valid.end(), value) == valid.end()) {
      return unknown_word(value, valid);
    }
    out = value;
    return std::nullopt;
  };
  return {take, {valid.begin(), valid.end()}};
}

void firmware_flags(flag_set& flags, new_firmware& out) {
  flags.value("--product", "PK", "The product that it is for.", set_product(out.product));
  flags.value("--version", "V",
              "What devices report when they run it; the only sign of success (1 to 64 octets).",
              set_short_text(out.version, alink::max_firmware_version));
  flags.value("--module", "M", "The module that it is for. Default: the device itself.",
              set_short_text(out.module, alink::max_firmware_module));
  flags.value("--sign-method", "NAME",
              "The digest that offers carry: md5 or sha256, which V2.10 of the SDK refuses. "
              "Default md5.",
              set_word(out.sign, digest_words));
  flags.value("--generate", "SIZE",
              "The twin makes an image of that size, such as 1MiB, in place of FILE: up to 256MiB.",
              set_size(out.generate, 1, static_cast<std::uint32_t>(alink::max_firmware_size)));
  flags.value("--seed", "N",
              "A whole number that decides the generated octets. Default: picked, and shown.",
              set_seed(out.seed));
  flags.value("--fault", "WORD",
              "What is wrong with it on purpose, to see how devices and the campaign take it. "
              "Default: nothing.",
              set_one_of(out.fault, firmware_faults));
  flags.term("wrong_digest", "offers carry the digest of something else");
  flags.term("short_body", "the server breaks off in the middle");
  flags.term("long_body", "the server has more than the offer says");
  flags.term("wrong_size", "the offer says one octet less");
  flags.term("status", "the server answers --status");
  flags.term("stall", "the server stops in the middle and keeps the connection");
  flags.term("redirect", "the server leads to plain HTTP");
  flags.term("unbootable", "a generated image that does not come up");
  flags.value("--status", "N", "What the server answers with --fault status: 403, 404 or 500.",
              set_optional_count(out.status, 200, 599));
}

void select_flags(flag_set& flags, new_campaign& out) {
  flags.group("Which devices: those of the firmware's product that all of these let through");
  flags.value("--percent", "P%", "So many of them, picked by hash: 0.1% to 100%. Default 100%.",
              set_permille(out.permille));
  flags.value("--versions", "V,V...",
              "Those that run one of these, and those that never told theirs until they do. "
              "Default: whatever they run.",
              set_list(out.versions, cloud::campaign_versions_max));
  flags.value("--devices", "LIST|FILE",
              "These: DeviceNames with commas between them, or a file with one a line. Default: "
              "all.",
              set_text(out.devices));
  flags.toggle("--take-over",
               "Takes devices out of other campaigns, unless they upgrade already. Default: they "
               "stay there.",
               out.take_over);
}

void pace_flags(flag_set& flags, new_campaign& out) {
  flags.group("How fast");
  flags.value("--waves", "P%,P%...",
              "How many devices have had their turn with each wave: 1%,10%,100%; 16 waves at most. "
              "Default: one wave.",
              set_waves(out.waves, cloud::campaign_waves_max));
  flags.value("--wave-done", "P%",
              "How many of a wave's devices must have ended before the next begins: 0.1% to 100%. "
              "Default 100%.",
              set_permille(out.wave_done_permille));
  flags.value("--wave-pause", "D", "Time between two waves: 0s to 30d. Default none.",
              set_milliseconds(out.wave_pause, 0s, wait_most));
  flags.value("--wave-most", "D",
              "After which the next wave begins all the same: 1s to 30d. Default: never.",
              set_milliseconds(out.wave_most, 1s, wait_most));
  flags.value("--rate", "N/s", "Offers a second: 1/s to 1M/s. Default: as they come.",
              set_whole_rate(out.offers_per_second));
  flags.value("--under-way", "N",
              "Devices that are offered the firmware or upgrade at once: 1 to 1M. Default: any.",
              set_optional_count(out.under_way, 1, cloud::campaign_devices_max));
}

void trouble_flags(flag_set& flags, new_campaign& out) {
  flags.group("What if it fails");
  flags.value("--halt-at", "P%",
              "The campaign halts by itself where so many of the attempts failed: 0.1% to 100%. "
              "Default: never.",
              set_permille(out.halt_permille));
  flags.value("--halt-after", "N",
              "Attempts that must have ended before that is judged, but for a wave's end: 1 to 1M. "
              "Default 10.",
              set_optional_count(out.halt_after, 1, cloud::campaign_devices_max));
  flags.value("--retries", "N", "Further attempts of a device that failed: 0 to 100. Default 0.",
              set_optional_count(out.retries, 0, 100));
  flags.value("--retry-after", "D", "Time before such an attempt: 0s to 30d. Default 1m.",
              set_milliseconds(out.retry_after, 0s, wait_most));
  flags.value("--attempt", "D",
              "How long a device has from the offer to the report of its new version: 1s to 30d. "
              "Default 1h.",
              set_milliseconds(out.attempt, 1s, wait_most));
}

void campaign_flags(flag_set& flags, new_campaign& out) {
  flags.value("--firmware", "ID", "The image, by the number that firmware list shows.",
              set_id(out.firmware));
  flags.value("--name", "NAME",
              "What it is called; another name picks other devices by hash. Default: made up.",
              set_short_text(out.name, 64));
  flags.toggle("--later", "Makes it without starting it.", out.later);
}

void watch_flag(flag_set& flags, rollout_options& out) {
  flags.toggle("--watch",
               "Shows how it goes until it ends or halts. Ctrl-C ends the watching alone.",
               out.watch);
}

/// The flags of one verb alone.
void verb_flags(flag_set& flags, rollout_options& out) {
  flags.group("Flags");
  switch (out.verb) {
    case rollout_verb::firmware_add: firmware_flags(flags, out.firmware); break;
    case rollout_verb::campaign_start:
      campaign_flags(flags, out.campaign);
      watch_flag(flags, out);
      break;
    case rollout_verb::campaign_status:
      watch_flag(flags, out);
      flags.toggle("--devices", "Shows each of its devices, too.", out.devices);
      flags.value("--state", "STATE",
                  "Of those only the waiting, offered, upgrading, succeeded, failed or cancelled.",
                  set_one_of(out.state, device_states));
      break;
    case rollout_verb::campaign_resume:
    case rollout_verb::campaign_retry: watch_flag(flags, out); break;
    case rollout_verb::firmware_list:
    case rollout_verb::firmware_delete:
    case rollout_verb::campaign_list:
    case rollout_verb::campaign_halt:
    case rollout_verb::campaign_cancel:
    case rollout_verb::campaign_delete: break;
  }
  flags.toggle("--json", "Prints the answer as it came, for programs.", out.json);
  if (out.verb == rollout_verb::campaign_start) {
    select_flags(flags, out.campaign);
    pace_flags(flags, out.campaign);
    trouble_flags(flags, out.campaign);
  }
}

std::string_view words_text(const rollout_entry& entry) {
  switch (entry.takes) {
    case rollout_word::none: return {};
    case rollout_word::file: return "The image, octet by octet as devices are to get it.";
    case rollout_word::id:
    case rollout_word::maybe_id:
      return entry.noun == "firmware" ? "The number that firmware list shows."
                                      : "The number that campaign list shows.";
  }
  FLEET_CHECK(false);
}

sentence place(rollout_options& out, const rollout_entry& entry,
               const std::vector<std::string>& words) {
  const std::size_t most = entry.takes == rollout_word::none ? 0 : 1;
  if (words.size() > most) {
    return "unexpected word \"" + words[most] + "\"";
  }
  if (words.empty()) {
    return entry.takes == rollout_word::id
               ? sentence{"needs the number that " + std::string{entry.noun} + " list shows"}
               : std::nullopt;
  }
  if (entry.takes == rollout_word::file) {
    out.firmware.file = words[0];
    return words[0].empty() ? sentence{"needs a file, or --generate SIZE"} : std::nullopt;
  }
  if (const auto wrong = set_id(out.id)(words[0])) {
    return "\"" + words[0] + "\" " + *wrong;
  }
  return std::nullopt;
}

sentence firmware_contradiction(const new_firmware& o) {
  if (o.file.empty() && o.generate == 0) {
    return "needs a file, or --generate SIZE";
  }
  if (!o.file.empty() && o.generate != 0) {
    return "--generate contradicts the file " + o.file + "; give one";
  }
  if (o.seed && o.generate == 0) {
    return "--seed belongs to --generate";
  }
  if (o.status.has_value() != (o.fault == "status")) {
    return o.status ? "--status belongs to --fault status" : "--fault status needs --status N";
  }
  if (o.fault == "unbootable" && o.generate == 0) {
    return "--fault unbootable belongs to --generate";
  }
  if (o.product.empty()) {
    return "needs --product PK, whose devices it is for";
  }
  return o.version.empty() ? sentence{"needs --version V, which devices report when they run it"}
                           : std::nullopt;
}

sentence contradiction(const rollout_options& o, const flag_set& flags) {
  if (o.verb == rollout_verb::firmware_add) {
    return firmware_contradiction(o.firmware);
  }
  if (o.verb == rollout_verb::campaign_status && !o.state.empty() && !o.devices) {
    return "--state belongs to --devices";
  }
  if (o.verb == rollout_verb::campaign_status && o.watch && o.devices) {
    return "--watch shows sums and so contradicts --devices";
  }
  if (o.verb != rollout_verb::campaign_start) {
    return std::nullopt;
  }
  if (o.id == 0 && o.campaign.firmware == 0) {
    return "needs --firmware ID, which firmware list shows";
  }
  if (o.id != 0) {
    for (const auto flag :
         {"--firmware", "--name", "--later", "--percent", "--versions", "--devices", "--take-over",
          "--waves", "--wave-done", "--wave-pause", "--wave-most", "--rate", "--under-way",
          "--halt-at", "--halt-after", "--retries", "--retry-after", "--attempt"}) {
      if (flags.given(flag)) {
        return std::string{flag} + " is for a new campaign and contradicts campaign "
               + std::to_string(o.id);
      }
    }
  }
  return o.campaign.later && o.watch ? sentence{"--watch contradicts --later"} : std::nullopt;
}

result<command, usage_error> parse_verb(const rollout_entry& entry, words_view words) {
  const std::string name = "fleet cloud " + to_string(entry.verb);
  rollout_options out;
  out.verb = entry.verb;
  std::vector<std::string> line;
  flag_set flags{name, std::string{entry.summary}, std::string{entry.usage}};
  if (entry.takes != rollout_word::none) {
    flags.words(entry.takes == rollout_word::file ? "FILE" : "ID", std::string{words_text(entry)},
                line);
  }
  verb_flags(flags, out);
  reach_flags(flags, out.reach);
  flags.value("--timeout", "D",
              "How long the twin may take to answer: 100ms to 1m, and 2 s more. Default 5s.",
              set_duration(out.reach.timeout, 100ms, 1min));
  for (std::size_t i = 0; i + 1 < entry.examples.size() && !entry.examples[i].empty(); i += 2) {
    flags.example(std::string{entry.examples[i]}, std::string{entry.examples[i + 1]});
  }
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  auto wrong = flags.parse(words);
  wrong = wrong ? wrong : place(out, entry, line);
  wrong = wrong ? wrong : contradiction(out, flags);
  if (wrong) {
    return fail(wrong_usage(name, *wrong));
  }
  return command{std::move(out)};
}

std::vector<const rollout_entry*> entries_of(std::string_view noun) {
  std::vector<const rollout_entry*> out;
  for (const auto& entry : rollout_entries()) {
    if (entry.noun == noun) {
      out.push_back(&entry);
    }
  }
  return out;
}

std::string overview_of(std::string_view noun) {
  const std::string name = "fleet cloud " + std::string{noun};
  std::string out = name
                    + (noun == "firmware" ? ": the images that a running twin has for its devices"
                                          : ": firmware to many devices, in waves and watched")
                    + "\n\nusage: " + name + " SUBCOMMAND [words] [flags]\n\n";
  for (const auto* entry : entries_of(noun)) {
    std::string left = "  " + std::string{entry->word};
    left.append(15 - left.size(), ' ');
    std::string summary{entry->summary};
    if (const auto clause = summary.find(';'); left.size() + summary.size() > 100) {
      summary.resize(std::min(clause, summary.size()));
    }
    out += left + summary + "\n";
  }
  return out + "\nEach has a manual: " + name + " " + std::string{entries_of(noun)[0]->word}
         + " --help\n";
}

} // namespace

std::string to_string(rollout_verb verb) {
  const auto& entry = rollout_entries()[static_cast<std::size_t>(verb)];
  return std::string{entry.noun} + " " + std::string{entry.word};
}

words_view rollout_words() {
  return nouns;
}

std::vector<std::string> rollout_verbs_of(std::string_view noun) {
  std::vector<std::string> out;
  for (const auto* entry : entries_of(noun)) {
    out.emplace_back(entry->word);
  }
  return out;
}

result<command, usage_error> parse_rollout(words_view words) {
  const std::string_view noun = words.front();
  const auto entries = entries_of(noun);
  std::vector<std::string_view> verbs;
  for (const auto* entry : entries) {
    if (words.size() > 1 && entry->word == words[1]) {
      return parse_verb(*entry, words.subspan(2));
    }
    verbs.push_back(entry->word);
  }
  if (asks_for_help(words)) {
    return command{text_answer{overview_of(noun)}};
  }
  const std::string name = "fleet cloud " + std::string{noun};
  if (words.size() == 1) {
    return fail(wrong_usage(name, "needs a subcommand: " + text::enumerate(verbs)));
  }
  return fail(wrong_usage(name, "subcommand " + std::string{words[1]} + " "
                                    + unknown_word(words[1], verbs)));
}

} // namespace fleet::program
