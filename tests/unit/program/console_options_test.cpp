// The asking subcommands of `fleet cloud` as command lines: what is taken, refused and explained.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/options.hpp"
#include "fleet/options/console_verbs.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string_view>;

console_options taken(const words& line) {
  words all{"cloud"};
  all.insert(all.end(), line.begin(), line.end());
  auto answer = parse_options(all);
  if (!answer || !std::holds_alternative<console_options>(answer.value())) {
    ADD_FAILURE() << (answer ? "another subcommand" : answer.error().message);
    return {};
  }
  return std::get<console_options>(std::move(answer).value());
}

/// What is said of the line, without the hint where to read on.
std::string refused(const words& line) {
  words all{"cloud"};
  all.insert(all.end(), line.begin(), line.end());
  const auto answer = parse_options(all);
  if (answer) {
    return "accepted";
  }
  const std::string& message = answer.error().message;
  return message.substr(0, message.find('\n'));
}

std::string text_of(const words& line) {
  auto answer = parse_options(line);
  return answer && std::holds_alternative<text_answer>(answer.value())
             ? std::get<text_answer>(answer.value()).text
             : std::string{"no text"};
}

} // namespace

TEST(console_flags, have_defaults_that_reach_a_local_twin) {
  const auto o = taken({"products"});
  EXPECT_EQ(o.verb, console_verb::products);
  EXPECT_EQ(o.reach.admin, "");
  EXPECT_EQ(o.reach.token_file, "");
  EXPECT_EQ(o.reach.timeout, 5s);
  EXPECT_FALSE(o.json);
}

TEST(console_flags, say_where_the_twin_is_in_every_subcommand) {
  for (const auto& verb : verb_entries()) {
    words line{verb.word};
    for (const auto role : verb.roles) {
      if (role != word_role::none) {
        line.emplace_back("word");
      }
    }
    if (verb.verb == console_verb::set || verb.verb == console_verb::get) {
      line.emplace_back("a=1");
    } else if (verb.verb == console_verb::add) {
      line.back() = "a/b";
    } else if (verb.verb == console_verb::invite) {
      line.emplace_back("a/b");
    } else if (verb.verb == console_verb::topic) {
      line.emplace_back("--delete");
    }
    for (const auto flag : {"--admin", "https://twin:1", "--token-file", "t", "--cafile", "c",
                            "--timeout", "1s", "--json"}) {
      line.emplace_back(flag);
    }
    const auto o = taken(line);
    EXPECT_EQ(o.verb, verb.verb) << verb.word;
    EXPECT_EQ(to_string(o.verb), verb.word);
    EXPECT_EQ(o.reach.admin, "https://twin:1");
    EXPECT_EQ(o.reach.token_file, "t");
    EXPECT_EQ(o.reach.ca_file, "c");
    EXPECT_EQ(o.reach.timeout, 1s);
    EXPECT_TRUE(o.json);
  }
}

TEST(console_flags, of_one_subcommand_are_read) {
  const auto devices = taken({"devices", "--product", "a1", "--state", "online", "--limit", "2k"});
  EXPECT_EQ(devices.product, "a1");
  EXPECT_EQ(devices.state, "online");
  EXPECT_EQ(devices.limit, 2000U);
  const auto shadow = taken({"shadow", "d", "--set", "a=1", "--set", "b=2", "--version", "7"});
  EXPECT_EQ(shadow.words, (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(shadow.version, 7);
  EXPECT_EQ(taken({"publish", "/t", "x", "--qos", "1"}).qos, mqtt::qos::at_least_once);
  EXPECT_EQ(taken({"publish", "/t", "--file", "f"}).file, "f");
  EXPECT_EQ(taken({"rrpc", "d", "x", "--topic", "/a/b"}).topic, "/a/b");
  const auto product = taken({"product", "a1", "--name", "Lamps", "--model", "m.json"});
  EXPECT_EQ(product.product, "a1");
  EXPECT_EQ(product.name, "Lamps");
  EXPECT_EQ(product.model_file, "m.json");
  EXPECT_EQ(taken({"add", "a1/d", "--secret-file", "s"}).secret_file, "s");
  EXPECT_TRUE(taken({"config", "a1", "f.json", "--push"}).push);
}

TEST(console_words, go_to_their_places) {
  EXPECT_EQ(taken({"device", "a1/d"}).device, "a1/d");
  const auto set = taken({"set", "a1/d", "LightSwitch=1", "RGBColor.Red=20"});
  EXPECT_EQ(set.device, "a1/d");
  EXPECT_EQ(set.words, (std::vector<std::string>{"LightSwitch=1", "RGBColor.Red=20"}));
  const auto call = taken({"call", "d", "Restart", "delay=3", "--timeout", "2s"});
  EXPECT_EQ(call.service, "Restart");
  EXPECT_EQ(call.words, (std::vector<std::string>{"delay=3"}));
  const auto broadcast = taken({"broadcast", "a1", "/broadcast/a1/x", "hi there"});
  EXPECT_EQ(broadcast.product, "a1");
  EXPECT_EQ(broadcast.topic, "/broadcast/a1/x");
  EXPECT_EQ(broadcast.payload, "hi there");
  EXPECT_EQ(taken({"import", "f.csv"}).file, "f.csv");
  EXPECT_EQ(taken({"rrpc", "d", "--", "--dashes"}).payload, "--dashes");
  EXPECT_EQ(taken({"rrpc", "d", ""}).payload, "");
}

TEST(console_words, are_refused_with_what_is_missing_or_wrong) {
  const std::vector<std::pair<words, std::string>> table{
      {{"device"}, "fleet cloud device: needs a device: ProductKey/DeviceName"},
      {{"device", "a/b/c"},
       "fleet cloud device: \"a/b/c\" is no device; write ProductKey/DeviceName, or DeviceName "
       "alone"},
      {{"device", "/d"},
       "fleet cloud device: \"/d\" is no device; write ProductKey/DeviceName, or DeviceName alone"},
      {{"device", "d", "e"}, "fleet cloud device: unexpected word \"e\""},
      {{"products", "x"}, "fleet cloud products: unexpected word x"},
      {{"set", "d"}, "fleet cloud set: needs a property: NAME=VALUE"},
      {{"set", "d", "a"},
       "fleet cloud set: a is no assignment; write NAME=VALUE, as in LightSwitch=1"},
      {{"set", "d", "a={"},
       "fleet cloud set: a={ begins like JSON and is none; check its brackets and quotes, and the "
       "shell's"},
      {{"get", "d"},
       "fleet cloud get: needs the name of a property; `fleet cloud device` shows all that were "
       "reported"},
      {{"call", "d"}, "fleet cloud call: needs a service"},
      {{"rrpc", "d"}, "fleet cloud rrpc: needs a payload, or --file"},
      {{"rrpc", "d", "x", "--file", "f"},
       "fleet cloud rrpc: the payload is given twice, as a word and by --file"},
      {{"publish"}, "fleet cloud publish: needs a topic"},
      {{"broadcast", "a b", "/t", "x"}, "fleet cloud broadcast: \"a b\" is no ProductKey"},
      {{"shadow", "d", "--version", "2"}, "fleet cloud shadow: --version belongs to --set"},
      {{"add", "d"}, "fleet cloud add: needs the product too: ProductKey/d"},
      {{"topic"}, "fleet cloud topic: needs a ProductKey"},
      {{"topic", "a1", "c1"}, "fleet cloud topic: \"c1\" needs --allow pub|sub|both, or --delete"},
      {{"topic", "a1", "--delete"},
       "fleet cloud topic: needs a class: what follows /a1/DN/ in a topic"},
      {{"topic", "a1", "c1", "--allow", "pub", "--delete"},
       "fleet cloud topic: --allow contradicts --delete"},
      {{"topic", "a1", "c1", "--allow", "pob"},
       "fleet cloud topic: --allow pob is unknown; the nearest is pub (of pub, sub or both)"},
      {{"invite", "a1/gw"}, "fleet cloud invite: needs a sub-device: ProductKey/DeviceName"},
      {{"invite", "a1/gw", "a2/d", "e"},
       "fleet cloud invite: \"e\" is no sub-device; write ProductKey/DeviceName"},
      {{"permit", "a1/gw", "--for", "1500ms"},
       "fleet cloud permit: --for is in whole seconds; 1s500ms is not"},
      {{"config", "a1"}, "fleet cloud config: needs a file"}};
  for (const auto& [line, sentence] : table) {
    EXPECT_EQ(refused(line), sentence);
  }
}

TEST(console_flags, are_refused_outside_of_their_range) {
  const std::vector<std::pair<words, std::string>> table{
      {{"devices", "--state", "onlin"},
       "fleet cloud devices: --state onlin is unknown; the nearest is online (of unactivated, "
       "online, offline or disabled)"},
      {{"devices", "--limit", "0"},
       "fleet cloud devices: --limit 0 is out of range; it takes 1 to 1,000,000"},
      {{"devices", "--produkt", "a"},
       "fleet cloud devices: unknown flag --produkt; the nearest is --product"},
      {{"kick", "d", "--push"}, "fleet cloud kick: unknown flag --push"},
      {{"status", "--admin", "ftp://x"},
       "fleet cloud status: --admin ftp://x is neither http:// nor https://"},
      {{"status", "--admin", "http://h:0"},
       "fleet cloud status: --admin http://h:0 has a bad port; it takes 1 to 65535"},
      {{"call", "d", "S", "--timeout", "2m"},
       "fleet cloud call: --timeout 2m is out of range; it takes 100ms to 1m"},
      {{"rrpc", "d", "x", "--timeout", "30s"},
       "fleet cloud rrpc: --timeout 30s is out of range; it takes 1s to 8s"},
      {{"rrpc", "d", "x", "--timeout", "500ms"},
       "fleet cloud rrpc: --timeout 500ms is out of range; it takes 1s to 8s"},
      {{"shadow", "d", "--set", "a=1", "--version", "-1"},
       "fleet cloud shadow: --version -1 is negative"},
      {{"publish", "/t", "x", "--qos", "2"},
       "fleet cloud publish: --qos 2 is unknown; it takes 0 or 1"},
      {{"sett", "d"}, "fleet cloud: unknown subcommand sett; the nearest is set"},
      {{"devcies"}, "fleet cloud: unknown subcommand devcies; the nearest is devices"}};
  for (const auto& [line, sentence] : table) {
    EXPECT_EQ(refused(line), sentence);
  }
}

TEST(console_flags, never_repeat_what_stands_before_an_at_sign) {
  EXPECT_EQ(refused({"status", "--admin", "http://me:hunter2@twin"}),
            "fleet cloud status: --admin http://***@twin must not hold a name or password; the "
            "token comes from --token-file or FLEET_ADMIN_TOKEN");
}

TEST(console_help, is_a_manual_with_an_example_that_parses_for_each_subcommand) {
  const std::string overview = text_of({"cloud", "--help"});
  for (const auto& verb : verb_entries()) {
    const std::string text = text_of({"help", "cloud", verb.word});
    EXPECT_EQ(text, text_of({"cloud", verb.word, "--help"}));
    EXPECT_NE(text.find("--admin URL"), std::string::npos) << verb.word;
    EXPECT_NE(text.find("--json"), std::string::npos) << verb.word;
    ASSERT_NE(text.find("Examples\n  fleet cloud " + std::string{verb.word}), std::string::npos);
    EXPECT_NE(overview.find("\n  " + std::string{verb.word} + " "), std::string::npos);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      ASSERT_NE(end, std::string::npos);
      EXPECT_LE(end - at, 100U) << text.substr(at, end - at);
      at = end + 1;
    }
  }
  EXPECT_NE(overview.find("\n  serve "), std::string::npos);
}

TEST(console_help, has_examples_that_are_accepted) {
  for (const auto& verb : verb_entries()) {
    for (std::size_t i = 0; i < verb.examples.size() && !verb.examples[i].empty(); i += 2) {
      // As a shell splits it: at blanks, but not within single quotes.
      std::vector<std::string> split;
      bool quoted = false;
      bool fresh = true;
      for (const char c : verb.examples[i]) {
        if (c == '\'') {
          quoted = !quoted;
        } else if (c == ' ' && !quoted) {
          fresh = true;
        } else {
          if (fresh) {
            split.emplace_back();
          }
          fresh = false;
          split.back() += c;
        }
      }
      ASSERT_EQ(split.at(0), "fleet");
      ASSERT_EQ(split.at(1), "cloud");
      EXPECT_EQ(taken(words{split.begin() + 2, split.end()}).verb, verb.verb) << verb.examples[i];
    }
  }
}

} // namespace fleet::program
