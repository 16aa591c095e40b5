// What cannot work is told before anything starts: files that cannot be written, addresses that
// nothing can come from, messages that no board, topic or twin would carry. Starts nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/run/prepare.hpp"
#include "hal_sim/world/address.hpp"

namespace fleet::program {

/// Where the scenario has the product's report, for the front of a sentence; empty: nowhere.
std::string place_of_report(const run_options& options, const product_plan& plan);

/// Of a target's addresses, the first that all of `from` can reach; the first where there is none.
hal::address reachable_peer(const std::vector<hal::address>& found,
                            const std::vector<hal::address>& from);

/// The files that a run writes at its end can be written now; leaves none behind and changes none.
std::optional<startup_error> check_outputs(const run_options& options);

/// Each address to connect from is this machine's, and can reach what the devices connect to. With
/// the target known.
std::optional<startup_error> check_sources(const run_options& options, const prepared& ready);

/// Reports fit the boards and go to topics that somebody takes, and commands reach them. Fills in
/// how large reports are, and what the ledger will not judge. With settings filled in.
std::optional<startup_error> check_messages(const run_options& options, prepared& ready);

} // namespace fleet::program
