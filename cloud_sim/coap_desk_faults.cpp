// What faults do to the datagrams that the twin sends (design, part 9).
#include <utility>

#include "cloud_sim/coap_desk.hpp"

namespace fleet::cloud {

void coap_desk::send(const hal::address& to, std::uint32_t number, bytes_view datagram) {
  auto* const faults = door_.faults();
  if (faults == nullptr) {
    way_->send(to, datagram);
    return;
  }
  if (faults->drops_ack(number)) {
    return;
  }
  byte_buffer octets;
  if (faults->garbles(number)) {
    faults->append_garbage(octets, datagram.size());
  } else {
    octets.append(datagram);
  }
  const int times = faults->doubles(number) ? 2 : 1;
  auto job = [this, to, times, octets = std::move(octets), alive = std::weak_ptr{unsent_}] {
    for (int i = 0; i < times && !alive.expired(); ++i) {
      way_->send(to, octets.view());
    }
  };
  // What is held back goes with the desk, and with what else it has not sent (reset_all).
  const duration by = faults->delay(number);
  if (by == duration::zero()) {
    job();
  } else {
    faults->after(by, std::move(job));
  }
}

} // namespace fleet::cloud
