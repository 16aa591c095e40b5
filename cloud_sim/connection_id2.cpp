// A connection whose stream is encrypted by the ID2 model (aliyun-iot.md §5.6): told by its first
// octet, opened by the key of whom it names. Others pay a flag and a null pointer.
#include <array>

#include "cloud_sim/broker.hpp"
#include "cloud_sim/connection.hpp"

namespace fleet::cloud {

namespace {

/// A CONNACK in the clear, for a device that has no key in common with the platform.
void append_refusal(byte_buffer& out, mqtt::connack_code code) {
  const std::array<std::uint8_t, 4> packet{0x20, 2, 0, static_cast<std::uint8_t>(code)};
  out.append(bytes_view{packet});
}

constexpr std::uint8_t connect_octet = 0x10; ///< a CONNECT begins with it

} // namespace

void connection::wrote(byte_buffer& out, std::size_t before) {
  if (auto* const faults = owner_.misbehaviour(); faults != nullptr && out.size() != before) {
    faults->pass(*this, out, before);
  }
  sending(out, before);
}

void connection::release(bytes_view packets, bool last) {
  const broker::turn guard{owner_};
  auto& out = stream_->output();
  const auto before = out.size();
  out.append(packets);
  sending(out, before);
  if (last && phase_ == phase::lingering) {
    stream_->close();
  } else if (paused_ && phase_ == phase::alive && !congested()) {
    paused_ = false;
    read_on();
  }
}

void connection::sending(byte_buffer& out, std::size_t before) {
  const std::size_t octets = out.size() - before;
  if (id2_ != nullptr && octets != 0 && id2_->unlocked()) {
    id2_->seal({&out[before], octets});
  }
  owner_.sent(octets);
}

bool connection::begins_id2(bytes_view bytes) {
  if (bytes.empty()) {
    return false;
  }
  heard_ = true;
  if (bytes.front() != alink::id2_first_octet || owner_.speaks().id2() == nullptr) {
    return false;
  }
  id2_ = std::make_unique<alink::id2_server_stream>();
  return true;
}

bool connection::unveil(bytes_view bytes, byte_buffer& plain) {
  if (!id2_->unlocked()) {
    switch (id2_->take(bytes)) {
      case alink::id2_server_stream::progress::incomplete: return false;
      case alink::id2_server_stream::progress::broken:
        fail(mqtt::violation::connect_expected);
        return false;
      case alink::id2_server_stream::progress::named: break;
    }
    auto& out = stream_->output();
    const auto refuse = [&](mqtt::connack_code code) {
      append_refusal(out, code);
      add(owner_.counters().connects[static_cast<std::size_t>(code)]);
      owner_.end(*this, end_reason::refused);
      return false;
    };
    const auto key = owner_.speaks().id2()->stream_key(id2_->preamble());
    byte_buffer mark;
    if (!key || !id2_->unlock(*key, mark)) {
      return refuse(mqtt::connack_code::not_authorized);
    }
    id2_->open(bytes, plain);
    // A device with another key shows it here, but for one time in 256.
    if (!plain.empty() && plain.view().front() != connect_octet) {
      return refuse(mqtt::connack_code::bad_credentials);
    }
    out.append(mark.view());
    return !plain.empty();
  }
  id2_->open(bytes, plain);
  return !plain.empty();
}

} // namespace fleet::cloud
