// The table of commands, and how each reads its words.
#include "fleet/hand/commands.hpp"

#include <algorithm>
#include <array>

#include "fleet/console/assignments.hpp"
#include "fleet/console/display.hpp"
#include "fleet/hand/typed_words.hpp"
#include "fleet/hand/words.hpp"
#include "fleet/text/nearest.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/base/json.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

using words_view = typed_view;
using complaint = typed_complaint;

constexpr duration period_least = 100ms;

complaint read_qos(const std::string& word, mqtt::qos& out) {
  if (word != "0" && word != "1" && word != "2") {
    return shown_word(word) + " is no quality of service; it takes 0, 1 or 2";
  }
  out = static_cast<mqtt::qos>(word.front() - '0');
  return std::nullopt;
}

complaint read_object(const std::string& word, std::string& out) {
  json_reader reader;
  if (reader.read(as_bytes(word)) != json_error::none || reader.is_array()) {
    return shown_word(word) + " is no JSON object; write {\"name\":value}";
  }
  out = word;
  return std::nullopt;
}

complaint read_pub_light(words_view words, hand_command& out) {
  out.verb = words[0] == "open" ? hand_verb::pub_open : hand_verb::pub_close;
  if (out.verb == hand_verb::pub_open && words.size() > 1) {
    if (words[1] != "every" || words.size() < 3) {
      return "after pub open comes nothing, or every and a time, as in pub open every 2s";
    }
    if (auto wrong = read_typed_time(words[2], period_least, out.time)) {
      return wrong;
    }
    return too_many_words(words, 3);
  }
  return too_many_words(words, 1);
}

complaint read_pub(words_view words, hand_command& out) {
  constexpr std::array<std::string_view, 2> lights{"open", "close"};
  if (words.empty()) {
    return "pub needs open, close, or a topic and a payload";
  }
  if (words[0] == "open" || words[0] == "close") {
    return read_pub_light(words, out);
  }
  out.verb = hand_verb::publish;
  if (words.size() == 1) {
    const auto near = text::nearest(words[0], lights);
    return near ? "pub " + shown_word(words[0]) + " is unknown; the nearest is pub "
                      + std::string{*near}
                : "pub " + shown_word(words[0]) + " needs a payload";
  }
  if (!mqtt::valid_topic(words[0])) {
    return shown_word(words[0]) + " is no topic to publish on; it must be UTF-8 without + and #";
  }
  out.name = words[0];
  if (auto wrong = read_typed_payload(words[1], out.text)) {
    return wrong;
  }
  if (auto wrong = too_many_words(words, 3)) {
    return wrong;
  }
  return words.size() == 3 ? read_qos(words[2], out.qos) : std::nullopt;
}

complaint read_filter(words_view words, hand_command& out, std::size_t most) {
  if (words.empty()) {
    return "needs a topic or a filter";
  }
  if (!mqtt::valid_filter(words[0])) {
    return shown_word(words[0]) + " is no filter; + stands for a level and # for all that follow";
  }
  out.name = words[0];
  return too_many_words(words, most);
}

complaint read_sub(words_view words, hand_command& out) {
  out.verb = hand_verb::subscribe;
  if (auto wrong = read_filter(words, out, 2)) {
    return wrong;
  }
  return words.size() == 2 ? read_qos(words[1], out.qos) : std::nullopt;
}

complaint read_unsub(words_view words, hand_command& out) {
  out.verb = hand_verb::unsubscribe;
  return read_filter(words, out, 1);
}

complaint read_set(words_view words, hand_command& out) {
  out.verb = hand_verb::set;
  if (words.empty()) {
    return "set needs a property: NAME=VALUE, as in LightSwitch=1";
  }
  auto made = assignments_to_json(words);
  if (!made) {
    return printable(made.error());
  }
  out.text = std::move(made).value();
  return std::nullopt;
}

complaint read_event(words_view words, hand_command& out) {
  out.verb = hand_verb::event;
  if (words.empty()) {
    return "event needs a name, and may have its outputs as JSON";
  }
  if (!alink::valid_name(words[0], 64)) {
    return shown_word(words[0]) + " is no event's identifier";
  }
  out.name = words[0];
  out.text = "{}";
  if (auto wrong = too_many_words(words, 2)) {
    return wrong;
  }
  return words.size() == 2 ? read_object(words[1], out.text) : std::nullopt;
}

complaint read_shadow(words_view words, hand_command& out) {
  constexpr std::array<std::string_view, 3> verbs{"get", "update", "delete"};
  if (words.empty()) {
    return "shadow needs get, delete, or update and what to report as JSON";
  }
  if (words[0] == "get") {
    out.verb = hand_verb::shadow_get;
    return too_many_words(words, 1);
  }
  if (words[0] == "delete") {
    out.verb = hand_verb::shadow_delete;
    out.names.assign(words.begin() + 1, words.end());
    return std::nullopt;
  }
  if (words[0] != "update") {
    const auto near = text::nearest(words[0], verbs);
    return "shadow " + shown_word(words[0]) + " is unknown; "
           + (near ? "the nearest is shadow " + std::string{*near}
                   : "it takes " + text::enumerate(verbs));
  }
  out.verb = hand_verb::shadow_update;
  if (words.size() < 2) {
    return "shadow update needs what to report, as in shadow update {\"color\":\"red\"}";
  }
  if (auto wrong = too_many_words(words, 2)) {
    return wrong;
  }
  return read_object(words[1], out.text);
}

complaint read_wait(words_view words, hand_command& out) {
  out.verb = hand_verb::wait;
  return read_typed_wait(words, out.time);
}

template <hand_verb Verb>
complaint read_bare(words_view words, hand_command& out) {
  out.verb = Verb;
  return too_many_words(words, 0);
}

struct entry {
  std::string_view word;
  std::string_view usage;
  std::string_view text;
  complaint (*read)(words_view, hand_command&);
};

constexpr std::array<entry, 11> entries{{
    {"pub", "pub open [every D]\n  pub close\n  pub TOPIC PAYLOAD [QOS]",
     "light on, and reported as in the manual's sample; every D again\n"
     "light off, reported once\n"
     "publishes, QoS 1 unless said; hex:00ff is a payload of octets",
     read_pub},
    {"sub", "sub FILTER [QOS]", "subscribes, QoS 1 unless said", read_sub},
    {"unsub", "unsub FILTER", "unsubscribes", read_unsub},
    {"set", "set NAME=VALUE...", "gives properties of the thing values and reports them", read_set},
    {"event", "event NAME [{JSON}]", "reports an event of the thing with its outputs", read_event},
    {"shadow", "shadow get\n  shadow update {JSON}\n  shadow delete [NAME...]",
     "asks for the device's shadow\nreports these attributes to it\n"
     "takes these reported attributes out of it, or all",
     read_shadow},
    {"wait", "wait D", "lets time pass before the next command, as 3s or 500ms", read_wait},
    {"status", "status", "what the device knows of itself", read_bare<hand_verb::status>},
    {"help", "help", "this", read_bare<hand_verb::help>},
    {"stop", "stop", "unsubscribes, disconnects and ends, as the manual's sample does",
     read_bare<hand_verb::stop>},
    {"quit", "quit", "disconnects and ends; the cloud keeps the session and its subscriptions",
     read_bare<hand_verb::quit>},
}};

result<hand_command, std::string> parse_one(typed_command typed) {
  words_view words{typed.words};
  // A line pasted from the manual.
  if (words.size() > 1 && (words[0] == "ali_mqtt_test" || words[0] == "ali_ota_test")) {
    words = words.subspan(1);
  }
  hand_command out;
  out.typed = std::move(typed.typed);
  if (words[0] == "start") {
    out.verb = hand_verb::start;
    return out;
  }
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const entry& e) { return e.word == words[0]; });
  if (found == entries.end()) {
    const auto known = command_words();
    const auto near = text::nearest(words[0], known);
    return fail("unknown command " + shown_word(words[0]) + "; "
                + (near ? "the nearest is " + std::string{*near} : "help shows them all"));
  }
  if (auto wrong = found->read(words.subspan(1), out)) {
    return fail(std::move(*wrong));
  }
  return out;
}

} // namespace

bool needs_link(hand_verb verb) noexcept {
  switch (verb) {
    case hand_verb::pub_open:
    case hand_verb::pub_close:
    case hand_verb::publish:
    case hand_verb::subscribe:
    case hand_verb::unsubscribe:
    case hand_verb::set:
    case hand_verb::event:
    case hand_verb::shadow_get:
    case hand_verb::shadow_update:
    case hand_verb::shadow_delete: return true;
    case hand_verb::wait:
    case hand_verb::status:
    case hand_verb::help:
    case hand_verb::start:
    case hand_verb::stop:
    case hand_verb::quit: return false;
  }
  FLEET_CHECK(false);
}

result<std::vector<hand_command>, std::string> parse_commands(std::string_view text) {
  auto split = split_commands(text);
  if (!split) {
    return fail(split.error());
  }
  if (split.value().size() > commands_max) {
    return fail("more than " + text::format_count(commands_max) + " commands at once");
  }
  std::vector<hand_command> out;
  for (auto& each : split.value()) {
    auto one = parse_one(std::move(each));
    if (!one) {
      return fail(one.error());
    }
    out.push_back(std::move(one).value());
  }
  return out;
}

std::string commands_help() {
  std::string out;
  for (const entry& e : entries) {
    append_usage(out, e.usage, e.text);
  }
  return out;
}

std::vector<std::string_view> command_words() {
  std::vector<std::string_view> out;
  std::transform(entries.begin(), entries.end(), std::back_inserter(out),
                 [](const entry& e) { return e.word; });
  return out;
}

} // namespace fleet::program
