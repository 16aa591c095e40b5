// The keys of a product's reports, and of the tables that they replay.
#include "fleet/scenario/load_words.hpp"
#include "fleet/scenario/nested_keys.hpp"
#include "fleet/scenario/sections.hpp"
#include "fleet/scenario/words.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

key_of<report_rule> identifiers_key() {
  auto info = info_of({"identifiers",
                       "Which properties, events or attributes of the model; for properties, "
                       "event, batch and the three of the shadow.",
                       "[power, colour]", "all of them"},
                      "list of words");
  info.range = "1 to 64 of letters, digits, _ and : each; 0 to 200 items";
  return words_key(std::move(info), &report_rule::identifiers, identifiers_most, check_identifier);
}

key_of<report_rule> jitter_key() {
  auto info = info_of({"jitter",
                       "By up to which part of `every` each report is late, at random; the next is "
                       "not later for it. Contradicts `arrivals: poisson`.",
                       "20%", "none"},
                      "percentage");
  info.range = "above 0 to 100, four decimals";
  return value_key<report_rule>(
      std::move(info),
      [](reading&, std::string_view word, report_rule& out) -> std::optional<std::string> {
        const auto parsed = parse_percent(word);
        if (!parsed) {
          return parsed.error();
        }
        out.jitter_ppm = parsed.value();
        return std::nullopt;
      });
}

key_of<report_rule> text_of_report(const key_text& t, std::string report_rule::*field,
                                   ledger_word ledger, column_word columns) {
  auto info = info_of(t, "template");
  info.range = "text with {device}, {index}, {seq}, {timestamp}, {random LOW..HIGH}…";
  return text_key(std::move(info), field, template_check(ledger, columns));
}

key_of<replay_rule> file_key() {
  auto info = info_of({"file",
                       "The table (CSV, its first line the names of the columns), by a path from "
                       "the scenario file.",
                       "data/day.csv", "none: it must be written"},
                      "file");
  info.range = "a file that exists, of at most 16MiB";
  return value_key<replay_rule>(
      std::move(info),
      [](reading& r, std::string_view word, replay_rule& out) -> std::optional<std::string> {
        if (word.empty() || word.size() > path_octets_most) {
          return "is not a path; it takes 1 to 4,096 octets";
        }
        out.file = found_from(r.around().folder, word);
        if (r.around().file_exists && !r.around().file_exists(out.file)) {
          return "is no file; it takes a path from the scenario file's folder";
        }
        return std::nullopt;
      });
}

const section_of<replay_rule>& replay_section() {
  static const section_of<replay_rule> section{
      "products[].report[].replay",
      "a replay",
      {file_key(),
       word_key({"start",
                 "Where each device begins: at a row that follows from the seed, or at the first.",
                 "first"},
                &replay_rule::from_first, replay_start_words),
       word_key({"at_end",
                 "What comes after the last row: the first again, or no further report of this "
                 "kind until the device boots anew.",
                 "stop"},
                &replay_rule::ends, replay_end_words)}};
  return section;
}

std::vector<key_of<report_rule>> content_keys() {
  return {text_of_report({"topic",
                          "Where a custom report goes: what follows /PK/DN/, or the whole topic "
                          "with profile mqtt.",
                          "user/update", "update; fleet/{device}/up with profile mqtt"},
                         &report_rule::topic, ledger_word::refused, column_word::refused),
          text_of_report({"payload",
                          "What a custom or raw report holds; {ledger} is where its place in the "
                          "ledger goes.",
                          "'{{\"t\":{random 10..30}}}'", "made by the profile"},
                         &report_rule::payload, ledger_word::allowed, column_word::allowed),
          map_key({"replay",
                   "Makes each report of a row of a table: its columns are properties of the "
                   "model, or {column NAME} in the payload. For properties, custom and raw.",
                   "{file: data/day.csv}", "none: the board's own values"},
                  &report_rule::replay, replay_section()),
          switch_key({"may_fail",
                      "Whether the run passes although the cloud answers this report with an "
                      "error.",
                      "on"},
                     &report_rule::may_fail)};
}

} // namespace

std::string found_from(const std::string& folder, std::string_view path) {
  return path.starts_with('/') ? std::string{path} : folder + std::string{path};
}

const section_of<report_rule>& report_section() {
  static const section_of<report_rule> section = [] {
    section_of<report_rule> made{
        "products[].report[]",
        "a report",
        {word_key({"what",
                   "What is sent. shadow is repeated until the cloud has it, shadow_async is sent "
                   "once, and shadow_delete takes attributes out of the shadow. A product of "
                   "profile mqtt takes custom only.",
                   "event", "properties; custom with profile mqtt"},
                  &report_rule::what, report_kind_words),
         identifiers_key(),
         duration_key({"every", "Time between two reports of a device.", "30s"},
                      &report_rule::every, {1ms, 24h * 30}),
         word_key({"arrivals",
                   "even: one `every` after the other; poisson: at random, with that for a mean.",
                   "poisson"},
                  &report_rule::arrivals, arrivals_words),
         jitter_key()}};
    for (auto& key : content_keys()) {
      made.keys.push_back(std::move(key));
    }
    return made;
  }();
  return section;
}

} // namespace fleet::program
