// Where the devices go: the targets of the line, looked up. Starts nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/run/look_up.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// All targets of the line, in its order; one that is embedded, alone.
std::vector<text::target> targets_of(const run_options& options);

/// For people: `the embedded twin`, or all of them.
std::string target_text_of(const run_options& options);

/// Of a name's addresses those that devices take in turn: of the kind of the first that all of
/// `from` can reach (IPv4 or IPv6, on loopback or not), in an order that does not hang on the
/// resolver's, as all processes of a run look it up for themselves. Never empty.
std::vector<hal::address> peers_of(const std::vector<hal::address>& found,
                                   const std::vector<hal::address>& from);

/// Looks the targets up and tells every product; nothing to do for the embedded twin.
std::optional<startup_error> find_target(const run_options& options, prepared& out);
/// Likewise by another resolver.
std::optional<startup_error> find_target_by(const resolver& how, const run_options& options,
                                            prepared& out);

} // namespace fleet::program
