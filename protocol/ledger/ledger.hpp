// The ledger (design, part 10): the tag every application message carries, the account each side
// keeps, and their reconciliation. Knows nothing of MQTT, files or time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace fleet::ledger {

/// Who sent a message, in which life, and the how-manyeth it was.
struct tag {
  std::uint32_t device = 0;   ///< index in the fleet
  std::uint32_t epoch = 0;    ///< boot count of the sender, from 1
  std::uint32_t sequence = 0; ///< from 1 within the epoch
  friend bool operator==(const tag&, const tag&) = default;
};

/// Appends the tag as text, `~L<device>.<epoch>.<sequence>.00000000~`, free of characters that JSON
/// escapes; seal() then writes the checksum over the eight zeros. Answers the checksum's offset
/// from the front of `out`.
std::size_t append_tag(byte_buffer& out, const tag& t);

/// Computes CRC-32 over the whole payload, its eight checksum digits read as '0', and writes it
/// there in lower-case hexadecimal.
void seal(std::span<std::uint8_t> payload, std::size_t checksum_offset);

enum class tag_state : std::uint8_t { absent, intact, corrupted };
struct found_tag {
  tag_state state = tag_state::absent;
  tag what;
};
/// Finds and checks the first tag in a payload; linear, allocation-free, any bytes allowed. Without
/// a well-formed tag, `~L` and a digit still say that there was one: corrupted.
found_tag find_tag(bytes_view payload) noexcept;

/// A set of sequence numbers: sixteen octets and no heap while it has no gaps, eight octets more
/// for each range beyond the first gap. Exact whatever happens; there is no limit on ranges, only a
/// page size (max_page_ranges) that bounds the work of one insertion. Memory returns as gaps close.
class sequence_set {
public:
  /// Inclusive at both ends.
  struct range {
    std::uint32_t first;
    std::uint32_t last;
    friend bool operator==(const range&, const range&) = default;
  };
  /// Ranges that lie together in memory; more are spread over several such pages.
  static constexpr std::size_t max_page_ranges = 512;

  sequence_set() noexcept;
  sequence_set(const sequence_set& other);
  sequence_set& operator=(const sequence_set& other);
  sequence_set(sequence_set&& other) noexcept;
  sequence_set& operator=(sequence_set&& other) noexcept;
  ~sequence_set();

  /// The set of which these are the ranges(); nothing when no set's can look so.
  static std::optional<sequence_set> from_ranges(std::span<const range> ranges);

  /// False if it was there already. 0 is not a sequence number: false.
  bool insert(std::uint32_t sequence);
  [[nodiscard]] bool contains(std::uint32_t sequence) const noexcept;
  [[nodiscard]] std::uint32_t size() const noexcept;
  [[nodiscard]] std::uint32_t max() const noexcept;
  /// How many of first…last are in.
  [[nodiscard]] std::uint32_t count_within(std::uint32_t first, std::uint32_t last) const noexcept;
  /// Sorted, disjoint, with a gap between any two.
  [[nodiscard]] std::vector<range> ranges() const;
  /// Octets on the heap, for the memory count of a run.
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

private:
  class gap_list;
  std::uint32_t contiguous_ = 0;     ///< 1…contiguous_ are in, contiguous_ + 1 is not
  std::unique_ptr<gap_list> beyond_; ///< what lies above the first gap
};

/// The sender's side of one (device, direction): what it tried and what was acknowledged, by epoch.
/// Survives power loss with the board's key-value store. 48 octets, and no heap while nothing was
/// acknowledged out of order in the first epoch; 40 octets for each further epoch that sent.
class sender_account {
public:
  /// Opens the next epoch; to be called once per boot.
  void boot();
  /// The same, in the epoch after `epoch` or, where that is later, after the current one: for an
  /// account that takes an earlier one's place and must not repeat its tags.
  void boot_after(std::uint32_t epoch);
  /// The next message's tag. `reliable` is QoS 1 or 2. Only after boot().
  tag attempt(std::uint32_t device, bool reliable);
  /// The tag that attempt() would give now. Only after boot().
  [[nodiscard]] tag upcoming(std::uint32_t device) const noexcept {
    return {device, current_.epoch, current_.attempted + 1};
  }
  /// True the first time; false too for what was never attempted or was sent at QoS 0.
  bool acknowledge(std::uint32_t epoch, std::uint32_t sequence);

  [[nodiscard]] std::uint32_t epoch() const noexcept;
  /// Over all epochs.
  [[nodiscard]] std::uint64_t attempted() const noexcept;
  [[nodiscard]] std::uint64_t acknowledged() const noexcept;

  /// Appends the whole account: some ten octets an epoch, and two to ten for each gap.
  void save(byte_buffer& out) const;
  /// The account that save() wrote, in the same epoch; nothing for other octets.
  static std::optional<sender_account> load(bytes_view saved);

private:
  friend struct reconciler;
  struct epoch_record {
    std::uint32_t epoch = 0;
    std::uint32_t attempted = 0;
    sequence_set unreliable; ///< those sent at QoS 0
    sequence_set settled;    ///< acknowledged or unreliable: without gaps for a mixture of both
  };
  epoch_record* find(std::uint32_t epoch) noexcept;
  epoch_record current_;
  std::unique_ptr<std::vector<epoch_record>> former_; ///< rising epochs
};

enum class acceptance : std::uint8_t { first, duplicate, unexplained_duplicate, out_of_order };

/// Whether the message was none that had arrived before.
constexpr bool is_new(acceptance a) noexcept {
  return a == acceptance::first || a == acceptance::out_of_order;
}

/// The receiver's side of one (device, direction). 56 octets, and no heap while one epoch arrives
/// without gaps or repeats.
class receiver_account {
public:
  receiver_account();
  receiver_account(receiver_account&&) noexcept;
  receiver_account& operator=(receiver_account&&) noexcept;
  ~receiver_account();

  /// A message arrived. `dup` as on the wire; `connection` grows with each connection of the
  /// sender, so that its first repeat in a new one is explained. Order is judged among first
  /// deliveries of an epoch.
  acceptance accept(const tag& t, bool dup, std::uint32_t connection);

  /// Octets, about, by which accept() would grow the account for good: 0 for the next message of
  /// the newest epoch and for a repeat of its newest. What a peer makes up must not cost without
  /// limit.
  [[nodiscard]] std::uint32_t growth(const tag& t) const noexcept;

  /// Octets on the heap, about; what growth() foretold, less what repeats cost for a while.
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

  /// Distinct messages, over all epochs.
  [[nodiscard]] std::uint64_t accepted() const noexcept;

  /// Appends the whole account, but for the connection: whoever loads it has none of before, so
  /// that each message's first repeat is explained anew. Size as of a sender's.
  void save(byte_buffer& out) const;
  /// The account that save() wrote; nothing for other octets. Connections are numbered from 1.
  static std::optional<receiver_account> load(bytes_view saved);

private:
  friend struct reconciler;
  struct epoch_record {
    std::uint32_t epoch = 0;
    std::uint32_t connection = 0;
    sequence_set accepted;
    sequence_set before;                    ///< accepted when `connection` began
    std::unique_ptr<sequence_set> repeated; ///< those of `before` that came again in `connection`
  };
  struct history;
  epoch_record& record(std::uint32_t epoch);
  history& past();
  epoch_record current_;
  std::unique_ptr<history> past_; ///< former epochs and the counts of what went wrong
};

} // namespace fleet::ledger
