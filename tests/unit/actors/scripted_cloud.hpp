// A cloud played by hand for one device: it acknowledges as MQTT wants it and writes down what the
// device says; what it says itself is the test's. No twin.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/json.hpp"
#include "tests/support/mqtt_reader.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::actors::test {

/// What a device published.
struct heard {
  std::string topic;
  std::string payload;
  unsigned qos = 0;
  std::size_t packet_id = 0;
};

class scripted_cloud {
public:
  explicit scripted_cloud(hal::home& h) : door(h) {
    door.when_accepted = [this](support::recorder& guest) {
      if (replaces && door.guests.size() > 1) {
        door.guests[door.guests.size() - 2]->stream.reset();
      }
      taken_ = 0;
      guest.when_received = [this](support::recorder& r, std::string_view) { take(r); };
    };
  }

  /// Publishes to the device over the newest connection.
  void say(std::string_view topic, std::string_view payload, unsigned qos = 0) {
    std::string body;
    put(body, topic.size());
    body += topic;
    if (qos > 0) {
      put(body, ++next_id_);
    }
    body += payload;
    send(static_cast<char>(0x30 | qos << 1), body);
  }
  /// Grants what it has been asked for while it granted nothing.
  void grant_withheld() {
    for (const auto& body : withheld) {
      send('\x90', body);
    }
    withheld.clear();
  }
  void cut() { door.guests.back()->stream.reset(); }

  /// Publishes on a topic that ends so, in order.
  [[nodiscard]] std::vector<heard> on(std::string_view tail) const {
    std::vector<heard> out;
    std::copy_if(said.begin(), said.end(), std::back_inserter(out),
                 [tail](const heard& h) { return std::string_view{h.topic}.ends_with(tail); });
    return out;
  }
  [[nodiscard]] std::string last_on(std::string_view tail) const {
    const auto all = on(tail);
    return all.empty() ? std::string{} : all.back().payload;
  }
  [[nodiscard]] bool subscribed(std::string_view filter) const {
    return std::find(filters.begin(), filters.end(), filter) != filters.end();
  }

  support::host door;
  std::vector<heard> said;
  std::vector<std::string> filters; ///< asked for, in order
  std::string octets;               ///< all that came, over all connections
  int connects = 0;
  std::vector<std::size_t> subscribes; ///< filters in each SUBSCRIBE
  bool session = false;              ///< what CONNACK says is present, unless asked for a clean one
  std::vector<bool> cleans;          ///< which CONNECTs asked for a clean session, in order
  bool remembers = false;            ///< a session is there again after each CONNACK
  int cuts = 0;                      ///< so many of the next CONNECTs end the connection instead
  bool replaces = true;              ///< a new connection ends the former one
  bool acknowledges = true;          ///< PUBACK
  bool grants = true;                ///< SUBACK, UNSUBACK
  std::vector<std::string> withheld; ///< SUBACKs that were not sent
  std::vector<std::string> unsubscribes; ///< filters given back, in order
  std::vector<std::string> refuses;      ///< filters that SUBACK answers with 0x80
  std::function<void(const heard&)> when_said;

private:
  static void put(std::string& out, std::size_t number) {
    out.push_back(static_cast<char>(number >> 8 & 0xff));
    out.push_back(static_cast<char>(number & 0xff));
  }
  void send(char head, const std::string& body) {
    std::string packet(1, head);
    std::size_t left = body.size();
    do {
      packet.push_back(static_cast<char>(left % 128 | (left >= 128 ? 0x80 : 0)));
      left /= 128;
    } while (left > 0);
    auto& guest = *door.guests.back();
    if (guest.stream) {
      guest.write(packet + body);
    }
  }
  void take(support::recorder& r) {
    const auto all = mqtt::test::cut(as_bytes(r.received));
    octets = r.received;
    for (; taken_ < all.size() && all[taken_].type != 0; ++taken_) {
      answer(all[taken_]);
    }
  }
  void answer(const mqtt::test::bare_packet& p) {
    mqtt::test::bare_reader in{p.body};
    switch (p.type) {
      case 1:
        ++connects;
        in.text(); // protocol name
        in.octet();
        cleans.push_back((in.octet() & 2) != 0);
        if (cuts > 0) {
          --cuts;
          cut();
          break;
        }
        // As [MQTT-3.1.2-6] and [MQTT-3.2.2-1] want it.
        session = session && !cleans.back();
        send('\x20', std::string{session ? '\x01' : '\x00', '\x00'});
        session = session || remembers;
        break;
      case 3: {
        heard h;
        h.qos = p.flags >> 1 & 3;
        h.topic = in.text();
        const std::size_t id = h.qos > 0 ? in.number() : 0;
        h.packet_id = id;
        h.payload = in.remainder();
        if (id > 0 && acknowledges) {
          std::string body;
          put(body, id);
          send('\x40', body);
        }
        said.push_back(h);
        if (when_said) {
          when_said(h);
        }
        break;
      }
      case 8: {
        std::string body;
        put(body, in.number());
        subscribes.push_back(0);
        while (!in.done()) {
          ++subscribes.back();
          filters.push_back(in.text());
          const auto q = static_cast<char>(in.octet());
          const bool refused =
              std::find(refuses.begin(), refuses.end(), filters.back()) != refuses.end();
          body.push_back(refused ? '\x80' : q);
        }
        if (grants) {
          send('\x90', body);
        } else {
          withheld.push_back(body);
        }
        break;
      }
      case 10: {
        std::string body;
        put(body, in.number());
        while (!in.done()) {
          unsubscribes.push_back(in.text());
        }
        if (grants) {
          send('\xb0', body);
        }
        break;
      }
      case 12: send('\xd0', {}); break;
      default: break;
    }
  }

  std::size_t taken_ = 0;
  std::size_t next_id_ = 0;
};

/// `"key":V` of an object, V raw; empty if there is none.
inline std::string raw_field(std::string_view payload, std::string_view key) {
  json_reader json;
  if (json.read(as_bytes(payload)) != json_error::none) {
    return {};
  }
  const auto* found = json.find(key);
  return found == nullptr ? std::string{} : std::string{found->value};
}

} // namespace fleet::actors::test
