// What a client that is kept over the twin's own death has beside its session: its name in the
// store, and the way there for what the session remembers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/mqtt/server.hpp"

namespace fleet::cloud {

class persistence;

/// A client without its messages. A character gives and takes marks and subscriptions; the rest is
/// the persistence's.
struct session_head {
  bool away = false;           ///< it was not connected,
  std::int64_t away_since = 0; ///< since then, in milliseconds since 1970
  std::uint64_t marks = 0;     ///< the character's own
  std::vector<mqtt::kept_subscription> subscriptions;
};

/// Appends a head: some five octets, and each filter with two more.
void append_head(byte_buffer& out, const session_head& head);
/// The head that append_head() wrote; nothing for other octets.
std::optional<session_head> read_head(bytes_view kept);

/// Puts down each change of one session.
class kept_session final : public mqtt::session_journal {
public:
  /// Both must outlive it: `name` is the client's own.
  kept_session(persistence& into, std::string_view name) noexcept : into_(into), name_(name) {}

  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  void keep(std::int64_t place, const mqtt::session_record& record) override;
  void drop(std::int64_t place) override;

private:
  persistence& into_;
  std::string_view name_;
};

} // namespace fleet::cloud
