// One request to the admin API on its way through its action: what actions read and how they
// answer. Internal to the folder.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cloud_sim/web/admin.hpp"
#include "protocol/base/form.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::cloud {

class admin_call {
public:
  admin_call(admin_api& api, const web_request& request, const responder& reply)
      : api_(api), request_(request), reply_(reply) {}

  /// Set by the router: what `{…}` of the pattern stood for.
  std::vector<std::string_view> values;
  std::string_view query;

  [[nodiscard]] operations& console() const noexcept { return *api_.console_; }
  [[nodiscard]] bool has_console() const noexcept { return api_.console_ != nullptr; }
  [[nodiscard]] const admin_facts& facts() const noexcept { return api_.facts_; }
  [[nodiscard]] time_point now() const noexcept { return api_.home_.now(); }
  [[nodiscard]] duration uptime() const noexcept { return api_.home_.now() - api_.started_; }
  [[nodiscard]] json_reader& reader() const noexcept { return api_.reader_; }
  [[nodiscard]] std::string_view body() const noexcept { return as_text(request_.body); }
  [[nodiscard]] const responder& reply() const noexcept { return reply_; }

  // Answers; one of them ends the call.
  void give(byte_buffer json) const;
  void give(const operation_result& outcome) const;
  void refuse(std::uint16_t status, std::string_view word, std::string_view detail) const;
  void malformed(std::string_view detail) const { refuse(400, "malformed", detail); }
  void refuse(const operation_failure& why) const;
  /// For operations that answer later: `{"code":C,"data":…}`.
  [[nodiscard]] call_done later_data() const;
  /// The same for RRPC: `data` is text and left out for octets that are none, `payloadBase64` is
  /// there in any case.
  [[nodiscard]] call_done later_payload() const;

  // Readers; each answers the call itself where it fails.
  /// The device of the path's first two values.
  std::optional<device_name_view> device() const;
  std::optional<std::string_view> product() const;
  /// Reads the body as an object with no members but `known`; empty: any.
  bool read_object(std::initializer_list<std::string_view> known) const;
  bool read_array() const;
  /// Reads the query as fields, no names but `known`, none twice.
  std::optional<std::vector<form_field>>
  read_query(std::initializer_list<std::string_view> known) const;

  /// A whole number of the query, below 2^32.
  std::optional<std::uint32_t> number(std::span<const form_field> fields, std::string_view name,
                                      std::uint32_t fallback) const;

  // Members of the object read last. Nothing: answered. `fallback`: what an absent one means.
  std::optional<std::string> text(std::string_view key,
                                  std::optional<std::string_view> fallback) const;
  /// A string's text, or another value as it stands.
  std::optional<std::string> text_or_raw(std::string_view key) const;
  /// The strings of an array, appended; false: answered.
  bool words(const json_member& list, std::vector<std::string>& out) const;
  std::optional<bool> flag(std::string_view key, bool fallback) const;
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t fallback, std::int64_t low,
                                      std::int64_t high) const;
  std::optional<duration> patience() const;
  /// `timeoutMs` of the query, for bodies that are an argument as a whole; the only name in it.
  std::optional<duration> patience_of_query() const;
  /// `payload`, text, or `payloadBase64`: exactly one of them.
  std::optional<std::vector<std::uint8_t>> payload() const;

private:
  bool read_body() const;

  admin_api& api_;
  const web_request& request_;
  responder reply_;
};

/// `{"error":…,"detail":…}` with its status; a detail that is no UTF-8 is left out.
web_answer admin_error(std::uint16_t status, std::string_view word, std::string_view detail);

using admin_action = void (*)(const admin_call&);

namespace admin {
// Products and the service itself.
void list_products(const admin_call& call);
void put_product(const admin_call& call);
void put_config(const admin_call& call);
void list_topics(const admin_call& call);
void put_topic(const admin_call& call);
void delete_topic(const admin_call& call);
void import_devices(const admin_call& call);
void tell_status(const admin_call& call);
// The ledger.
void show_ledger(const admin_call& call);
void begin_ledger(const admin_call& call);
// Devices.
void list_devices(const admin_call& call);
void add_device(const admin_call& call);
void show_device(const admin_call& call);
void delete_device(const admin_call& call);
void disable_device(const admin_call& call);
void enable_device(const admin_call& call);
void kick_device(const admin_call& call);
// Firmware and campaigns.
void list_firmware(const admin_call& call);
void add_firmware(const admin_call& call);
void show_firmware(const admin_call& call);
void put_firmware(const admin_call& call);
void delete_firmware(const admin_call& call);
void list_campaigns(const admin_call& call);
void add_campaign(const admin_call& call);
void show_campaign(const admin_call& call);
void delete_campaign(const admin_call& call);
void list_campaign_devices(const admin_call& call);
void change_campaign(const admin_call& call);
// Faults on purpose.
void list_faults(const admin_call& call);
void add_fault(const admin_call& call);
void renew_faults(const admin_call& call);
void delete_fault(const admin_call& call);
// Talking to them.
void set_properties(const admin_call& call);
void get_properties(const admin_call& call);
void set_desired(const admin_call& call);
void call_service(const admin_call& call);
void rrpc(const admin_call& call);
void show_shadow(const admin_call& call);
void update_shadow(const admin_call& call);
void invite(const admin_call& call);
void permit(const admin_call& call);
void publish(const admin_call& call);
void broadcast(const admin_call& call);
} // namespace admin

} // namespace fleet::cloud
