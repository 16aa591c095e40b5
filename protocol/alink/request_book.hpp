// The Alink requests a device waits for (aliyun-iot.md §10, §8.2): ids, deadlines, resends, and
// what to think of a reply. It holds no payload: whoever resends writes the request again, same id.
// MQTT's own repetition of unacknowledged publishes is not this.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "protocol/alink/topics.hpp"
#include "protocol/base/random.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"

namespace fleet::alink {

/// How long to wait, and what then. Shared by all devices of a product; must outlive their books.
struct request_policy {
  duration first_wait{};      ///< from a request to its first repetition, or to giving up
  duration longest_wait{};    ///< the wait doubles with each repetition, up to this
  duration remembered{};      ///< how long an answered or given-up id is told from an unknown one
  std::uint8_t sends_max = 1; ///< of one request, the first included
  std::uint8_t open_max = 20; ///< requests open at the same time; 1 to 100
  std::uint8_t jitter_percent = 0; ///< of each wait after a repetition, added at random
};

/// Repeats twice, with a growing, jittered wait: no storm when the platform falls silent.
inline constexpr request_policy strict_requests{.first_wait = std::chrono::seconds{5},
                                                .longest_wait = std::chrono::seconds{60},
                                                .remembered = std::chrono::seconds{60},
                                                .sends_max = 3,
                                                .open_max = 32,
                                                .jitter_percent = 25};

/// The vendor's SDK: a request time-out of 2 s counts twice, nothing is repeated above MQTT, at
/// most 20 are open (§8.2).
inline constexpr request_policy sdk_requests{.first_wait = std::chrono::seconds{4},
                                             .longest_wait = std::chrono::seconds{4},
                                             .remembered = std::chrono::seconds{10},
                                             .sends_max = 1,
                                             .open_max = 20,
                                             .jitter_percent = 0};

enum class book_error : std::uint8_t {
  full ///< open_max requests are open
};

/// What a reply is to the book.
enum class reply_verdict : std::uint8_t {
  answered,   ///< the first reply to an open request, which is closed by it
  duplicate,  ///< a further reply to an answered request
  late,       ///< the first reply to a request that was given up
  wrong_kind, ///< the id is open, but for a request of another topic; nothing is changed
  forgotten,  ///< an id of ours, closed longer ago than is remembered
  unknown     ///< never an id of ours
};

struct reply_match {
  reply_verdict verdict = reply_verdict::unknown;
  std::uint8_t sends = 0;   ///< how often the request was sent; 0 for forgotten and unknown
  std::uint32_t cookie = 0; ///< as open() was given it
  duration waited{};        ///< since the first send, in whole µs, modulo 71 min
};

/// What is due.
struct book_event {
  enum class kind : std::uint8_t { resend, given_up };
  kind what = kind::resend;
  topic_kind request = topic_kind::unknown;
  std::uint8_t sends = 0; ///< with this one, if it is a resend
  std::uint32_t id = 0;
  std::uint32_t cookie = 0;
};

/// At most open_max entries open and as many remembered, 24 octets each; no memory while empty.
class request_book {
public:
  explicit request_book(const request_policy& policy, std::uint32_t first_id = 1) noexcept
      : policy_(&policy), first_id_(first_id), next_id_(first_id) {}

  /// Enters a request that is sent now; answers its id, which no other entry has. Ids count up and
  /// wrap at 2^32 (§10).
  result<std::uint32_t, book_error> open(topic_kind kind, std::uint32_t cookie, time_point now);

  /// The id that open() will answer next, for whoever writes a request before it is sure to go out.
  [[nodiscard]] std::uint32_t next_id() const noexcept;

  /// A reply came on the reply topic of `kind`.
  reply_match close(std::uint32_t id, topic_kind kind, time_point now);

  /// When handle_timeout() has something to do; never if nothing is open.
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// The next thing that is due; call it until there is none. `random` is asked for jitter alone.
  std::optional<book_event> handle_timeout(time_point now, random_stream& random);

  /// Gives up open requests one by one whatever their time, oldest id first: the session is gone.
  std::optional<book_event> abandon_next(time_point now);

  /// Drops what is merely remembered, and its memory.
  void forget() noexcept;

  [[nodiscard]] std::size_t open_count() const noexcept { return open_; }
  [[nodiscard]] std::size_t remembered_count() const noexcept { return count_ - open_; }
  /// Octets on the heap.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  enum class entry_state : std::uint8_t { open, answered, given_up };
  struct entry {
    time_point deadline{}; ///< open: when it is due; closed: when it is forgotten
    std::uint32_t id = 0;
    std::uint32_t cookie = 0;
    std::uint32_t sent_us = 0; ///< first send, the low bits
    topic_kind kind = topic_kind::unknown;
    std::uint8_t sends = 1;
    entry_state state = entry_state::open;
  };
  static_assert(sizeof(entry) == 24);

  [[nodiscard]] entry* find(std::uint32_t id) const noexcept;
  [[nodiscard]] entry* earliest(bool open) const noexcept;
  [[nodiscard]] duration wait_after(std::uint8_t sends) const noexcept;
  void close_entry(entry& e, entry_state how, time_point now) noexcept;
  book_event give_up(entry& e, time_point now) noexcept;
  void make_room();
  void erase(entry& e) noexcept;
  void expire(time_point now) noexcept;

  std::unique_ptr<entry[]> entries_;
  const request_policy* policy_;
  std::uint32_t first_id_;
  std::uint32_t next_id_;
  std::uint8_t count_ = 0; ///< entries in use, open and closed
  std::uint8_t open_ = 0;
  std::uint8_t capacity_ = 0;
};

} // namespace fleet::alink
