// Which subcommand is meant, and what is said when none is. The flags themselves are in options/.
#include "fleet/options.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "fleet/metrics/reference.hpp"
#include "fleet/options/command_tree.hpp"
#include "fleet/options/flag_set.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/options/words.hpp"
#include "fleet/text/nearest.hpp"

namespace fleet::program {

namespace {

constexpr std::array<std::string_view, 11> subcommands{"run",        "cloud",   "device", "worker",
                                                       "fault",      "report",  "check",  "doctor",
                                                       "completion", "version", "help"};
constexpr std::array<std::string_view, 1> secret_flags{"--password"};

constexpr std::string_view overview =
    "fleet: emulates thousands of IoT devices, and the cloud they talk to\n"
    "\n"
    "usage: fleet SUBCOMMAND [flags]\n"
    "\n"
    "  run            runs devices against the embedded twin or a target\n"
    "  cloud serve    runs the twin alone\n"
    "  cloud NAME     asks a running twin: devices, set, call, shadow, kick, campaign, fault and "
    "more\n"
    "  device         one device by hand: mqtt start, then pub open and more; ota start; or\n"
    "                 coap start and http start, then report and more\n"
    "  worker         lends this process to a run of several, as fleet run --workers has them\n"
    "  fault          puts faults on a run that goes on: add, list, remove; presets, effects\n"
    "  report         tells of earlier runs by their JSON: text, HTML, JUnit; two side by side\n"
    "  check          validates scenarios, models and credentials; explains scenarios\n"
    "  doctor         looks whether this machine can carry a run, before it starts\n"
    "  completion     prints a script that completes all this in bash, zsh or fish\n"
    "  version        prints the version\n"
    "  help [NAME]    prints this, or a subcommand's manual; help metrics: all that /metrics has;\n"
    "                 help --man [NAME]: the same as a man page\n"
    "\n"
    "Try: fleet run --devices 5000\n"
    "\n"
    "Exit codes: 0 passed, 1 an expectation failed, 2 wrong usage or configuration,\n"
    "3 the environment failed (port in use, target unreachable), 130 interrupted.\n";

std::string unknown_subcommand(std::string_view word, std::span<const std::string_view> valid) {
  std::string sentence = "unknown subcommand " + std::string{word} + "; ";
  if (const auto near = text::nearest(word, valid)) {
    sentence += "the nearest is " + std::string{*near};
  } else {
    sentence += "it takes " + text::enumerate(valid);
  }
  return sentence;
}

using words_view = std::span<const std::string_view>;

result<command, usage_error> parse_cloud(words_view words) {
  const auto console = console_words();
  const auto rollout = rollout_words();
  const auto all = cloud_words();
  if (words.empty()) {
    return fail(wrong_usage("fleet cloud", "needs a subcommand: " + text::enumerate(all)));
  }
  if (words.front() == "serve") {
    return parse_cloud_serve(words.subspan(1));
  }
  if (std::find(console.begin(), console.end(), words.front()) != console.end()) {
    return parse_console(words);
  }
  if (std::find(rollout.begin(), rollout.end(), words.front()) != rollout.end()) {
    return parse_rollout(words);
  }
  if (words.front() == "fault") {
    return parse_cloud_fault(words);
  }
  if (asks_for_help(words)) {
    return command{text_answer{console_overview()}};
  }
  return fail(wrong_usage("fleet cloud", unknown_subcommand(words.front(), all)));
}

/// `help --man`, and the words behind it.
result<command, usage_error> parse_man(words_view words) {
  const auto tree = command_tree();
  const auto at = std::find_if(tree.begin(), tree.end(), [words](const command_node& node) {
    return std::equal(node.path.begin(), node.path.end(), words.begin(), words.end());
  });
  if (at != tree.end() && !at->help.empty()) {
    return command{text_answer{man_page(tree, *at)}};
  }
  std::string name;
  for (const auto word : words) {
    name += (name.empty() ? "" : " ") + std::string{word};
  }
  return fail(wrong_usage("fleet help", "there is no manual of " + name));
}

result<command, usage_error> parse_help(words_view words) {
  if (!words.empty() && words.front() == "--man") {
    return parse_man(words.subspan(1));
  }
  if (words.empty() || words.front().starts_with('-') || words.front() == "help"
      || words.front() == "version") {
    return command{text_answer{std::string{overview}}};
  }
  if (words.front() == "metrics") {
    return command{text_answer{metrics::reference()}};
  }
  std::vector<std::string_view> asked{words.begin(), words.end()};
  asked.emplace_back("--help");
  return parse_options(asked);
}

std::string shell_quoted(std::string_view word) {
  constexpr std::string_view safe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%";
  if (!word.empty() && word.find_first_not_of(safe) == std::string_view::npos) {
    return std::string{word};
  }
  std::string out = "'";
  for (const char c : word) {
    out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  }
  return out + "'";
}

/// Where in `word` a secret begins, given the word before it; the word's size when there is none.
std::size_t secret_from(std::string_view previous, std::string_view word) {
  for (const auto flag : secret_flags) {
    if (previous == flag) {
      return 0;
    }
    if (word.size() > flag.size() && word.starts_with(flag) && word[flag.size()] == '=') {
      return flag.size() + 1;
    }
  }
  return word.size();
}

} // namespace

std::string_view to_string(profile p) noexcept {
  for (const auto& [word, value] : profile_words) {
    if (value == p) {
      return word;
    }
  }
  return {};
}

std::string_view to_string(device_protocol p) noexcept {
  switch (p) {
    case device_protocol::mqtt: return "mqtt";
    case device_protocol::coap: return "coap";
    case device_protocol::http: return "http";
  }
  return {};
}

std::optional<std::string> logon_contradiction(logon_mode logon, security tier) {
  if (registers(logon) && by_id2(tier)) {
    return "logon register, which is for devices without an element; write security: tls";
  }
  if (logon == logon_mode::pre_auth && tier == security::itls) {
    return "logon pre-auth, which does not go with security itls; write id2-tls, or logon: direct";
  }
  return std::nullopt;
}

std::string_view to_string(security s) noexcept {
  switch (s) {
    case security::plain: return "plain";
    case security::tls: return "tls";
    case security::id2: return "id2";
    case security::id2_tls: return "id2-tls";
    case security::itls: return "itls";
    case security::dtls: return "dtls";
    case security::psk: return "psk";
    case security::aes: return "aes";
  }
  FLEET_CHECK(false);
}

hal::address default_metrics_address() {
  hal::address at;
  at.ip[0] = 127;
  at.ip[3] = 1;
  at.port = 9464;
  return at;
}

std::span<const std::string_view> subcommand_words() {
  return subcommands;
}

std::vector<std::string_view> cloud_words() {
  std::vector<std::string_view> all{"serve"};
  for (const auto more : {console_words(), rollout_words()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  all.emplace_back("fault");
  return all;
}

command help_answer(const flag_set& flags) {
  auto of = std::make_shared<const manual>(flags.told());
  std::string text = help_text(*of);
  return command{text_answer{std::move(text), std::move(of)}};
}

usage_error wrong_usage(std::string_view subcommand, std::string_view sentence) {
  std::string message{subcommand};
  message += ": ";
  message += sentence;
  message += "\nsee " + std::string{subcommand} + " --help\n";
  return {std::move(message)};
}

result<command, usage_error> parse_options(words_view words) {
  if (words.empty()) {
    return fail(usage_error{std::string{overview}});
  }
  const std::string_view first = words.front();
  const words_view rest = words.subspan(1);
  if (first == "run") {
    return parse_run(rest);
  }
  if (first == "cloud") {
    return parse_cloud(rest);
  }
  if (first == "device") {
    return parse_device(rest);
  }
  if (first == "worker") {
    return parse_worker(rest);
  }
  if (first == "fault") {
    return parse_fault(rest);
  }
  if (first == "report") {
    return parse_report(rest);
  }
  if (first == "check") {
    return parse_check(rest);
  }
  if (first == "doctor") {
    return parse_doctor(rest);
  }
  if (first == "completion") {
    return parse_completion(rest);
  }
  if (first == "version" || first == "--version") {
    return command{text_answer{"fleet " + std::string{version} + "\n"}};
  }
  if (first == "help" || first == "--help" || first == "-h") {
    return parse_help(rest);
  }
  if (first.starts_with('-')) {
    return fail(wrong_usage("fleet", "flags come after a subcommand, as in fleet run "
                                         + std::string{first.substr(0, first.find('='))}));
  }
  return fail(wrong_usage("fleet", unknown_subcommand(first, subcommands)));
}

std::string printable_command(words_view words) {
  std::string out = "fleet";
  std::string_view previous;
  for (const auto word : words) {
    const std::size_t from = secret_from(previous, word);
    out += ' ';
    out += from < word.size() ? std::string{word.substr(0, from)} + "***" : shell_quoted(word);
    previous = word;
  }
  return out;
}

void hide_secrets(std::span<char* const> words) noexcept {
  std::string_view previous;
  for (char* const raw : words) {
    const std::string_view word{raw};
    const std::size_t from = secret_from(previous, word);
    std::memset(raw + from, '*', word.size() - from);
    previous = word;
  }
}

} // namespace fleet::program
