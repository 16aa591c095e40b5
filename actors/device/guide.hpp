// What a device asks the auth host before a connection (aliyun-iot.md §5.4): who to log on as and
// where (pre-auth), or where alone (region bootstrap). Question and answer; no link, no retries.
#pragma once

#include <string>
#include <string_view>

#include "actors/device/door_caller.hpp"
#include "actors/device/settings.hpp"
#include "protocol/alink/logon.hpp"

namespace fleet::actors {

class guide {
public:
  /// `plan` outlives it. `own` is where the device goes if the answer does not say; `tls`: whether
  /// it speaks TLS there.
  guide(const logon_plan& plan, const alink::identity& who, const hal::address& own, bool tls);

  /// Appends the question. `host` is what the Host field says.
  void ask(std::string_view host, time_point now, byte_buffer& out);
  /// Bytes came, or the link ended.
  void receive(bytes_view bytes, time_point now, json_reader& reader);
  void closed(json_reader& reader);

  [[nodiscard]] bool answered() const noexcept { return answered_; }
  /// Once answered: what to log on with (pre-auth only), and where.
  [[nodiscard]] const alink::preauth_grant& grant() const noexcept { return grant_; }
  [[nodiscard]] const hal::address& place() const noexcept { return place_; }
  /// Why there will be no answer; empty while there may be. A sentence without secrets.
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  /// Octets, its own size included.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  void read(const std::optional<bytes_view>& answer, json_reader& reader);
  void refuse(const alink::logon_refusal& why);
  void settle();

  const logon_plan& plan_;
  door_caller door_;
  std::string body_;
  alink::preauth_grant grant_;
  hal::address place_;
  std::string failure_;
  bool tls_;
  bool answered_ = false;
};

} // namespace fleet::actors
