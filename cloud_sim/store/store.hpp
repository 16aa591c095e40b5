// What the twin keeps over its own death: tables of rows in an SQLite file, written in batches.
// Synchronous, for one thread, with the twin's whole state in the twin's own memory: it is written
// as it changes and read once, at start. No timer, no thread, no opinion on what rows mean.
//
// Writing: put() and erase…() as things change, commit() when the turn ends, and only then may
// leave what acknowledges them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cloud_sim/store/rows.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"

namespace fleet::cloud {

class shared_database;

enum class store_error : std::uint8_t {
  not_writable,   ///< the directory or the file cannot be made, read or written
  in_use,         ///< another process, or another store of this one, holds it
  not_a_database, ///< the file is something else, or another program's
  newer_schema,   ///< a later version of this program wrote it
  corrupt,        ///< it is ours and damaged
  disk_full,      ///< or the store's own bound, bytes_max, is reached
  failed,         ///< the disk or SQLite failed in some other way
  overflowed      ///< a write had to be dropped since the file took none; final for this store
};

/// Why, and one sentence for people that names the file.
struct store_failure {
  store_error why = store_error::failed;
  std::string message;
};

struct store_options {
  /// Commits survive the end of the process either way, kill -9 included; with this they survive
  /// power loss too, at one fsync a commit.
  bool power_safe = false;
  /// Octets that the database file may grow to; 0: no bound but the disk.
  std::uint64_t bytes_max = 0;
  /// Octets of writes that may wait for commit() in memory. Beyond, they go into the file, where
  /// they still count for nothing before commit(); where that fails they are dropped
  /// (store_error::overflowed).
  std::uint32_t batch_bytes_max = 64 * 1024 * 1024;
};

class store {
public:
  /// Opens `directory`/twin.db. Makes the directory (0700; parents as the umask says) and the file
  /// (0600), and brings an older schema up to date. One store at a time has the file.
  static result<store, store_failure> open(const std::string& directory,
                                           const store_options& options = {});
  /// Keeps nothing: writes cost nothing, commits succeed, reads find nothing.
  static store in_memory();

  /// Keeps what is committed for as long as it lives itself, which may be longer than its twin's.
  static result<store, store_failure> lasting_in_memory();

  /// One more that writes and reads what this one does, with a batch of its own. Each is for one
  /// thread; a commit makes its own batch last, in one transaction with those of others that wait
  /// at the same time, and waits for no more than that and the one before. Beyond batch_bytes_max
  /// a batch is made to last at once. To be made before this one has written anything.
  [[nodiscard]] store beside() const;

  store(store&&) noexcept;
  store& operator=(store&&) noexcept;
  /// What was not committed is gone, as it would be after a crash.
  ~store();

  /// Whether anything is kept at all.
  [[nodiscard]] bool durable() const noexcept { return file_ != nullptr; }

  // Writes: they copy the row into the open batch, never fail and never wait, but for what
  // batch_bytes_max says. Later ones of a batch win over earlier ones.

  /// Inserts the row, or replaces the one with its key.
  void put(const product_row& row);
  void put(const device_row& row);
  void put(const shadow_row& row);
  void put(const desired_row& row);
  void put(const reported_row& row);
  void put(const topology_row& row);
  void put(const session_row& row);
  void put(const session_message_row& row);
  void put(const retained_row& row);
  void put(const ledger_row& row);
  void put(const firmware_row& row);
  void put(const firmware_block_row& row);
  void put(const campaign_row& row);
  void put(const rollout_row& row);
  void put(const number_row& row);

  // Erasing what is not there is no error.

  /// Its devices stay.
  void erase_product(std::string_view product_key);
  /// The device with its shadow, its properties and its place under a gateway.
  void erase_device(std::string_view product_key, std::string_view device_name);
  void erase_shadow(std::string_view product_key, std::string_view device_name);
  /// One desired property, or without `identifier` all of the device's.
  void erase_desired(std::string_view product_key, std::string_view device_name,
                     std::optional<std::string_view> identifier = std::nullopt);
  void erase_reported(std::string_view product_key, std::string_view device_name,
                      std::optional<std::string_view> identifier = std::nullopt);
  void erase_topology(std::string_view product_key, std::string_view device_name);
  /// The session with all its messages.
  void erase_session(std::string_view client_id);
  void erase_session_message(std::string_view client_id, std::int64_t place);
  void erase_retained(std::string_view topic);
  /// Both directions of one device.
  void erase_ledger(std::uint32_t device);
  /// The firmware with all its octets.
  void erase_firmware(std::uint32_t firmware);
  /// The campaign with all its devices.
  void erase_campaign(std::uint32_t campaign);

  /// Whether there is something to commit.
  [[nodiscard]] bool dirty() const noexcept { return writes_ != 0; }
  /// Writes in the batch.
  [[nodiscard]] std::uint32_t pending() const noexcept { return writes_; }
  /// Octets of memory that they hold.
  [[nodiscard]] std::size_t pending_bytes() const noexcept { return batch_.size(); }

  /// Writes the batch in one transaction: all of it is kept, or none. Answers why not, or nothing.
  /// After a failure the batch is still there, unless a part of it was in the file already
  /// (batch_bytes_max): call again, after disk_full perhaps with success.
  [[nodiscard]] std::optional<store_failure> commit();

  /// Drops what was not committed, as the end of the process would.
  void forget_pending();

  /// Calls `visit` for each committed row, in the order of its key, and answers their number. To be
  /// called while nothing is pending. Rows: any of those above, named explicitly:
  /// `store.read<shadow_row>(…)`. A row that this program could not have written is corrupt.
  template <class Row>
  result<std::uint64_t, store_failure> read(const std::function<void(const Row&)>& visit) const;

  /// Appends the octets of a committed block; false if there is none.
  result<bool, store_failure> read_block(std::uint32_t firmware, std::uint32_t block,
                                         byte_buffer& out) const;

  /// What to answer where an owner finds that a row's octets are none of its own.
  [[nodiscard]] store_failure corrupt(std::string_view what) const;

private:
  store();
  template <class Row>
  void write(const Row& row);
  template <class... Keys>
  void erase(std::uint8_t where, const Keys&... keys);
  void close_write(std::size_t before);
  void give_up() noexcept;

  std::shared_ptr<shared_database> file_;
  std::uint32_t batch_bytes_max_ = 0;
  std::uint32_t writes_ = 0;
  byte_buffer batch_;
  bool spilled_ = false; ///< a part of the batch is in the file
  bool overflowed_ = false;
};

} // namespace fleet::cloud
