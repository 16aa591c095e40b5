// Datagrams, and what becomes of peers, on their way from one home to another: in the order in
// which they were put in. No thread of its own, no lock.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "hal_sim/world/address.hpp"
#include "protocol/base/bytes.hpp"

namespace fleet::cloud {

class datagram_load {
public:
  enum class kind : std::uint8_t {
    datagram,
    came, ///< a session is established; the octets are its identity
    gone  ///< it has ended, or is to end
  };

  void put(kind what, const hal::address& peer, bytes_view octets) {
    entries_.push_back({peer, static_cast<std::uint32_t>(octets.size()), what});
    octets_.append(octets);
  }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// That it takes, entries of datagrams without any included.
  [[nodiscard]] std::size_t octets() const noexcept {
    return octets_.size() + entries_.size() * sizeof(entry);
  }
  /// Datagrams may be lost; what becomes of peers is to be known.
  void lose_datagrams() {
    datagram_load rest;
    for_each([&rest](kind what, const hal::address& peer, bytes_view octets) {
      if (what != kind::datagram) {
        rest.put(what, peer, octets);
      }
    });
    *this = std::move(rest);
  }
  /// `visit(kind, peer, octets)` for each; nothing may be put in meanwhile.
  template <class Visitor>
  void for_each(Visitor visit) const {
    bytes_view rest = octets_.view();
    for (const auto& e : entries_) {
      visit(e.what, e.peer, rest.first(e.size));
      rest = rest.subspan(e.size);
    }
  }

private:
  struct entry {
    hal::address peer;
    std::uint32_t size;
    kind what;
  };
  std::vector<entry> entries_;
  byte_buffer octets_;
};

} // namespace fleet::cloud
