// The run's own verdict first, and beside it what can be told without trusting that.
#include "fleet/sweep/invariants.hpp"

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include <fmt/format.h>

#include "fleet/options.hpp"
#include "protocol/base/json.hpp"

namespace fleet::sweep {

namespace {

/// The raw value at a path of names; empty: there is none.
std::string_view raw_at(std::string_view text, std::initializer_list<std::string_view> path) {
  for (const auto name : path) {
    json_reader reader;
    if (reader.read(as_bytes(text)) != json_error::none) {
      return {};
    }
    const auto* const found = reader.find(name);
    if (found == nullptr) {
      return {};
    }
    text = found->value;
  }
  return text;
}

std::int64_t number_at(std::string_view text, std::initializer_list<std::string_view> path) {
  return json_integer(raw_at(text, path)).value_or(0);
}

std::vector<std::string_view> items_of(std::string_view list) {
  json_reader reader;
  std::vector<std::string_view> out;
  if (!list.empty() && reader.read(as_bytes(list)) == json_error::none) {
    for (const auto& item : reader.top()) {
      out.push_back(item.value);
    }
  }
  return out;
}

std::string text_of(std::string_view raw) {
  std::string out;
  (void)append_json_string(out, raw);
  return out;
}

std::string last_line(std::string_view said) {
  while (said.ends_with('\n')) {
    said.remove_suffix(1);
  }
  const auto before = said.rfind('\n');
  return std::string{before == std::string_view::npos ? said : said.substr(before + 1)};
}

/// What only an end of the process tells; nothing where it came to its own verdict.
std::optional<std::string> bad_end(const child_result& ended) {
  const auto because = [&ended] {
    const auto line = last_line(ended.said);
    return line.empty() ? line : ": " + line;
  };
  switch (ended.how) {
    case child_end::out_of_time:
      return fmt::format("it took more than {} s of processor time", child::cpu_seconds_most);
    case child_end::signalled:
      return fmt::format("it was ended by signal {} ({}){}", ended.code, ::strsignal(ended.code),
                         because());
    case child_end::exited: break;
  }
  if (ended.code == static_cast<int>(program::exit_code::passed)
      || ended.code == static_cast<int>(program::exit_code::expectation_failed)) {
    return std::nullopt;
  }
  return fmt::format("it ended with exit code {}{}", ended.code, because());
}

/// What a product's devices, or the cloud for them, sent and what nobody knows the fate of.
void check_unfinished(std::string_view product, const sweep_plan& plan,
                      std::vector<std::string>& out) {
  const auto name = text_of(raw_at(product, {"name"}));
  const bool disturbed =
      std::any_of(plan.parts.begin(), plan.parts.end(), [&](const planned_part& part) {
        return part.kind == part_kind::fault && reaches(part, name, plan);
      });
  for (const std::string_view way : {"uplink", "downlink"}) {
    // Who is switched off drains what it has sent, unless a fault keeps its answers from it.
    const bool excused =
        plan.forgets(name) || (plan.comes_down && (way == "downlink" || disturbed));
    if (const auto n = number_at(product, {"ledger", way, "unfinished"}); n != 0 && !excused) {
      out.push_back(
          fmt::format("product {}, {}: {} messages unfinished: expected 0", name, way, n));
    }
  }
}

/// Those of the JSON that the verdict might have overlooked.
void check_facts(std::string_view report, const sweep_plan& plan, std::vector<std::string>& out) {
  for (const std::string_view way : {"uplink", "downlink"}) {
    for (const std::string_view figure : {"lost", "unexplained"}) {
      if (const auto n = number_at(report, {"ledger", way, figure}); n != 0) {
        out.push_back(fmt::format("{}: {} messages {}: expected 0", way, n, figure));
      }
    }
  }
  for (const auto product : items_of(raw_at(report, {"products"}))) {
    check_unfinished(product, plan, out);
  }
  const auto wanted = number_at(report, {"devices", "expected_end"});
  if (const auto there = number_at(report, {"devices", "online_end"}); there < wanted) {
    out.push_back(fmt::format("{} of {} devices online at the end", there, wanted));
  }
  if (const auto crashes = items_of(raw_at(report, {"crashes"}));
      !crashes.empty() && !plan.has_crashes()) {
    out.push_back(fmt::format("{} devices threw: {}", crashes.size(),
                              text_of(raw_at(crashes.front(), {"what"}))));
  }
}

/// A sentence without its numbers and digests.
std::string shape_of(std::string_view sentence) {
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  constexpr std::size_t digest_digits = 16;
  std::string out;
  while (!sentence.empty()) {
    const auto length = std::min(sentence.find_first_not_of(hexadecimal), sentence.size());
    const auto run = sentence.substr(0, length);
    if (run.size() == digest_digits) {
      out += '#';
    } else {
      for (const char c : run) {
        const bool digit = c >= '0' && c <= '9';
        out += digit && out.ends_with('#') ? "" : std::string(1, digit ? '#' : c);
      }
    }
    sentence.remove_prefix(length);
    const auto other = std::min(sentence.find_first_of(hexadecimal), sentence.size());
    out += sentence.substr(0, other);
    sentence.remove_prefix(other);
  }
  return out;
}

} // namespace

std::vector<std::string> violations(const child_result& ended,
                                    const std::optional<std::string>& report,
                                    const sweep_plan& plan) {
  if (auto bad = bad_end(ended)) {
    return {std::move(*bad)};
  }
  if (!report || digest_of(*report).empty()) {
    return {"it wrote no report"};
  }
  std::vector<std::string> out;
  for (const auto raw : items_of(raw_at(*report, {"failures"}))) {
    out.push_back(text_of(raw));
  }
  if (out.empty()) {
    check_facts(*report, plan, out);
  }
  if (out.empty() && ended.code != 0) {
    out.push_back(fmt::format("it ended with exit code {} and named no reason", ended.code));
  }
  return out;
}

std::string digest_of(std::string_view report) {
  return text_of(raw_at(report, {"digest"}));
}

std::string digests_differ(std::string_view one, std::string_view other) {
  return fmt::format("a second run of the seed was another: digest {} and then {}", one, other);
}

bool alike(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  return std::any_of(one.begin(), one.end(), [&other](const std::string& sentence) {
    return std::any_of(other.begin(), other.end(), [&sentence](const std::string& s) {
      return shape_of(s) == shape_of(sentence);
    });
  });
}

} // namespace fleet::sweep
