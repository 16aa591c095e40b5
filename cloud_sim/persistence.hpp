// The twin's memory over its own death: puts rows into the store as things change, commits them
// before anything leaves that may acknowledge them, and reads all of it at start. Without a store
// there is none of this. Decides nothing about clients and devices; a plain object on the twin's
// home.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "cloud_sim/broker.hpp"
#include "cloud_sim/persistence_firmware.hpp"
#include "cloud_sim/persistence_state.hpp"
#include "cloud_sim/store/store.hpp"

namespace fleet::cloud {

class mqtt_character;
class platform_firmware;
class platform_state;

/// Told on the twin's home when its store fails and when it takes commits again.
class store_listener {
public:
  /// Nothing may be promised until on_recovered(): the twin has just reset its connections, and
  /// whoever else has output on its home that answers a change resets that too. `first`: of this
  /// outage; called for every attempt to send in it.
  virtual void on_withheld(const store_failure& why, bool first) = 0;
  virtual void on_recovered() = 0;

protected:
  ~store_listener() = default;
};

static_assert(static_cast<int>(ledger_way::downlink) == static_cast<int>(account_way::downlink)
              && static_cast<int>(ledger_way::refused) == static_cast<int>(account_way::refused));

class persistence final : private hal::send_watcher, private hal::timer {
public:
  /// Octets that a device's account may take in the store, about: it is written whole when it
  /// changes, so a peer must not blow it up. Beyond, what would make it grow counts as tags_unkept.
  static constexpr std::size_t account_octets_max = 64 * 1024;
  /// What changed without an answer to anybody is committed within this time.
  static constexpr duration commit_within = std::chrono::milliseconds{100};
  /// After a failure the next commit is tried in this time, and nobody is let in before.
  static constexpr duration retry_after = std::chrono::seconds{1};

  /// Both must outlive it.
  persistence(broker& core, store& into);
  ~persistence();
  persistence(const persistence&) = delete;
  persistence& operator=(const persistence&) = delete;

  // At start, in this order, before the first stream. A row that no twin can have written is
  // store_error::corrupt; one of a device that is not (any more) known is left alone and counted.
  // What belongs to another home of the twin is left to that one.

  [[nodiscard]] std::optional<store_failure> load_state(platform_state& into);
  [[nodiscard]] std::optional<store_failure> load_firmware(platform_firmware& into);
  [[nodiscard]] std::optional<store_failure> load_sessions(character& into);
  [[nodiscard]] std::optional<store_failure> load_retained(mqtt_character& into);
  /// Accounts of devices from `end` on are left out, and those that are not `ours`.
  [[nodiscard]] std::optional<store_failure>
  load_ledger(std::uint32_t end, const std::function<bool(std::uint32_t)>& ours);
  /// From now on changes are kept, and nothing is sent on this home before they are.
  [[nodiscard]] std::optional<store_failure> begin(store_listener* told);

  /// Commits what there is; where that fails, connections are reset.
  void settle();
  /// The same, and then it does nothing any more.
  void finish();
  /// Does nothing any more; what is not committed is gone with the store, as after a crash.
  void abandon() noexcept;

  // For the core and its characters; each puts rows into the open batch.

  /// A client that does not ask for a clean session was admitted.
  void came(peer& who);
  /// Its connection is over.
  void left(const peer& who);
  void subscriptions_changed(const peer& who);
  /// Its session is over.
  void forgotten(const peer& who);
  void keep_message(std::string_view name, std::int64_t place, const mqtt::session_record& record);
  void drop_message(std::string_view name, std::int64_t place);
  void keep_retained(const mqtt::stored_message& message, mqtt::qos q);
  void drop_retained(std::string_view topic);
  /// Who is told of the platform's changes.
  [[nodiscard]] state_keeper& state() noexcept { return state_; }
  /// Likewise of firmware and campaigns.
  [[nodiscard]] firmware_keeper& firmware() noexcept { return firmware_; }

  /// The outermost turn of the core is over.
  void turn_over();
  /// The store has failed, and has not recovered yet.
  [[nodiscard]] bool withholding() const noexcept { return failure_.has_value(); }

private:
  void on_sending() override;
  void on_wake(time_point now) override;

  [[nodiscard]] bool dirty() const noexcept {
    return store_.dirty() || core_.ledger().any_changed();
  }
  void commit();
  void withhold(bool first);
  void put_accounts();
  void save_refused(const device_account& account);
  void put_head(const peer& who, bool away);

  broker& core_;
  store& store_;
  kept_state state_;
  kept_firmware firmware_;
  character* speaks_ = nullptr;
  store_listener* told_ = nullptr;
  std::optional<store_failure> failure_; ///< of the last commit
  session_head head_;
  byte_buffer row_;
  bool begun_ = false;
};

} // namespace fleet::cloud
