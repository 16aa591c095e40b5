// What faults do to the packets that the twin sends over MQTT: takes acknowledgements out, puts
// octets that are no packet in the place of one, and holds the rest back. Packets stay in order.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include "cloud_sim/fault_desk.hpp"

namespace fleet::cloud {

class connection;

class mqtt_faults final : private hal::timer {
public:
  /// Both must outlive it.
  mqtt_faults(hal::home& where, fault_desk& desk) : home_(where), desk_(desk) {}
  ~mqtt_faults();
  mqtt_faults(const mqtt_faults&) = delete;
  mqtt_faults& operator=(const mqtt_faults&) = delete;

  [[nodiscard]] fault_desk& desk() noexcept { return desk_; }

  /// `out` ends in whole packets for `c`, from `before` on; what is to leave now stays there.
  void pass(connection& c, byte_buffer& out, std::size_t before);
  /// Octets that are held back for it.
  [[nodiscard]] std::size_t held(const connection& c) const noexcept;
  /// Whether its stream has to stay open for what is held back; then it is closed behind that, at
  /// the time that is answered.
  [[nodiscard]] std::optional<time_point> close_after(const connection& c);
  /// Drops what is held back for it; before it dies.
  void forget(const connection& c);

private:
  struct line {
    connection* to = nullptr; ///< null: it has gone
    std::size_t octets = 0;
    std::size_t pieces = 0;
    time_point last{};
    bool closing = false;
  };
  struct piece {
    std::shared_ptr<line> of;
    byte_buffer octets;
  };
  void on_wake(time_point now) override;

  hal::home& home_;
  fault_desk& desk_;
  std::unordered_map<const connection*, std::shared_ptr<line>> lines_; ///< never walked
  std::map<std::pair<time_point, std::uint64_t>, piece> held_;
  std::uint64_t count_ = 0;
  byte_buffer passed_;
};

} // namespace fleet::cloud
