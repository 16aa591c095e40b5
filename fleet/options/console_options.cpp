// The `fleet cloud …` subcommands that ask a running twin: their flags, words and help.
#include <algorithm>
#include <limits>
#include <string>

#include "fleet/console/assignments.hpp"
#include "fleet/console/request.hpp"
#include "fleet/options/console_reach.hpp"
#include "fleet/options/console_verbs.hpp"
#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/options/words.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 4> states{"unactivated", "online", "offline", "disabled"};

constexpr std::array<std::string_view, 3> topic_rights{"pub", "sub", "both"};

constexpr std::array<std::string_view, 3> node_types{"device", "gateway", "any"};

/// The platform knows no other (aliyun-iot.md §8.1).
constexpr words_of<mqtt::qos, 2> platform_qos{
    {{"0", mqtt::qos::at_most_once}, {"1", mqtt::qos::at_least_once}}};

std::string command_of(const verb_entry& verb) {
  return "fleet cloud " + std::string{verb.word};
}

/// One of the words of a fixed list.
template <std::size_t N>
setter set_one_of(std::string& out, const std::array<std::string_view, N>& words) {
  const auto take = [&out, &words](std::string_view value) -> std::optional<std::string> {
    if (std::find(words.begin(), words.end(), value) == words.end()) {
      return unknown_word(value, words);
    }
    out = value;
    return std::nullopt;
  };
  return {take, {words.begin(), words.end()}};
}

setter set_version(std::int64_t& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    const auto parsed = text::parse_number(value);
    if (!parsed) {
      return parsed.error();
    }
    if (parsed.value() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
      return "is out of range; it takes 0 to 9223372036854775807";
    }
    out = static_cast<std::int64_t>(parsed.value());
    return std::nullopt;
  };
}

setter add_assignment(std::vector<std::string>& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    out.emplace_back(value);
    return std::nullopt;
  };
}

void payload_flag(flag_set& flags, console_options& out) {
  flags.value("--file", "FILE", "Reads the payload from a file, octet by octet.",
              set_text(out.file));
}

/// The flags of one verb alone.
void verb_flags(flag_set& flags, console_options& out) {
  flags.group("Flags");
  if (out.verb == console_verb::devices) {
    flags.value("--product", "PK", "Only devices of this product.", set_product(out.product));
    flags.value("--state", "STATE", "Only unactivated, online, offline or disabled devices.",
                set_one_of(out.state, states));
    flags.value("--limit", "N", "Shows the first N at most: 1 to 1M. Default: all.",
                set_count(out.limit, 1, 1'000'000));
  } else if (out.verb == console_verb::rrpc) {
    flags.value("--topic", "TOPIC",
                "The custom topic to send on. Default: the system's own (RRPC without ext).",
                set_text(out.topic));
    payload_flag(flags, out);
  } else if (out.verb == console_verb::shadow) {
    flags.value("--set", "NAME=VALUE",
                "A value that the shadow shall desire; may be given several times. Numbers, true, "
                "false, null and JSON are taken as such, anything else as text.",
                add_assignment(out.words), value_kind::repeated);
    flags.value("--version", "N",
                "The update's version, which must be newer than the shadow's. Default 0: not "
                "checked.",
                set_version(out.version));
  } else if (out.verb == console_verb::publish) {
    flags.value("--qos", "0|1", "Quality of service. Default 0.", set_word(out.qos, platform_qos));
    payload_flag(flags, out);
  } else if (out.verb == console_verb::broadcast) {
    payload_flag(flags, out);
  } else if (out.verb == console_verb::permit) {
    flags.value("--product", "PK", "Only devices of this product. Default: any.",
                set_product(out.product));
    flags.value("--for", "D", "How long, in whole seconds: 1s to 24h. Default 60s.",
                set_duration(out.span, 1s, 24h));
  } else if (out.verb == console_verb::product) {
    flags.value("--name", "NAME", "What the product is called.", set_text(out.name));
    flags.value("--model", "FILE", "Its thing model (TSL, JSON).", set_text(out.model_file));
    flags.toggle("--no-model", "Deletes its thing model: nothing is checked any more.", out.erase);
    flags.value(
        "--node-type", "device|gateway|any",
        "Whether its devices may have sub-devices: device, they may not; gateway, they may; "
        "any, nobody has said, and they may. A new product's is any.",
        set_one_of(out.node_type, node_types));
  } else if (out.verb == console_verb::add) {
    flags.value("--secret-file", "FILE",
                "The DeviceSecret, in a file of its own. Default: the twin makes one.",
                set_text(out.secret_file));
  } else if (out.verb == console_verb::config) {
    flags.toggle("--push", "Sends it to the devices that are online, too.", out.push);
  } else if (out.verb == console_verb::topic) {
    flags.value(
        "--allow", "pub|sub|both",
        "Adds the class, or changes what devices may do there: publish, subscribe, or both.",
        set_one_of(out.allow, topic_rights));
    flags.toggle("--delete", "Deletes the class. What devices have subscribed to stays.",
                 out.erase);
  }
  flags.toggle("--json", "Prints the answer as it came, for programs.", out.json);
}

/// What `--timeout` is about: the device where one is asked, and RRPC has bounds of its own
/// (aliyun-iot.md §15.3).
void timeout_flag(flag_set& flags, console_verb verb, duration& out) {
  const bool rrpc = verb == console_verb::rrpc;
  std::string text = "How long the twin may take to answer: 100ms to 1m, and 2 s more. Default 5s.";
  if (rrpc) {
    text = "How long the device may take to answer: 1s to 8s, as the platform has it; the twin may "
           "take 2 s more. Default 5s.";
  } else if (verb == console_verb::set || verb == console_verb::get || verb == console_verb::call
             || verb == console_verb::invite || verb == console_verb::permit) {
    text = "How long the device may take to answer: 100ms to 1m; the twin may take 2 s more. "
           "Default 5s.";
  }
  if (verb == console_verb::call) {
    text += " A synchronous service goes by RRPC, and gets 1s to 8s.";
  }
  flags.value("--timeout", "D", text, set_duration(out, rrpc ? 1s : 100ms, rrpc ? 8s : 1min));
}

std::string_view role_text(word_role role) {
  switch (role) {
    case word_role::none: return {};
    case word_role::device: return "a device: ProductKey/DeviceName";
    case word_role::product: return "a ProductKey";
    case word_role::service: return "a service";
    case word_role::topic: return "a topic";
    case word_role::payload: return "a payload, or --file";
    case word_role::file: return "a file";
  }
  FLEET_CHECK(false);
}

/// Takes a word in its role; what is wrong with it, or nothing.
std::optional<std::string> take(console_options& out, word_role role, const std::string& word) {
  switch (role) {
    case word_role::device:
      out.device = word;
      return parse_device(word) ? std::nullopt
                                : std::optional{"\"" + word
                                                + "\" is no device; write ProductKey/DeviceName, "
                                                  "or DeviceName alone"};
    case word_role::product:
      out.product = word;
      return alink::valid_name(word, alink::max_product_key)
                 ? std::nullopt
                 : std::optional{"\"" + word + "\" is no ProductKey"};
    case word_role::service: out.service = word; return std::nullopt;
    case word_role::topic: out.topic = word; return std::nullopt;
    case word_role::payload: out.payload = word; return std::nullopt;
    case word_role::file: out.file = word; return std::nullopt;
    case word_role::none: break;
  }
  FLEET_CHECK(false);
}

/// The line's words to their places.
std::optional<std::string> place(console_options& out, const verb_entry& verb,
                                 std::span<const std::string> words) {
  std::size_t used = 0;
  bool payload = false;
  for (const word_role role : verb.roles) {
    if (role == word_role::none || used == words.size()) {
      break;
    }
    if (role == word_role::payload && !out.file.empty()) {
      return "the payload is given twice, as a word and by --file";
    }
    payload = payload || role == word_role::payload;
    if (auto wrong = take(out, role, words[used])) {
      return wrong;
    }
    ++used;
  }
  const bool wants_payload =
      std::find(verb.roles.begin(), verb.roles.end(), word_role::payload) != verb.roles.end();
  if (used < verb.needed) {
    return "needs " + std::string{role_text(verb.roles[used])};
  }
  if (wants_payload && !payload && out.file.empty()) {
    return "needs " + std::string{role_text(word_role::payload)};
  }
  if (used < words.size() && verb.more == more_words::none) {
    return "unexpected word \"" + words[used] + "\"";
  }
  out.words.insert(out.words.end(), words.begin() + static_cast<std::ptrdiff_t>(used), words.end());
  return std::nullopt;
}

/// A gateway may have sub-devices of any product, so each names its own.
std::optional<std::string> invitation_mistake(const console_options& o) {
  if (o.words.empty()) {
    return "needs a sub-device: ProductKey/DeviceName";
  }
  for (const auto& word : o.words) {
    if (!parse_device(word) || word.find('/') == std::string::npos) {
      return "\"" + word + "\" is no sub-device; write ProductKey/DeviceName";
    }
  }
  return std::nullopt;
}

std::optional<std::string> contradiction(const console_options& o, const flag_set& flags) {
  if (o.verb == console_verb::set && o.words.empty()) {
    return "needs a property: NAME=VALUE";
  }
  if (o.verb == console_verb::get && o.words.empty()) {
    return "needs the name of a property; `fleet cloud device` shows all that were reported";
  }
  if (o.verb == console_verb::add && o.device.find('/') == std::string::npos) {
    return "needs the product too: ProductKey/" + o.device;
  }
  if (o.verb == console_verb::shadow && flags.given("--version") && o.words.empty()) {
    return "--version belongs to --set";
  }
  if (o.verb == console_verb::product && o.erase && !o.model_file.empty()) {
    return "--model contradicts --no-model";
  }
  if (o.verb == console_verb::topic) {
    const bool changes = !o.allow.empty() || o.erase;
    if (!o.allow.empty() && o.erase) {
      return "--allow contradicts --delete";
    }
    if (changes == o.topic.empty()) {
      return changes ? "needs a class: what follows /" + o.product + "/DN/ in a topic"
                     : "\"" + o.topic + "\" needs --allow pub|sub|both, or --delete";
    }
  }
  if (o.verb == console_verb::invite) {
    return invitation_mistake(o);
  }
  if (o.verb == console_verb::permit && o.span % 1s != 0s) {
    return "--for is in whole seconds; " + text::format_duration(o.span) + " is not";
  }
  if (o.verb != console_verb::get) {
    if (const auto made = assignments_to_json(o.words); !made) {
      return made.error();
    }
  }
  return std::nullopt;
}

result<command, usage_error> parse_verb(const verb_entry& verb,
                                        std::span<const std::string_view> words) {
  console_options out;
  out.verb = verb.verb;
  std::vector<std::string> line;
  flag_set flags{command_of(verb), std::string{verb.summary}, std::string{verb.usage}};
  if (!verb.words_text.empty()) {
    flags.words("WORDS", std::string{verb.words_text}, line);
  }
  verb_flags(flags, out);
  reach_flags(flags, out.reach);
  timeout_flag(flags, out.verb, out.reach.timeout);
  for (std::size_t i = 0; i + 1 < verb.examples.size() && !verb.examples[i].empty(); i += 2) {
    flags.example(std::string{verb.examples[i]}, std::string{verb.examples[i + 1]});
  }
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  auto wrong = flags.parse(words);
  if (!wrong) {
    wrong = place(out, verb, line);
  }
  if (!wrong) {
    wrong = contradiction(out, flags);
  }
  if (wrong) {
    return fail(wrong_usage(command_of(verb), *wrong));
  }
  return command{std::move(out)};
}

} // namespace

std::string_view to_string(console_verb verb) noexcept {
  return verb_entries()[static_cast<std::size_t>(verb)].word;
}

std::span<const std::string_view> console_words() {
  static const auto words = [] {
    std::array<std::string_view, console_verb_count> out;
    std::transform(verb_entries().begin(), verb_entries().end(), out.begin(),
                   [](const verb_entry& v) { return v.word; });
    return out;
  }();
  return words;
}

std::string console_overview() {
  std::string out = "fleet cloud: runs the twin, a local stand-in for the cloud, or asks a running "
                    "one\n\nusage: fleet cloud SUBCOMMAND [words] [flags]\n\n"
                    "  serve        runs the twin until it is interrupted\n\n"
                    "Asking a running twin over its admin API\n";
  for (const verb_entry& verb : verb_entries()) {
    std::string left = "  " + std::string{verb.word};
    left.append(15 - left.size(), ' ');
    out += left + std::string{verb.summary} + "\n";
  }
  out +=
      "\nRolling firmware out\n"
      "  firmware ...   add, list, delete: the images that the twin has for its devices\n"
      "  campaign ...   start, status, halt, resume, cancel and more: to many devices, in waves\n"
      "\nFaults on purpose\n"
      "  fault ...      add, list, remove: what the twin does wrong\n";
  return out
         + "\nEach has a manual: fleet cloud set --help. Exit codes: 0 good, 1 the device or the "
           "cloud said no,\n2 wrong usage, 3 no twin answers.\n";
}

result<command, usage_error> parse_console(std::span<const std::string_view> words) {
  const auto verb = std::find_if(verb_entries().begin(), verb_entries().end(),
                                 [&](const auto& entry) { return entry.word == words.front(); });
  FLEET_CHECK(verb != verb_entries().end());
  return parse_verb(*verb, words.subspan(1));
}

} // namespace fleet::program
