// The subcommands that options.cpp dispatches to; each file declares its flags, its help and what
// contradicts what.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/options.hpp"

namespace fleet::program {

class flag_set;

/// What --help of these flags prints.
command help_answer(const flag_set& flags);

/// Ways to log on that a tier of security cannot have (aliyun-iot.md §5.2), as `logon X, which…`;
/// nothing for those that can be.
std::optional<std::string> logon_contradiction(logon_mode logon, security tier);

result<command, usage_error> parse_run(std::span<const std::string_view> words);
result<command, usage_error> parse_cloud_serve(std::span<const std::string_view> words);
result<command, usage_error> parse_device(std::span<const std::string_view> words);
result<command, usage_error> parse_fault(std::span<const std::string_view> words);
result<command, usage_error> parse_report(std::span<const std::string_view> words);
result<command, usage_error> parse_check(std::span<const std::string_view> words);
/// Of what is right, an empty text: worker_of() says what was asked for.
result<command, usage_error> parse_worker(std::span<const std::string_view> words);
result<command, usage_error> parse_doctor(std::span<const std::string_view> words);
result<command, usage_error> parse_completion(std::span<const std::string_view> words);
/// `words` begins with one of console_words().
result<command, usage_error> parse_console(std::span<const std::string_view> words);
/// The subcommands of `fleet cloud` that ask a running twin.
std::span<const std::string_view> console_words();
/// `words` begins with one of rollout_words().
result<command, usage_error> parse_rollout(std::span<const std::string_view> words);
/// `firmware` and `campaign`, which have subcommands of their own.
std::span<const std::string_view> rollout_words();
/// `words` begins with `fault`.
result<command, usage_error> parse_cloud_fault(std::span<const std::string_view> words);
/// Behind one of those.
std::vector<std::string> rollout_verbs_of(std::string_view noun);
/// Behind `fleet`, `fleet cloud`, `fleet cloud fault`, `fleet fault` and `fleet device`.
std::span<const std::string_view> subcommand_words();
std::vector<std::string_view> cloud_words();
std::span<const std::string_view> cloud_fault_words();
std::vector<std::string_view> live_fault_words();
std::span<const std::string_view> device_words();
/// What `fleet cloud --help` prints.
std::string console_overview();

/// `fleet run: SENTENCE` and the hint where to read on.
usage_error wrong_usage(std::string_view subcommand, std::string_view sentence);

/// 127.0.0.1:9464, where metrics are unless the user says otherwise.
hal::address default_metrics_address();

/// Platform limits that profiles other than `mqtt` impose (aliyun-iot.md §8.1).
inline constexpr duration platform_keep_alive_least = std::chrono::seconds{30};
inline constexpr duration platform_keep_alive_most = std::chrono::seconds{1200};

} // namespace fleet::program
