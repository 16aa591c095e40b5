// The flags of a run, for all subcommands that are about one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fleet/options.hpp"
#include "fleet/options/flag_set.hpp"

namespace fleet::program {

/// How help shows --json, which is not the same everywhere.
struct json_flag {
  std::string_view value_word;
  std::string_view text;
};

/// Declares all of them; `out` must outlive the flags.
void declare_run_flags(flag_set& flags, run_options& out, const json_flag& json);

/// Reads the words, looks for contradictions, and fills in defaults that depend on other flags; the
/// first mistake as a whole sentence, or nothing.
std::optional<std::string> read_run_flags(flag_set& flags, std::span<const std::string_view> words,
                                          run_options& out);

} // namespace fleet::program
