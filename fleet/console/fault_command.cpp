// One question each.
#include "fleet/console/fault_command.hpp"

#include <fmt/format.h>

#include "fleet/console/admin_connection.hpp"
#include "fleet/console/display.hpp"
#include "fleet/console/fault_request.hpp"

namespace fleet::program {

namespace {

class fault_talk final : console_talk {
public:
  fault_talk(const fault_options& what, admin_api& api, const std::string& where)
      : console_talk({"fault " + std::string{to_string(what.verb)}, what.json}, api, where),
        what_(what) {}

  console_outcome run() {
    switch (what_.verb) {
      case fault_verb::add: add(); break;
      case fault_verb::list: list(); break;
      case fault_verb::remove: remove(); break;
    }
    return std::move(outcome_);
  }

private:
  void add() {
    if (const auto answer = ask_well(add_fault_request(what_.fault, {}))) {
      const auto name = fault_name(answer->body);
      print(answer->body, name ? std::optional{fmt::format("{} is there; fleet cloud fault remove "
                                                           "{} ends it\n",
                                                           printable(*name), printable(*name))}
                               : std::nullopt);
    }
  }
  void list() {
    if (const auto answer = ask_well(faults_request())) {
      print(answer->body, render_faults(answer->body));
    }
  }
  void remove() {
    if (const auto answer = ask_well(remove_fault_request(what_.name))) {
      print(answer->body, fmt::format("{} is over and forgotten\n", printable(what_.name)));
    }
  }

  const fault_options& what_;
};

} // namespace

std::string_view to_string(fault_verb verb) noexcept {
  switch (verb) {
    case fault_verb::add: return "add";
    case fault_verb::list: return "list";
    case fault_verb::remove: return "remove";
  }
  return {};
}

console_outcome run_fault(const fault_options& what, admin_api& api, const std::string& where) {
  return fault_talk{what, api, where}.run();
}

exit_code execute_fault(const fault_options& what) {
  console_outcome outcome;
  auto target = find_admin(what.reach);
  const std::string name = "fleet cloud fault " + std::string{to_string(what.verb)};
  if (target) {
    const std::string where = admin_text(target.value().at);
    admin_connection connection{std::move(target).value()};
    outcome = run_fault(what, connection, where);
  } else {
    outcome.code = exit_code::wrong_usage;
    outcome.errors = fmt::format("{}: {}\n", name, target.error());
  }
  return print_outcome(name, std::move(outcome));
}

} // namespace fleet::program
