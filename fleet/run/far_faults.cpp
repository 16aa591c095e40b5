// Requests and what came of them.
#include "fleet/run/far_faults.hpp"

#include <fmt/format.h>

#include "fleet/console/json_text.hpp"
#include "fleet/console/render.hpp"

namespace fleet::program {

namespace {

/// A good answer's body, or a sentence.
result<std::string, std::string> well(admin_api& api, const std::string& where,
                                      const admin_request& what) {
  auto answer = api.ask(what);
  if (!answer) {
    return fail(answer.error());
  }
  const auto found = judge(answer.value(), "the twin");
  if (found.kind != answer_kind::good) {
    return fail(fmt::format("the twin at {} refuses: {}", where, found.sentence));
  }
  return std::move(answer).value().body;
}

std::uint64_t count(const json_level& of, std::string_view key) {
  const auto n = of.integer(key).value_or(0);
  return n < 0 ? 0 : static_cast<std::uint64_t>(n);
}

} // namespace

std::optional<std::string> send_far_fault(admin_api& api, const std::string& where,
                                          const faults::fault& f, const fault_drawing& by) {
  const auto got = well(api, where, add_fault_request(f, by));
  return got ? std::nullopt : std::optional{got.error()};
}

std::optional<std::string> end_far_fault(admin_api& api, const std::string& where,
                                         std::string_view name) {
  const auto answer = api.ask(remove_fault_request(name));
  if (!answer) {
    return answer.error();
  }
  if (is_error(answer.value(), "unknown-fault")) {
    return std::nullopt;
  }
  const auto found = judge(answer.value(), "the twin");
  return found.kind == answer_kind::good
             ? std::nullopt
             : std::optional{fmt::format("the twin at {} refuses: {}", where, found.sentence)};
}

result<std::vector<far_fault>, std::string> list_far_faults(admin_api& api,
                                                            const std::string& where) {
  const auto body = well(api, where, faults_request());
  if (!body) {
    return fail(body.error());
  }
  json_reader whole;
  const auto* const list =
      whole.read(as_bytes(body.value())) == json_error::none ? whole.find("faults") : nullptr;
  if (list == nullptr || list->type != json_type::array) {
    return fail(fmt::format("what is at {} lists no faults as a twin would", where));
  }
  std::vector<far_fault> out;
  for (const auto& element : whole.children(*list)) {
    const json_level one{element.value};
    out.push_back({one.text("name").value_or(""), one.text("state").value_or(""),
                   count(one, "selected"), count(one, "hit"), count(one, "strikes"),
                   count(one, "done")});
  }
  return out;
}

} // namespace fleet::program
