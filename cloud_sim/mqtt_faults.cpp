// Packet by packet, behind the machine that made them.
#include "cloud_sim/mqtt_faults.hpp"

#include "cloud_sim/connection.hpp"

namespace fleet::cloud {

namespace {

constexpr unsigned puback = 4; ///< packet types (MQTT 3.1.1, 2.2.1)
constexpr unsigned pubrec = 5;

/// The octets of the packet that `from` begins with; it is whole.
std::size_t packet_size(bytes_view from) noexcept {
  std::size_t length = 0;
  std::size_t at = 1;
  for (unsigned shift = 0; at < from.size(); shift += 7) {
    const std::uint8_t octet = from[at++];
    length |= std::size_t{octet & 0x7fU} << shift;
    if ((octet & 0x80U) == 0) {
      break;
    }
  }
  return std::min(at + length, from.size());
}

} // namespace

mqtt_faults::~mqtt_faults() {
  home_.disarm(*this);
}

void mqtt_faults::pass(connection& c, byte_buffer& out, std::size_t before) {
  passed_.clear();
  const std::uint32_t device = c.device();
  for (auto rest = out.view().subspan(before); !rest.empty();) {
    const auto packet = rest.first(packet_size(rest));
    rest = rest.subspan(packet.size());
    const unsigned type = packet.front() >> 4U;
    if ((type == puback || type == pubrec) && desk_.drops_ack(device)) {
      continue;
    }
    if (desk_.garbles(device)) {
      desk_.append_garbage(passed_, packet.size());
    } else {
      passed_.append(packet);
    }
  }
  out.truncate(before);
  if (passed_.empty()) {
    return;
  }
  const duration by = desk_.delay(device);
  const auto known = lines_.find(&c);
  if (by == duration::zero() && known == lines_.end()) {
    out.append(passed_.view());
    return;
  }
  auto& of = lines_[&c];
  if (of == nullptr) {
    of = std::make_shared<line>();
    of->to = &c;
  }
  of->octets += passed_.size();
  ++of->pieces;
  of->last = std::max(of->last, later(home_.now(), by));
  held_.emplace(std::pair{of->last, ++count_}, piece{of, std::move(passed_)});
  passed_ = {};
  home_.arm(*this, held_.begin()->first.first);
}

std::size_t mqtt_faults::held(const connection& c) const noexcept {
  const auto known = lines_.find(&c);
  return known == lines_.end() ? 0 : known->second->octets;
}

std::optional<time_point> mqtt_faults::close_after(const connection& c) {
  const auto known = lines_.find(&c);
  if (known == lines_.end()) {
    return std::nullopt;
  }
  known->second->closing = true;
  return known->second->last;
}

void mqtt_faults::forget(const connection& c) {
  const auto known = lines_.find(&c);
  if (known != lines_.end()) {
    known->second->to = nullptr;
    lines_.erase(known);
  }
}

void mqtt_faults::on_wake(time_point now) {
  while (!held_.empty() && held_.begin()->first.first <= now) {
    const auto next = std::move(held_.begin()->second);
    held_.erase(held_.begin());
    auto& of = *next.of;
    if (of.to == nullptr) {
      continue;
    }
    of.octets -= next.octets.size();
    connection& to = *of.to;
    const bool last = --of.pieces == 0;
    if (last) {
      lines_.erase(&to);
    }
    to.release(next.octets.view(), last && of.closing);
  }
  if (!held_.empty()) {
    home_.arm(*this, held_.begin()->first.first);
  }
}

} // namespace fleet::cloud
