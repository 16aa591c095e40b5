// Command lines as tests write them, and what is said about them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/options.hpp"

namespace fleet::program::test {

using words = std::vector<std::string_view>;

/// Splits at blanks; no word of these tests has one.
inline words split(std::string_view line) {
  words out;
  while (!line.empty()) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    out.push_back(line.substr(0, blank));
    line.remove_prefix(std::min(blank + 1, line.size()));
  }
  return out;
}

/// What a line is read as, which must be `Options`.
template <class Options>
Options parsed(std::string_view line) {
  auto answer = parse_options(split(line));
  if (!answer) {
    ADD_FAILURE() << line << "\n" << answer.error().message;
    return {};
  }
  if (!std::holds_alternative<Options>(answer.value())) {
    ADD_FAILURE() << line << ": another subcommand";
    return {};
  }
  return std::get<Options>(std::move(answer).value());
}

inline run_options run(std::string_view flags) {
  return parsed<run_options>("run " + std::string{flags});
}
inline cloud_options serve(std::string_view flags) {
  return parsed<cloud_options>("cloud serve " + std::string{flags});
}

inline std::string said(const words& line) {
  const auto answer = parse_options(line);
  return answer ? "accepted" : answer.error().message;
}
inline std::string said(std::string_view line) {
  return said(split(line));
}

/// What `fleet run` says about the flags, without the hint.
inline std::string refused(std::string_view flags) {
  const std::string message = said("run " + std::string{flags});
  constexpr std::string_view before = "fleet run: ";
  constexpr std::string_view after = "\nsee fleet run --help\n";
  if (!message.starts_with(before) || !message.ends_with(after)) {
    return "unexpected form: " + message;
  }
  return message.substr(before.size(), message.size() - before.size() - after.size());
}

inline std::string refused_serve(std::string_view flags) {
  const std::string message = said("cloud serve " + std::string{flags});
  return message.substr(0, message.find('\n'));
}

inline std::string text_of(std::string_view line) {
  return parsed<text_answer>(line).text;
}

} // namespace fleet::program::test
