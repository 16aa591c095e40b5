// Requests and what came of them.
#include "fleet/run/far_faults.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/console/display.hpp"
#include "fleet/console/json_text.hpp"
#include "fleet/console/render.hpp"
#include "fleet/run/run_mark.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

/// A good answer's body.
result<std::string, fault_refusal> well(admin_api& api, const std::string& where,
                                        const admin_request& what) {
  auto answer = api.ask(what);
  if (!answer) {
    return fail(fault_refusal{answer.error(), false, true});
  }
  const auto found = judge(answer.value(), "the twin");
  if (found.kind != answer_kind::good) {
    return fail(fault_refusal{fmt::format("the twin at {} refuses: {}", where, found.sentence),
                              is_error(answer.value(), "fault-exists")});
  }
  return std::move(answer).value().body;
}

std::uint64_t counted(const json_level& of, std::string_view key) {
  const auto n = of.integer(key).value_or(0);
  return n < 0 ? 0 : static_cast<std::uint64_t>(n);
}

/// `drop_acks, in force for 2m5s`
std::string standing_of(const far_fault& f) {
  const auto since = std::chrono::floor<std::chrono::seconds>(f.since);
  return f.state == "in_force"
             ? fmt::format("{}, in force for {}", printable(f.name), text::format_duration(since))
             : printable(f.name) + ", which has yet to begin";
}

} // namespace

std::optional<fault_refusal> send_far_fault(admin_api& api, const std::string& where,
                                            const faults::fault& f, const fault_drawing& by,
                                            const std::string& owner) {
  const auto got = well(api, where, add_fault_request(f, by, {owner, far_lease}));
  return got ? std::nullopt : std::optional{got.error()};
}

std::optional<std::string> end_far_fault(admin_api& api, const std::string& where,
                                         std::string_view name, std::string_view owner) {
  const auto answer = api.ask(remove_fault_request(name, owner));
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

namespace {

/// Of the owner, or with none of anybody.
result<std::vector<far_fault>, std::string> listed(admin_api& api, const std::string& where,
                                                   const admin_request& what,
                                                   std::string_view owner) {
  const auto body = well(api, where, what);
  if (!body) {
    return fail(body.error().why);
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
    const auto text = [&one](std::string_view key) { return one.text(key).value_or(""); };
    const auto count = [&one](std::string_view key) { return counted(one, key); };
    if (owner.empty() || text("owner") == owner) {
      out.push_back({text("name"), text("owner"), text("state"),
                     std::chrono::milliseconds{count("sinceMs")}, count("selected"), count("hit"),
                     count("strikes"), count("done")});
    }
  }
  return out;
}

/// Of what strikes at moments, `past` after its first.
std::optional<faults::fault> rest_of_moments(faults::fault f, duration past, bool struck) {
  const bool ends = f.every != duration{0} && f.span != faults::no_end;
  duration next{0}; // after the first
  if (struck) {
    if (f.every == duration{0}) {
      return std::nullopt;
    }
    next = f.every * (past / f.every + 1);
    if (ends && next >= f.span) {
      return std::nullopt;
    }
    f.at = next - past;
  } else {
    next = past;
    f.at = duration{0};
  }
  if (ends) {
    f.span = std::max(f.span - next, duration{0}); // at least one strike is left
  }
  return f;
}

} // namespace

result<std::vector<far_fault>, std::string> list_far_faults(admin_api& api,
                                                            const std::string& where) {
  return listed(api, where, faults_request(), {});
}

result<std::vector<far_fault>, std::string> renew_far_faults(admin_api& api,
                                                             const std::string& where,
                                                             std::string_view owner,
                                                             std::span<const std::string> names) {
  return listed(api, where, renew_faults_request(owner, names), owner);
}

std::optional<faults::fault> rest_of(const faults::fault& f, duration since, bool struck) {
  faults::fault out = f;
  if (since < f.at) {
    out.at = f.at - since;
    return out;
  }
  const duration past = since - f.at;
  if (faults::info_of(f.what).shape == faults::shape::moment) {
    return rest_of_moments(std::move(out), past, struck);
  }
  if (past >= f.span) {
    return std::nullopt;
  }
  out.at = duration{0};
  out.ramp = std::max(f.ramp - past, duration{0});
  if (f.span != faults::no_end) {
    out.span = f.span - past;
  }
  return out;
}

far_remains clear_far_faults(admin_api& api, const std::string& where,
                             const std::set<std::string>& wanted) {
  far_remains out;
  const auto all = list_far_faults(api, where);
  if (!all) {
    out.notes.push_back("what faults the twin has cannot be seen: " + all.error());
    return out;
  }
  std::string others;
  std::size_t count = 0;
  for (const auto& one : all.value()) {
    if (one.state == "over") {
      continue; // acts on nobody, and gives its name to the next
    }
    if (is_of_a_run_gone(one.owner)) {
      const auto wrong = end_far_fault(api, where, one.name, one.owner);
      out.notes.push_back(fmt::format("a run that is gone had left the twin at {} a fault, {}: {}",
                                      where, standing_of(one), wrong ? *wrong : "it is taken off"));
      continue;
    }
    ++count;
    others += (others.empty() ? "" : "; ") + standing_of(one);
    if (wanted.contains(one.name) && !out.clash) {
      out.clash = fmt::format(
          "the twin at {} has a fault {}, and it is not this run's; end it by fleet cloud fault "
          "remove {}, or give this run's another name (name=WORD){}",
          where, standing_of(one), printable(one.name),
          one.owner.empty() ? "" : "; it ends by itself soon after the run that ordered it");
    }
  }
  if (count != 0) {
    out.notes.push_back(fmt::format("the twin at {} has {} fault{} not this run's: {}", where,
                                    count, count == 1 ? " that is" : "s that are", others));
  }
  return out;
}

} // namespace fleet::program
