// The framer: a fixed header is read where it lies or, when cut, in the partial packet's buffer.
#include "protocol/mqtt/framer.hpp"

#include <algorithm>
#include <vector>

#include "protocol/mqtt/slots.hpp"

namespace fleet::mqtt {

/// An incomplete packet: either collected or, when oversized, passed over.
struct framer::partial {
  std::vector<std::uint8_t> octets; ///< from the first octet of the packet
  bool shown = false;               ///< complete and told: to be forgotten by the next call

  bool skipping = false;
  std::uint8_t head = 0;
  std::uint32_t total = 0;     ///< whole packet
  std::uint32_t remaining = 0; ///< after the fixed header
  std::uint32_t position = 0;  ///< octets of `remaining` passed over
  std::uint16_t topic_size = 0;
  std::uint16_t packet_id = 0;
};

namespace {

enum class header_state : std::uint8_t { incomplete, complete, malformed };

struct header {
  std::size_t size = 0;
  std::size_t remaining = 0;
};

header_state read_header(bytes_view from, header& h) noexcept {
  h.remaining = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    if (1 + i >= from.size()) {
      return header_state::incomplete;
    }
    const std::uint8_t digit = from[1 + i];
    h.remaining |= static_cast<std::size_t>(digit & 0x7f) << (7 * i);
    if ((digit & 0x80) == 0) {
      h.size = 2 + i;
      return header_state::complete;
    }
  }
  return header_state::malformed;
}

framing violated(violation why, std::uint8_t head, framed& found) noexcept {
  found.why = why;
  found.packet.head = head;
  return framing::violated;
}

/// What the header says about whether to go on: need_more to collect, packet when all is well,
/// skipped to begin passing over.
framing judge_header(bytes_view from, const framing_rules& rules, header& h, framed& found) {
  const std::uint8_t head = from[0];
  if (const verdict bad = check_header(head, rules.allowed, rules.version)) {
    return violated(*bad, head, found);
  }
  switch (read_header(from, h)) {
    case header_state::malformed: return violated(violation::malformed_length, head, found);
    case header_state::incomplete: return framing::need_more;
    case header_state::complete: break;
  }
  const auto type = static_cast<packet_type>(head >> 4);
  if (const verdict bad = check_length(type, h.remaining)) {
    return violated(*bad, head, found);
  }
  if (h.size + h.remaining > rules.limit_bytes) {
    if (rules.skip_oversized && type == packet_type::publish) {
      return framing::skipped;
    }
    return violated(violation::packet_too_large, head, found);
  }
  return framing::packet;
}

} // namespace

framer::framer() noexcept = default;
framer::~framer() = default;
framer::framer(framer&&) noexcept = default;
framer& framer::operator=(framer&&) noexcept = default;

framing framer::next(const framing_rules& rules, framed& found) {
  if (partial_ != nullptr) {
    if (!partial_->shown) {
      return partial_->skipping ? skip(found) : gather(rules, found);
    }
    partial_.reset();
  }
  if (arrived_.empty()) {
    return framing::need_more;
  }
  header h;
  const framing what = judge_header(arrived_, rules, h, found);
  if (what == framing::violated) {
    return what;
  }
  if (what == framing::skipped) {
    const std::uint8_t head = arrived_[0];
    arrived_ = arrived_.subspan(h.size);
    begin_skip(head, h.size, h.size + h.remaining);
    return skip(found);
  }
  const std::size_t total = h.size + h.remaining;
  if (what == framing::packet && total <= arrived_.size()) {
    found.packet = {arrived_[0], arrived_.subspan(h.size, h.remaining)};
    arrived_ = arrived_.subspan(total);
    return framing::packet;
  }
  partial_ = std::make_unique<partial>();
  take(arrived_.size());
  return framing::need_more;
}

/// Moves `count` arrived octets to the partial packet.
void framer::take(std::size_t count) {
  std::vector<std::uint8_t>& octets = partial_->octets;
  octets.insert(octets.end(), arrived_.begin(),
                arrived_.begin() + static_cast<std::ptrdiff_t>(count));
  arrived_ = arrived_.subspan(count);
}

framing framer::gather(const framing_rules& rules, framed& found) {
  std::vector<std::uint8_t>& octets = partial_->octets;
  for (;;) {
    header h;
    switch (judge_header(octets, rules, h, found)) {
      case framing::violated: return framing::violated;
      case framing::skipped:
        begin_skip(octets[0], h.size, h.size + h.remaining);
        return skip(found);
      case framing::need_more: // the header itself is cut
        if (arrived_.empty()) {
          return framing::need_more;
        }
        take(1);
        break;
      case framing::packet: {
        const std::size_t total = h.size + h.remaining;
        const std::size_t had = octets.size();
        const std::size_t count = std::min(total - had, arrived_.size());
        // Never more than twice what really came, and exact for the last piece.
        octets.reserve(std::min(total, std::max(2 * had, had + count)));
        take(count);
        if (octets.size() < total) {
          return framing::need_more;
        }
        partial_->shown = true;
        found.packet = {octets[0], bytes_view{octets}.subspan(h.size)};
        return framing::packet;
      }
    }
  }
}

void framer::begin_skip(std::uint8_t head, std::size_t header, std::size_t total) {
  auto p = std::make_unique<partial>();
  p->skipping = true;
  p->head = head;
  p->total = static_cast<std::uint32_t>(total);
  p->remaining = static_cast<std::uint32_t>(total - header);
  partial_ = std::move(p);
}

framing framer::skip(framed& found) {
  partial& p = *partial_;
  const bool has_id = (p.head & 0x06) != 0;
  // The first octets are the topic's size and, after the topic, the packet id.
  while (!arrived_.empty() && p.position < p.remaining) {
    const std::uint32_t at = p.position;
    const std::uint32_t id_at = 2U + p.topic_size;
    if (at < 2) {
      p.topic_size = static_cast<std::uint16_t>((p.topic_size << 8) | arrived_[0]);
    } else if (has_id && (at == id_at || at == id_at + 1)) {
      p.packet_id = static_cast<std::uint16_t>((p.packet_id << 8) | arrived_[0]);
    } else {
      const std::uint32_t until = at < id_at ? std::min(id_at, p.remaining) : p.remaining;
      const std::size_t count = std::min<std::size_t>(until - at, arrived_.size());
      arrived_ = arrived_.subspan(count);
      p.position += static_cast<std::uint32_t>(count);
      continue;
    }
    arrived_ = arrived_.subspan(1);
    ++p.position;
  }
  if (p.position < p.remaining) {
    return framing::need_more;
  }
  if (2U + p.topic_size + (has_id ? 2U : 0U) > p.remaining) {
    return violated(violation::truncated_packet, p.head, found);
  }
  if (has_id && p.packet_id == 0) {
    return violated(violation::zero_packet_id, p.head, found);
  }
  found.packet.head = p.head;
  found.bytes = p.total;
  found.packet_id = p.packet_id;
  partial_.reset();
  return framing::skipped;
}

void framer::reset() noexcept {
  arrived_ = {};
  partial_.reset();
}

std::size_t framer::memory_bytes() const noexcept {
  return partial_ == nullptr
           ? 0
           : heap_octets(sizeof(partial)) + heap_octets(partial_->octets.capacity());
}

} // namespace fleet::mqtt
