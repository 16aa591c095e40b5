// The floor's packets: the few of MQTT 3.1.1 that a publisher writes and reads.
#include "floor.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace floor_client {

namespace {

/// A packet under construction; the floor's packets are small.
struct writer {
  std::uint8_t bytes[2048];
  std::size_t size = 0;

  void octet(unsigned value) { bytes[size++] = static_cast<std::uint8_t>(value); }
  void number(unsigned value) {
    octet(value >> 8);
    octet(value & 0xff);
  }
  void raw(const char* data, std::size_t count) {
    if (size + count > sizeof bytes) {
      give_up("a packet would be too long");
    }
    std::memcpy(bytes + size, data, count);
    size += count;
  }
  void text(const std::string& s) {
    number(static_cast<unsigned>(s.size()));
    raw(s.data(), s.size());
  }
  void length(std::size_t value) {
    do {
      octet(static_cast<unsigned>(value & 0x7f) | (value > 0x7f ? 0x80U : 0U));
      value >>= 7;
    } while (value > 0);
  }
};

std::string for_index(const std::string& pattern, std::uint32_t index) {
  const std::size_t at = pattern.find("{index}");
  if (at == std::string::npos) {
    return pattern;
  }
  char digits[16];
  std::snprintf(digits, sizeof digits, "%06u", index);
  return pattern.substr(0, at) + digits + pattern.substr(at + 7);
}

} // namespace

void loop::log_on(std::uint32_t index) {
  writer body;
  const std::string id = for_index(options_.client_id, index);
  const bool named = !options_.username.empty();
  body.text("MQTT");
  body.octet(4);
  body.octet(named ? 0xc2U : 0x02U);
  body.number(options_.keep_alive_s);
  body.text(id);
  if (named) {
    body.text(for_index(options_.username, index));
    body.text(options_.password);
  }
  writer packet;
  packet.octet(0x10);
  packet.length(body.size);
  packet.raw(reinterpret_cast<const char*>(body.bytes), body.size);
  connection& c = connections_[index];
  c.stage = stage::logging_on;
  send_bytes(c, packet.bytes, packet.size);
}

void loop::subscribe(std::uint32_t index) {
  writer packet;
  const bool is_probe = index >= options_.connections;
  const std::string rest = is_probe ? "/#" : for_index("/{index}/down", index);
  const std::string filter = options_.prefix + rest;
  packet.octet(0x82);
  packet.length(filter.size() + 5);
  packet.number(1);
  packet.text(filter);
  packet.octet(is_probe ? static_cast<unsigned>(options_.probe_qos) : 1U);
  send_bytes(connections_[index], packet.bytes, packet.size);
}

void loop::publish(std::uint32_t index) {
  connection& c = connections_[index];
  c.packet_id = c.packet_id == 0xffff ? std::uint16_t{1}
                                      : static_cast<std::uint16_t>(c.packet_id + 1);
  writer packet;
  packet.octet(0x32);
  packet.length(2 + options_.topic_bytes + 2 + options_.payload_bytes);
  packet.number(options_.topic_bytes);
  // prefix/000017/xxxx…: as long as asked for, one topic a connection.
  char topic[512];
  const int head = std::snprintf(topic, sizeof topic, "%s/%06u/", options_.prefix.c_str(), index);
  if (options_.topic_bytes > static_cast<std::uint32_t>(head)) {
    std::memset(topic + head, 'x', options_.topic_bytes - static_cast<std::uint32_t>(head));
  }
  packet.raw(topic, options_.topic_bytes);
  packet.number(c.packet_id);
  std::memset(packet.bytes + packet.size, 'p', options_.payload_bytes);
  packet.size += options_.payload_bytes;
  send_bytes(c, packet.bytes, packet.size);
  ++counters_.published;
}

/// Cuts the stream into packets; what is incomplete waits in the connection.
void loop::on_bytes(std::uint32_t index, const std::uint8_t* data, std::size_t size) {
  connection& c = connections_[index];
  std::uint8_t* joined = nullptr;
  if (c.partial != nullptr) {
    joined = static_cast<std::uint8_t*>(std::realloc(c.partial, c.partial_bytes + size));
    if (joined == nullptr) {
      give_up("out of memory");
    }
    std::memcpy(joined + c.partial_bytes, data, size);
    data = joined;
    size += c.partial_bytes;
    c.partial = nullptr;
    c.partial_bytes = 0;
  }
  std::size_t at = 0;
  while (size - at >= 2) {
    std::size_t length = 0;
    std::size_t header = 1;
    bool whole = false;
    for (unsigned shift = 0; header < size - at && !whole; shift += 7) {
      length |= static_cast<std::size_t>(data[at + header] & 0x7f) << shift;
      whole = (data[at + header] & 0x80) == 0;
      ++header;
    }
    if (!whole || size - at < header + length) {
      break;
    }
    on_packet(index, data + at, header + length);
    at += header + length;
  }
  if (at < size) {
    c.partial = static_cast<std::uint8_t*>(std::malloc(size - at));
    if (c.partial == nullptr) {
      give_up("out of memory");
    }
    std::memcpy(c.partial, data + at, size - at);
    c.partial_bytes = static_cast<std::uint32_t>(size - at);
  }
  std::free(joined);
  if (!acks_.empty()) {
    send_bytes(c, acks_.data(), acks_.size());
    acks_.clear();
  }
}

void loop::acknowledge(std::uint8_t high, std::uint8_t low) {
  const std::uint8_t puback[] = {0x40, 2, high, low};
  acks_.insert(acks_.end(), puback, puback + sizeof puback);
}

void loop::on_packet(std::uint32_t index, const std::uint8_t* packet, std::size_t size) {
  connection& c = connections_[index];
  const bool is_probe = index >= options_.connections;
  switch (packet[0] >> 4) {
  case 2: // CONNACK
    if (size != 4 || packet[3] != 0) {
      give_up("CONNACK refuses the connection");
    }
    c.stage = stage::online;
    --pending_;
    if (is_probe || options_.subscribing) {
      subscribe(index);
    } else {
      ++counters_.online;
    }
    break;
  case 3: { // PUBLISH, to the probe
    ++counters_.probed;
    if ((packet[0] & 0x06) != 0) {
      const std::size_t topic = size > 129 ? 3 : 2; // where its length stands; under 16 KiB
      const std::size_t id = topic + 2 + ((packet[topic] << 8) | packet[topic + 1]);
      acknowledge(packet[id], packet[id + 1]);
    }
    break;
  }
  case 4: // PUBACK
    if (((packet[2] << 8) | packet[3]) != c.packet_id && options_.interval_s <= 0) {
      give_up("PUBACK for another packet");
    }
    ++counters_.acknowledged;
    if (publishing_ && options_.interval_s <= 0) {
      publish(index);
    }
    break;
  case 9: // SUBACK
    ++counters_.online;
    break;
  case 13: // PINGRESP
    break;
  default:
    give_up("a packet that no client expects");
  }
}

} // namespace floor_client
