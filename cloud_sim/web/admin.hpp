// The admin API: what the cloud's console does, as JSON over HTTP, version 1. Reads requests,
// checks them for form and for who asks, calls operations, writes answers. Does nothing to devices
// itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cloud_sim/counters.hpp"
#include "cloud_sim/fault_orders.hpp"
#include "cloud_sim/firmware_operations.hpp"
#include "cloud_sim/ledger_desk.hpp"
#include "cloud_sim/operations.hpp"
#include "cloud_sim/web/guard.hpp"
#include "cloud_sim/web/message.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/base/json.hpp"

namespace fleet::cloud {

/// What GET /v1/status tells beside the counters, and what needs no console.
struct admin_facts {
  std::string version;
  std::string profile;
  const twin_counters* counters = nullptr; ///< must outlive the API
  ledger_desk* ledger = nullptr;           ///< likewise; null: its routes answer 501
  firmware_operations* firmware = nullptr; ///< likewise
  fault_orders* faults = nullptr;          ///< likewise
};

inline constexpr std::uint32_t admin_page_default = 100; ///< devices of one answer
inline constexpr std::uint32_t admin_page_max = 1000;
/// Octets after which a page of accounts ends, however few they are.
inline constexpr std::size_t admin_ledger_page_bytes = 256 * 1024;
inline constexpr duration admin_patience_default = std::chrono::seconds{8};
inline constexpr duration admin_patience_min = std::chrono::milliseconds{1};
inline constexpr duration admin_patience_max = std::chrono::seconds{60};

/// Answers with `application/json` always: what was asked for, with status 200, or
/// `{"error":"word","detail":"sentence"}` with a fitting one. Bodies are read up to
/// json_reader::max_text.
class admin_api final : public web_handler {
public:
  /// `console` may be null, for a profile without one: then only /v1/ and /v1/status are served,
  /// the rest answers 501. Both must outlive the API.
  admin_api(hal::home& where, operations* console, admin_facts facts);

  /// Whom to answer; before the first request, as the port may be known late.
  void guard_with(guard_rules rules) { rules_ = std::move(rules); }

  void on_request(const web_request& request, const responder& reply) override;

private:
  friend class admin_call;
  hal::home& home_;
  operations* console_;
  admin_facts facts_;
  guard_rules rules_;
  time_point started_;
  json_reader reader_;
};

} // namespace fleet::cloud
