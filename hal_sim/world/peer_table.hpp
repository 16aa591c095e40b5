// Who is where: a server's peers by address, and in what order they were heard. Both stand in one
// piece of memory each, however many peers there are: a look-up, or a peer that speaks, must not
// cost a line of memory for each link of a chain. Nobody walks either; no clock.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "hal_sim/world/address.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/fetch_ahead.hpp"
#include "protocol/base/sip_hash.hpp"

namespace fleet::hal {

/// Of the whole address with its port. Anybody may send in any name, so a server keeps `key` to
/// itself: else all its peers could be made to stand in one run.
inline std::uint64_t hash_of(const address& a, const hash_key& key) noexcept {
  constexpr std::uint64_t octets = 19;
  std::array<std::uint64_t, 3> words{};
  std::memcpy(words.data(), a.ip.data(), a.ip.size());
  words[2] = octets << 56 | std::uint64_t{a.v6 ? 1U : 0U} << 16 | a.port;
  return sip_hash(key, words);
}

/// The same, for the standard library's tables.
struct address_hash {
  hash_key key;
  std::size_t operator()(const address& a) const noexcept {
    return static_cast<std::size_t>(hash_of(a, key));
  }
};

/// Peers that are looked up together: what one turn of a home reads at once.
inline constexpr std::size_t crowd_max = 32;

/// Owns peers, which stay where they are; Peer has an `const address at`. Open addressing: eight to
/// forty octets for each of them.
template <class Peer>
class peer_table {
public:
  explicit peer_table(const hash_key& key = {}) : key_(key) {}
  ~peer_table() {
    for (const entry& e : entries_) {
      delete e.what;
    }
  }
  peer_table(const peer_table&) = delete;
  peer_table& operator=(const peer_table&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Null: nobody.
  [[nodiscard]] Peer* find(const address& who) const noexcept {
    if (last_ != nullptr && last_->at == who) {
      return last_; // who has just spoken is answered
    }
    if (size_ == 0) {
      return nullptr;
    }
    const std::uint64_t hash = hash_of(who, key_);
    for (std::size_t at = home_of(hash); entries_[at].what != nullptr; at = next(at)) {
      if (entries_[at].hash == hash && entries_[at].what->at == who) {
        return last_ = entries_[at].what;
      }
    }
    return nullptr;
  }

  /// There must be nobody of that address.
  Peer& add(std::unique_ptr<Peer> made) {
    if ((size_ + 1) * 4 > entries_.size() * 3) {
      resize(std::max<std::size_t>(16, entries_.size() * 2));
    }
    ++size_;
    Peer* const p = made.release();
    place({hash_of(p->at, key_), p});
    return *p;
  }

  /// It must be there.
  std::unique_ptr<Peer> take(const Peer& p) {
    std::size_t at = home_of(hash_of(p.at, key_));
    while (entries_[at].what != &p) {
      FLEET_CHECK(entries_[at].what != nullptr);
      at = next(at);
    }
    std::unique_ptr<Peer> taken{entries_[at].what};
    last_ = nullptr;
    --size_;
    close_gap(at);
    if (entries_.size() > 16 && size_ * 8 < entries_.size()) {
      resize(entries_.size() / 2);
    }
    return taken;
  }

  /// Past how many others a look-up of `who` goes: how well they are spread.
  [[nodiscard]] std::size_t passed(const address& who) const noexcept {
    std::size_t count = 0;
    for (std::size_t at = size_ == 0 ? 0 : home_of(hash_of(who, key_));
         size_ != 0 && entries_[at].what != nullptr && entries_[at].what->at != who;
         at = next(at)) {
      ++count;
    }
    return count;
  }

  /// Asks for the memory that tells who `all` are, and then for `octets` octets of each of them,
  /// all at the same time. Answers who was found, perhaps with others: it is a guess by the hash.
  std::span<Peer* const> expect(std::span<const address> all, std::size_t octets,
                                std::array<Peer*, crowd_max>& found) const noexcept {
    std::array<std::uint64_t, crowd_max> hashes;
    const std::size_t count = size_ == 0 ? 0 : std::min(all.size(), crowd_max);
    for (std::size_t i = 0; i < count; ++i) {
      hashes[i] = hash_of(all[i], key_);
      fetch_ahead(&entries_[home_of(hashes[i])]);
    }
    std::size_t known = 0;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t at = home_of(hashes[i]); entries_[at].what != nullptr; at = next(at)) {
        if (entries_[at].hash == hashes[i]) {
          fetch_ahead(entries_[at].what, octets);
          found[known++] = entries_[at].what;
          break;
        }
      }
    }
    return {found.data(), known};
  }

private:
  struct entry {
    std::uint64_t hash = 0;
    Peer* what = nullptr; ///< null: free
  };

  [[nodiscard]] std::size_t home_of(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>(hash) & (entries_.size() - 1);
  }
  [[nodiscard]] std::size_t next(std::size_t at) const noexcept {
    return (at + 1) & (entries_.size() - 1);
  }
  void place(const entry& e) noexcept {
    std::size_t at = home_of(e.hash);
    while (entries_[at].what != nullptr) {
      at = next(at);
    }
    entries_[at] = e;
  }
  /// Moves up whoever stands behind the gap only because that place was taken.
  void close_gap(std::size_t gap) noexcept {
    for (std::size_t at = next(gap); entries_[at].what != nullptr; at = next(at)) {
      const std::size_t from_home = (at - home_of(entries_[at].hash)) & (entries_.size() - 1);
      if (from_home >= ((at - gap) & (entries_.size() - 1))) {
        entries_[gap] = entries_[at];
        gap = at;
      }
    }
    entries_[gap] = {};
  }
  void resize(std::size_t count) {
    std::vector<entry> former(count);
    former.swap(entries_);
    for (const entry& e : former) {
      if (e.what != nullptr) {
        place(e);
      }
    }
  }

  const hash_key key_;
  std::vector<entry> entries_; ///< a power of two, three quarters full at most
  std::size_t size_ = 0;
  mutable Peer* last_ = nullptr; ///< found last
};

} // namespace fleet::hal
