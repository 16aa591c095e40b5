// From a flag's value to a field: reading, range and sentence in one. Each setter keeps a reference
// to the field, which must outlive it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/options.hpp"
#include "fleet/options/flag_set.hpp"
#include "fleet/text/nearest.hpp"

namespace fleet::program {

setter set_count(std::uint32_t& out, std::uint32_t least, std::uint32_t most);
setter set_size(std::uint32_t& out, std::uint32_t least, std::uint32_t most);
/// A rate within `least`…`most` events a second.
setter set_rate(std::optional<double>& out, double least, double most);
setter set_seed(std::optional<std::uint64_t>& out);

/// Whether the word `off`, kept as 0, is allowed beside a range.
enum class off_word : std::uint8_t { refused, allowed };
setter set_duration(duration& out, duration least, duration most, off_word off = off_word::refused);

/// Any text that is not empty.
setter set_text(std::string& out);
/// A template of `--profile mqtt` that compiles; `{ledger}` where it is allowed.
enum class ledger_word : std::uint8_t { refused, allowed };
setter set_template(std::string& out, ledger_word ledger = ledger_word::refused);
/// The same for a secret: a complaint names the place only.
setter set_secret_template(std::string& out);
setter set_target(text::target& out);
/// One or several of the same scheme, with commas; may be given again.
setter set_targets(text::target& first, std::vector<text::target>& more);
/// `http://host[:80]` or `https://host[:443]`, without a path.
setter set_auth_host(auth_host_option& out);
/// With commas between, or given again; all of one scheme.
setter set_auth_hosts(auth_host_option& first, std::vector<auth_host_option>& more);
setter set_listen_address(std::vector<hal::address>& out);
/// A comma-separated list.
setter set_source_addresses(std::vector<hal::address>& out);
setter set_metrics(metrics_option& out);

/// Says that `word` is none of `valid`, and which is nearest.
std::string unknown_word(std::string_view word, std::span<const std::string_view> valid);

/// One of the table's words.
template <class T, std::size_t N>
setter set_word(T& out, const std::array<std::pair<std::string_view, T>, N>& table) {
  std::vector<std::string> words;
  for (const auto& [word, meaning] : table) {
    words.emplace_back(word);
  }
  const auto take = [&out, table](std::string_view value) -> std::optional<std::string> {
    std::array<std::string_view, N> valid;
    for (std::size_t i = 0; i < N; ++i) {
      if (table[i].first == value) {
        out = table[i].second;
        return std::nullopt;
      }
      valid[i] = table[i].first;
    }
    return unknown_word(value, valid);
  };
  return {take, std::move(words)};
}

} // namespace fleet::program
