// What all `fleet cloud …` subcommands have in common once they talk to a twin: asking, judging the
// answer, and what is printed and how the process ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fleet/console/admin_api.hpp"
#include "fleet/options.hpp"

namespace fleet::program {

/// What goes to standard output and standard error, and how the process ends.
struct console_outcome {
  exit_code code = exit_code::passed;
  std::string out;
  std::string errors;
};

/// Prints it; `name` is what messages begin with.
exit_code print_outcome(const std::string& name, console_outcome outcome);

/// The words of the subcommand behind `fleet cloud`, and whether the answer is to be printed as it
/// came.
struct talk_style {
  std::string name;
  bool json = false;
};

class console_talk {
public:
  /// `where` names the API in messages; it and `api` outlive this.
  console_talk(talk_style style, admin_api& api, const std::string& where)
      : style_(std::move(style)), api_(api), where_(where) {}

protected:
  ~console_talk() = default;

  /// Nothing: nobody answered, which is told.
  std::optional<admin_answer> ask(const admin_request& request);
  /// Without telling, for who asks again.
  result<admin_answer, std::string> try_to_ask(const admin_request& request) {
    return api_.ask(request);
  }
  /// False: a no, which is told. `who` names whom it is about.
  bool good(const admin_answer& answer, std::string_view who);
  /// ask() and good() in one.
  std::optional<admin_answer> ask_well(const admin_request& request);
  /// Tells what is wrong; always false.
  bool foreign(std::string_view why);
  bool wrong(exit_code code, std::string_view sentence);
  /// The one or the other; nothing for text: an answer of another form.
  void print(std::string_view json, const std::optional<std::string>& text);

  [[nodiscard]] const talk_style& style() const noexcept { return style_; }

  console_outcome outcome_;

private:
  talk_style style_;
  admin_api& api_;
  const std::string& where_;
};

} // namespace fleet::program
