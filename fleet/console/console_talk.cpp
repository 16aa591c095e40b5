// Answers to exit codes.
#include "fleet/console/console_talk.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "fleet/console/render.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

exit_code print_outcome(const std::string& name, console_outcome outcome) {
  std::fputs(outcome.out.c_str(), stdout);
  if (std::fflush(stdout) != 0 && outcome.code == exit_code::passed) {
    outcome.code = exit_code::environment_failed;
    outcome.errors += name + ": standard output takes no more\n";
  }
  std::fputs(outcome.errors.c_str(), stderr);
  return outcome.code;
}

bool console_talk::wrong(exit_code code, std::string_view sentence) {
  outcome_.code = code;
  outcome_.errors += fmt::format("fleet cloud {}: {}\n", style_.name, sentence);
  return false;
}

bool console_talk::foreign(std::string_view why) {
  return wrong(exit_code::environment_failed,
               fmt::format("what is at {} does not answer as a twin's admin API: {}", where_, why));
}

std::optional<admin_answer> console_talk::ask(const admin_request& request) {
  auto answer = api_.ask(request);
  if (!answer) {
    wrong(exit_code::environment_failed, answer.error());
    return std::nullopt;
  }
  return std::move(answer).value();
}

bool console_talk::good(const admin_answer& answer, std::string_view who) {
  const judgement judged = judge(answer, who);
  switch (judged.kind) {
    case answer_kind::good: return true;
    case answer_kind::refused:
      if (style_.json) {
        outcome_.out += answer.body + "\n";
      }
      return wrong(exit_code::expectation_failed, judged.sentence);
    case answer_kind::foreign: return foreign(judged.sentence);
  }
  FLEET_CHECK(false);
}

std::optional<admin_answer> console_talk::ask_well(const admin_request& request) {
  auto answer = ask(request);
  return answer && good(*answer, "the twin") ? std::move(answer) : std::nullopt;
}

void console_talk::print(std::string_view json, const std::optional<std::string>& text) {
  if (!text) {
    foreign("the answer has another form than it should");
  } else if (!style_.json) {
    outcome_.out += *text;
  } else if (!json.empty()) {
    outcome_.out += std::string{json} + (json.ends_with('\n') ? "" : "\n");
  }
}

} // namespace fleet::program
