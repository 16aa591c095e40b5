// The table of commands, and how each reads its words.
#include "fleet/hand/post_commands.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "fleet/hand/commands.hpp"
#include "fleet/hand/typed_words.hpp"
#include "fleet/hand/words.hpp"
#include "fleet/text/nearest.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::program {

namespace {

typed_complaint read_post(typed_view words, post_command& out) {
  if (words.empty()) {
    return "post needs a payload, or a topic and a payload; report sends one of its own";
  }
  if (auto wrong = too_many_words(words, 2)) {
    return wrong;
  }
  if (words.size() == 2) {
    out.topic = words[0];
    if (!mqtt::valid_topic(out.topic) || out.topic.find("//") != std::string::npos) {
      return shown_word(out.topic)
             + " is no topic to post to; it must be UTF-8 without + and #, its levels not empty";
    }
  }
  return read_typed_payload(words.back(), out.payload);
}

typed_complaint read_wait(typed_view words, post_command& out) {
  return read_typed_wait(words, out.time);
}

typed_complaint read_bare(typed_view words, post_command& /*out*/) {
  return too_many_words(words, 0);
}

struct entry {
  post_verb verb;
  std::string_view word;
  std::string_view usage;
  std::string_view text;
  typed_complaint (*read)(typed_view, post_command&);
};

constexpr std::array<entry, 7> entries{{
    {post_verb::post, "post", "post PAYLOAD\n  post TOPIC PAYLOAD",
     "posts it to where the device's reports go; hex:00ff is of octets\n"
     "posts it there; update is /PK/DN/update, thing/… is below /sys/PK/DN/",
     read_post},
    {post_verb::report, "report", "report", "posts a report as the manual's sample makes it",
     read_bare},
    {post_verb::auth, "auth", "auth", "logs on again, for another token", read_bare},
    {post_verb::ping, "ping", "ping", "CoAP: asks whether the far end lives", read_bare},
    {post_verb::wait, "wait", "wait D", "lets time pass before the next command, as 3s or 500ms",
     read_wait},
    {post_verb::help, "help", "help", "this", read_bare},
    {post_verb::stop, "stop", "stop", "waits for what is unanswered, and ends", read_bare},
}};

bool spoken_by(const entry& e, device_protocol spoken) noexcept {
  return e.verb != post_verb::ping || spoken == device_protocol::coap;
}

result<post_command, std::string> parse_one(typed_command typed, device_protocol spoken) {
  const typed_view words{typed.words};
  post_command out;
  out.typed = std::move(typed.typed);
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const entry& e) {
    return e.word == words[0] && spoken_by(e, spoken);
  });
  if (found == entries.end()) {
    const auto known = post_command_words(spoken);
    const auto near = text::nearest(words[0], known);
    return fail("unknown command " + shown_word(words[0]) + "; "
                + (near ? "the nearest is " + std::string{*near} : "help shows them all"));
  }
  out.verb = found->verb;
  if (auto wrong = found->read(words.subspan(1), out)) {
    return fail(std::move(*wrong));
  }
  return out;
}

} // namespace

result<std::vector<post_command>, std::string> parse_post_commands(std::string_view text,
                                                                   device_protocol spoken) {
  auto split = split_commands(text);
  if (!split) {
    return fail(split.error());
  }
  if (split.value().size() > commands_max) {
    return fail("more than " + text::format_count(commands_max) + " commands at once");
  }
  std::vector<post_command> out;
  for (auto& each : split.value()) {
    auto one = parse_one(std::move(each), spoken);
    if (!one) {
      return fail(one.error());
    }
    out.push_back(std::move(one).value());
  }
  return out;
}

std::string post_commands_help(device_protocol spoken) {
  std::string out;
  for (const entry& e : entries) {
    if (spoken_by(e, spoken)) {
      append_usage(out, e.usage, e.text);
    }
  }
  return out;
}

std::vector<std::string_view> post_command_words(device_protocol spoken) {
  std::vector<std::string_view> out;
  for (const entry& e : entries) {
    if (spoken_by(e, spoken)) {
      out.push_back(e.word);
    }
  }
  return out;
}

std::string whole_topic(std::string_view typed, std::string_view product_key,
                        std::string_view device_name) {
  if (typed.starts_with('/')) {
    return std::string{typed};
  }
  std::string out{typed.starts_with("thing/") ? "/sys/" : "/"};
  for (const auto part : {product_key, device_name, typed}) {
    out += part;
    out += '/';
  }
  out.pop_back();
  return out;
}

} // namespace fleet::program
