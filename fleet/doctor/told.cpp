// Findings for people and for scripts.
#include <algorithm>

#include <fmt/format.h>

#include "fleet/doctor/findings.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::doctor {

namespace {

std::string_view word_of(outlook o) noexcept {
  switch (o) {
    case outlook::ok: return "ok";
    case outlook::will_be_done: return "will_be_done";
    case outlook::badly: return "badly";
    case outlook::hopeless: return "will_not_work";
  }
  FLEET_CHECK(false);
}

std::string sum_of(const std::vector<finding>& all) {
  const auto count = [&all](outlook o) {
    return std::count_if(all.begin(), all.end(), [o](const finding& f) { return f.says == o; });
  };
  const auto hopeless = count(outlook::hopeless);
  const auto badly = count(outlook::badly);
  if (hopeless != 0) {
    return fmt::format("the run will not work: {} in its way",
                       hopeless == 1 ? "one thing is" : fmt::format("{} things are", hopeless));
  }
  if (badly != 0) {
    return fmt::format("the run works, and not well: {} would help",
                       badly == 1 ? "one change" : fmt::format("{} changes", badly));
  }
  return "nothing is in the way of the run";
}

} // namespace

std::string to_text(const std::vector<finding>& all) {
  std::string out;
  for (const auto& f : all) {
    std::string name{f.check};
    std::replace(name.begin(), name.end(), '_', ' ');
    out += fmt::format("{:<12} {:<14} {}", name, to_string(f.says), f.found);
    for (const auto* const part : {&f.needed, &f.then}) {
      out += part->empty() ? "" : "; " + *part;
    }
    out += '\n';
  }
  return out + sum_of(all) + '\n';
}

std::string to_json(std::string_view headline, const std::vector<finding>& all) {
  std::string checks = "[";
  for (const auto& f : all) {
    byte_buffer one;
    object_writer object{one};
    object.text("check", f.check);
    object.text("verdict", word_of(f.says));
    object.text("found", f.found);
    object.text("needed", f.needed);
    object.text("then", f.then);
    object.open("figures");
    for (const auto& [key, value] : f.figures) {
      object.raw(key, value == unlimited ? std::string{"null"} : std::to_string(value));
    }
    object.close();
    object.end();
    checks += (checks.size() == 1 ? "\n" : ",\n") + std::string{as_text(one.view())};
  }
  byte_buffer out;
  object_writer object{out};
  object.text("run", headline);
  object.text("verdict", word_of(worst_of(all)));
  object.raw("checks", checks + "\n]");
  object.end();
  return std::string{as_text(out.view())} + "\n";
}

} // namespace fleet::doctor
