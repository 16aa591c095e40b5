// What all of `fleet device … start` have in common: flags of who the device is, whom it trusts and
// what is told, and what contradicts what among them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fleet/options.hpp"
#include "fleet/options/flag_set.hpp"

namespace fleet::program {

/// `--cafile`, `--insecure`, `--server-name` and `--admin`.
void trust_flags(flag_set& flags, device_options& out);
/// A group of flags; `sign_default` is for the help.
void identity_flags(flag_set& flags, device_options& out, std::string sign_default);
/// `--verbose`, explained by `verbose`, and `--seed`.
void log_flags(flag_set& flags, device_options& out, std::string verbose);

std::optional<std::string> identity_contradiction(const flag_set& flags);
/// A target whose scheme is of another protocol.
std::optional<std::string> target_contradiction(const run_options& options, device_protocol spoken);

/// `fleet device coap start` and `fleet device http start`: the words behind them.
result<command, usage_error> parse_post_start(std::span<const std::string_view> words,
                                              device_protocol spoken);

} // namespace fleet::program
