// `fleet cloud firmware …` and `fleet cloud campaign …` as command lines: what is taken, refused
// and explained.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/options.hpp"
#include "fleet/options/rollout_verbs.hpp"
#include "fleet/options/subcommands.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string_view>;

rollout_options taken(const words& line) {
  words all{"cloud"};
  all.insert(all.end(), line.begin(), line.end());
  auto answer = parse_options(all);
  if (!answer || !std::holds_alternative<rollout_options>(answer.value())) {
    ADD_FAILURE() << (answer ? "another subcommand" : answer.error().message);
    return {};
  }
  return std::get<rollout_options>(std::move(answer).value());
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

TEST(rollout_flags, say_where_the_twin_is_in_every_subcommand) {
  for (const auto& entry : rollout_entries()) {
    words line{entry.noun, entry.word};
    if (entry.takes != rollout_word::none) {
      line.emplace_back("7");
    }
    if (entry.verb == rollout_verb::firmware_add) {
      line.insert(line.end(), {"--product", "a1", "--version", "2"});
    }
    for (const auto flag : {"--admin", "https://twin:1", "--token-file", "t", "--cafile", "c",
                            "--timeout", "1s", "--json"}) {
      line.emplace_back(flag);
    }
    const auto o = taken(line);
    EXPECT_EQ(o.verb, entry.verb) << entry.word;
    EXPECT_EQ(to_string(o.verb), std::string{entry.noun} + " " + std::string{entry.word});
    EXPECT_EQ(o.reach.admin, "https://twin:1");
    EXPECT_EQ(o.reach.token_file, "t");
    EXPECT_EQ(o.reach.ca_file, "c");
    EXPECT_EQ(o.reach.timeout, 1s);
    EXPECT_TRUE(o.json);
  }
}

TEST(rollout_flags, of_a_firmware_are_read) {
  const auto file = taken({"firmware", "add", "f.bin", "--product", "a1", "--version", "2.0.0"});
  EXPECT_EQ(file.firmware.file, "f.bin");
  EXPECT_EQ(file.firmware.product, "a1");
  EXPECT_EQ(file.firmware.version, "2.0.0");
  EXPECT_EQ(file.firmware.module, "");
  EXPECT_EQ(file.firmware.sign, content_digest::md5);
  const auto made = taken({"firmware", "add", "--generate", "256MiB", "--seed", "7", "--product",
                           "a1", "--version", "3", "--module", "mcu", "--sign-method", "sha256",
                           "--fault", "status", "--status", "404"});
  EXPECT_EQ(made.firmware.generate, 256U << 20U);
  EXPECT_EQ(made.firmware.seed, 7U);
  EXPECT_EQ(made.firmware.module, "mcu");
  EXPECT_EQ(made.firmware.sign, content_digest::sha256);
  EXPECT_EQ(made.firmware.fault, "status");
  EXPECT_EQ(made.firmware.status, 404U);
  EXPECT_EQ(taken({"firmware", "delete", "12"}).id, 12U);
}

TEST(rollout_flags, of_a_campaign_are_read) {
  const auto o =
      taken({"campaign",    "start",       "--firmware",   "3",           "--name",        "r1",
             "--percent",   "50%",         "--versions",   "1.0.0,1.1.0", "--devices",     "d1,d2",
             "--waves",     "1%,10%,100%", "--rate",       "50/s",        "--under-way",   "500",
             "--halt-at",   "2.5%",        "--halt-after", "20",          "--retries",     "2",
             "--attempt",   "1h",          "--wave-most",  "2h",          "--wave-pause",  "1.5s",
             "--wave-done", "95%",         "--watch",      "--take-over", "--retry-after", "90s"});
  const auto& c = o.campaign;
  EXPECT_EQ(o.id, 0U);
  EXPECT_EQ(c.firmware, 3U);
  EXPECT_EQ(c.name, "r1");
  EXPECT_EQ(c.permille, 500U);
  EXPECT_EQ(c.versions, (std::vector<std::string>{"1.0.0", "1.1.0"}));
  EXPECT_EQ(c.devices, "d1,d2");
  EXPECT_EQ(c.waves, (std::vector<std::uint32_t>{10, 100, 1000}));
  EXPECT_EQ(c.offers_per_second, 50U);
  EXPECT_EQ(c.under_way, 500U);
  EXPECT_EQ(c.halt_permille, 25U);
  EXPECT_EQ(c.halt_after, 20U);
  EXPECT_EQ(c.retries, 2U);
  EXPECT_EQ(c.retry_after, 90s);
  EXPECT_EQ(c.attempt, 1h);
  EXPECT_EQ(c.wave_pause, 1500ms);
  EXPECT_EQ(c.wave_done_permille, 950U);
  EXPECT_EQ(c.wave_most, 2h);
  EXPECT_TRUE(c.take_over);
  EXPECT_FALSE(c.later);
  EXPECT_TRUE(o.watch);
  EXPECT_EQ(taken({"campaign", "start", "4", "--watch"}).id, 4U);
  EXPECT_TRUE(taken({"campaign", "start", "--firmware", "1", "--later"}).campaign.later);
}

TEST(rollout_flags, of_a_status_are_read) {
  const auto o = taken({"campaign", "status", "2", "--devices", "--state", "failed"});
  EXPECT_EQ(o.id, 2U);
  EXPECT_TRUE(o.devices);
  EXPECT_EQ(o.state, "failed");
  for (const auto verb : {"status", "resume", "retry"}) {
    EXPECT_TRUE(taken({"campaign", verb, "2", "--watch"}).watch) << verb;
  }
}

TEST(rollout_flags, of_firmware_are_refused_in_one_sentence_with_the_nearest_word) {
  const std::vector<std::pair<words, std::string>> table{
      {{"firmware"}, "fleet cloud firmware: needs a subcommand: add, list or delete"},
      {{"firmware", "ad"},
       "fleet cloud firmware: subcommand ad is unknown; the nearest is add (of add, list or "
       "delete)"},
      {{"campaign", "hlat", "1"},
       "fleet cloud campaign: subcommand hlat is unknown; the nearest is halt (of start, list, "
       "status, halt, resume, cancel, retry or delete)"},
      {{"campain", "halt", "1"},
       "fleet cloud: unknown subcommand campain; the nearest is campaign"},
      {{"firmware", "add"}, "fleet cloud firmware add: needs a file, or --generate SIZE"},
      {{"firmware", "add", "f", "--version", "2"},
       "fleet cloud firmware add: needs --product PK, whose devices it is for"},
      {{"firmware", "add", "f", "--product", "a1"},
       "fleet cloud firmware add: needs --version V, which devices report when they run it"},
      {{"firmware", "add", "f", "g", "--product", "a1", "--version", "2"},
       "fleet cloud firmware add: unexpected word \"g\""},
      {{"firmware", "add", "f", "--generate", "1MiB"},
       "fleet cloud firmware add: --generate contradicts the file f; give one"},
      {{"firmware", "add", "f", "--seed", "1"},
       "fleet cloud firmware add: --seed belongs to --generate"},
      {{"firmware", "add", "--generate", "257MiB"},
       "fleet cloud firmware add: --generate 257MiB is out of range; it takes 1B to 256MiB"},
      {{"firmware", "add", "f", "--sign-method", "sha-256"},
       "fleet cloud firmware add: --sign-method sha-256 is unknown; the nearest is sha256 (of md5 "
       "or sha256)"},
      {{"firmware", "add", "f", "--fault", "stal"},
       "fleet cloud firmware add: --fault stal is unknown; the nearest is stall (of wrong_digest, "
       "short_body, long_body, wrong_size, status, stall, redirect or unbootable)"},
      {{"firmware", "add", "f", "--fault", "status"},
       "fleet cloud firmware add: --fault status needs --status N"},
      {{"firmware", "add", "f", "--fault", "stall", "--status", "404"},
       "fleet cloud firmware add: --status belongs to --fault status"},
      {{"firmware", "add", "f", "--fault", "unbootable"},
       "fleet cloud firmware add: --fault unbootable belongs to --generate"},
      {{"firmware", "list", "1"}, "fleet cloud firmware list: unexpected word 1"},
      {{"firmware", "delete"},
       "fleet cloud firmware delete: needs the number that firmware list "
       "shows"}};
  for (const auto& [line, sentence] : table) {
    EXPECT_EQ(refused(line), sentence);
  }
}

TEST(rollout_flags, of_campaigns_are_refused_in_one_sentence_with_the_nearest_word) {
  const std::vector<std::pair<words, std::string>> table{
      {{"campaign", "halt", "r1"},
       "fleet cloud campaign halt: \"r1\" is no number of the twin's, as its lists show them"},
      {{"campaign", "halt", "1", "--watch"}, "fleet cloud campaign halt: unknown flag --watch"},
      {{"campaign", "start"},
       "fleet cloud campaign start: needs --firmware ID, which firmware list shows"},
      {{"campaign", "start", "--firmwear", "1"},
       "fleet cloud campaign start: unknown flag --firmwear; the nearest is --firmware"},
      {{"campaign", "start", "1", "--rate", "5/s"},
       "fleet cloud campaign start: --rate is for a new campaign and contradicts campaign 1"},
      {{"campaign", "start", "--firmware", "1", "--waves", "10%,5%,100%"},
       "fleet cloud campaign start: --waves 10%,5%,100% must be percents that rise from wave to "
       "wave, as 1%,10%,100%"},
      {{"campaign", "start", "--firmware", "1", "--waves", "1%,10%"},
       "fleet cloud campaign start: --waves 1%,10% must end in 100%, or not all devices would have "
       "their turn"},
      {{"campaign", "start", "--firmware", "1", "--waves",
        "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,100"},
       "fleet cloud campaign start: --waves 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,100 has 17 "
       "waves; 16 are the most"},
      {{"campaign", "start", "--firmware", "1", "--percent", "0%"},
       "fleet cloud campaign start: --percent 0% is no percent with one decimal; it takes 0.1% "
       "to 100%"},
      {{"campaign", "start", "--firmware", "1", "--percent", "101%"},
       "fleet cloud campaign start: --percent 101% is no percent with one decimal; it takes 0.1% "
       "to 100%"},
      {{"campaign", "start", "--firmware", "1", "--halt-at", "0.05%"},
       "fleet cloud campaign start: --halt-at 0.05% is no percent with one decimal; it takes 0.1% "
       "to 100%"},
      {{"campaign", "start", "--firmware", "1", "--rate", "1.5/s"},
       "fleet cloud campaign start: --rate 1.5/s is no whole number a second"},
      {{"campaign", "start", "--firmware", "1", "--attempt", "1.0005s"},
       "fleet cloud campaign start: --attempt 1.0005s is not in whole milliseconds"},
      {{"campaign", "start", "--firmware", "1", "--versions", "1,,2"},
       "fleet cloud campaign start: --versions 1,,2 has an empty place; write them with commas "
       "between"},
      {{"campaign", "start", "--firmware", "1", "--later", "--watch"},
       "fleet cloud campaign start: --watch contradicts --later"},
      {{"campaign", "status", "1", "--state", "failed"},
       "fleet cloud campaign status: --state belongs to --devices"},
      {{"campaign", "status", "1", "--devices", "--state", "fail"},
       "fleet cloud campaign status: --state fail is unknown; the nearest is failed (of "
       "waiting, offered, upgrading, succeeded, failed or cancelled)"},
      {{"campaign", "status", "1", "--devices", "--watch"},
       "fleet cloud campaign status: --watch shows sums and so contradicts --devices"}};
  for (const auto& [line, sentence] : table) {
    EXPECT_EQ(refused(line), sentence);
  }
}

TEST(rollout_help, names_every_subcommand_and_stays_within_100_columns) {
  std::string all = text_of({"cloud", "--help"});
  EXPECT_NE(all.find("  firmware"), std::string::npos);
  EXPECT_NE(all.find("  campaign"), std::string::npos);
  for (const auto noun : rollout_words()) {
    const auto overview = text_of({"cloud", noun, "--help"});
    for (const auto& entry : rollout_entries()) {
      if (entry.noun == noun) {
        EXPECT_NE(overview.find("  " + std::string{entry.word}), std::string::npos) << entry.word;
        const auto help = text_of({"help", "cloud", noun, entry.word});
        EXPECT_TRUE(help.starts_with("fleet cloud " + to_string(entry.verb) + ": ")) << help;
        EXPECT_NE(help.find("--admin"), std::string::npos);
        EXPECT_NE(help.find("Examples"), std::string::npos);
        all += help;
      }
    }
    all += overview;
  }
  while (!all.empty()) {
    const auto end = std::min(all.find('\n'), all.size());
    EXPECT_LE(end, 100U) << all.substr(0, end);
    all.erase(0, end + 1);
  }
}

} // namespace fleet::program
