// Asking, and showing what was answered.
#include "fleet/fault/fault_command.hpp"

#include <cstdio>

#include "fleet/console/display.hpp"
#include "fleet/fault/control_client.hpp"
#include "fleet/run/control_server.hpp"

namespace fleet::program {

namespace {

control_order order_of(const live_fault_options& o) {
  control_order out;
  if (o.verb == live_fault_verb::add) {
    out.verb = control_verb::add;
    for (const auto& word : o.words) {
      out.words += (out.words.empty() ? "" : " ") + word;
    }
  } else if (o.verb == live_fault_verb::remove) {
    out.verb = control_verb::remove;
    out.names = o.words;
  } else {
    out.verb = control_verb::list;
  }
  return out;
}

exit_code complain(const std::string& sentence, exit_code code) {
  std::fprintf(stderr, "fleet fault: %s\n", sentence.c_str());
  return code;
}

/// The strings of a member that is an array.
void print_each(const json_reader& reader, std::string_view member, const char* before,
                std::FILE* to) {
  const auto* const list = reader.find(member);
  if (list == nullptr) {
    return;
  }
  for (const auto& item : reader.children(*list)) {
    std::string text;
    if (append_json_string(text, item.value)) {
      std::fprintf(to, "%s%s\n", before, printable(text).c_str());
    }
  }
}

exit_code show(const live_fault_options& o, const std::string& answer) {
  json_reader reader;
  const auto* const ok =
      reader.read(as_bytes(answer)) == json_error::none ? reader.find("ok") : nullptr;
  if (ok == nullptr) {
    return complain("the run answered what is no answer", exit_code::environment_failed);
  }
  if (ok->value != "true") {
    std::string sentence;
    if (const auto* const error = reader.find("error")) {
      (void)append_json_string(sentence, error->value);
    }
    return complain(printable(sentence), exit_code::wrong_usage);
  }
  if (o.json) {
    std::printf("%s\n", answer.c_str());
    return exit_code::passed;
  }
  if (o.verb == live_fault_verb::list) {
    std::fputs(faults_table(answer).c_str(), stdout);
  } else {
    print_each(reader, "told", "fault in ", stdout);
    print_each(reader, "notes", "note: ", stderr);
  }
  return exit_code::passed;
}

} // namespace

exit_code execute_live_fault(const live_fault_options& o) {
  if (o.verb == live_fault_verb::effects || o.verb == live_fault_verb::presets) {
    std::fputs((o.verb == live_fault_verb::effects ? effects_text() : presets_text()).c_str(),
               stdout);
    return exit_code::passed;
  }
  const auto path = find_run(o.run, control_folders());
  if (!path) {
    return complain(path.error().message, path.error().code);
  }
  const auto answer = ask_run(path.value(), order_of(o));
  if (!answer) {
    return complain(answer.error().message, answer.error().code);
  }
  return show(o, answer.value());
}

} // namespace fleet::program
