// A twin that answers by hand, somebody who watches, and the forms of firmware and campaigns that
// such answers have.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fleet/console/rollout_command.hpp"
#include "fleet/options.hpp"
#include "protocol/base/content_hash.hpp"
#include "tests/support/scripted_admin.hpp"
#include "tests/support/scripted_onlooker.hpp"

namespace fleet::program::test {

using support::scripted_admin;
using support::scripted_onlooker;

inline console_outcome outcome_of(scripted_admin& twin, std::vector<std::string> line,
                                  scripted_onlooker& watcher) {
  std::vector<std::string_view> all{"cloud"};
  all.insert(all.end(), line.begin(), line.end());
  auto parsed = parse_options(all);
  if (!parsed) {
    ADD_FAILURE() << parsed.error().message;
    return {};
  }
  return run_rollout(std::get<rollout_options>(parsed.value()), twin, "http://twin", watcher);
}

inline console_outcome outcome_of(scripted_admin& twin, std::vector<std::string> line) {
  scripted_onlooker nobody;
  return outcome_of(twin, std::move(line), nobody);
}

/// A firmware as the API shows it; all of it without content: its digests are being made.
inline std::string firmware(std::uint64_t size, std::uint64_t received,
                            std::string_view content = {}) {
  const bool ready = received == size && !content.empty();
  const auto hex = [&](content_digest kind) {
    return ready ? digest_of(kind, as_bytes(content)).hex() : std::string{};
  };
  return fmt::format(R"({{"id":4,"productKey":"a1","version":"2.0.0","module":"default",)"
                     R"("size":{},"received":{},"state":"{}","md5":"{}","sha256":"{}",)"
                     R"("signMethod":"Md5","downloads":3,"octetsSent":30}})",
                     size, received,
                     ready              ? "ready"
                     : received == size ? "digesting"
                                        : "uploading",
                     hex(content_digest::md5), hex(content_digest::sha256));
}

struct sums {
  std::string state = "running";
  int wave = 0;
  int waiting = 0;
  int upgrading = 0;
  int succeeded = 0;
  int failed = 0;
  std::string why{};
};

inline std::string campaign(const sums& s) {
  return fmt::format(R"({{"id":2,"name":"r1","firmware":4,"productKey":"a1","version":"2.0.0",)"
                     R"("state":"{}","haltedBy":"none","why":"{}","wave":{},"waves":3,)"
                     R"("devices":{},"already":0,"waiting":{},"offered":0,"upgrading":{},)"
                     R"("succeeded":{},"failed":{},"cancelled":0,"attemptsFailed":{},)"
                     R"("attemptsSucceeded":{},"causes":{{"step":{},"timed_out":0,)"
                     R"("old_version":0}},"steps":{{"-1":0,"-2":{},"-3":0,"-4":0}}}})",
                     s.state, s.why, s.wave, s.waiting + s.upgrading + s.succeeded + s.failed,
                     s.waiting, s.upgrading, s.succeeded, s.failed, s.failed, s.succeeded, s.failed,
                     s.failed);
}

} // namespace fleet::program::test
