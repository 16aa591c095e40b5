// A twin that misbehaves on purpose, in the virtual world: of either character, with the desk that
// orders faults, and devices that speak MQTT or CoAP to it. For tests of what faults do to them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cloud_sim/fault_desk.hpp"
#include "cloud_sim/store/store.hpp"
#include "protocol/ledger/ledger.hpp"
#include "tests/support/coap_guest.hpp"
#include "tests/support/twin_peers.hpp"

namespace fleet::support {

/// The effect as it is when nobody names its parameters, but of all pieces.
inline faults::fault fault_of(faults::effect what) {
  auto f = faults::default_fault(what);
  f.share_ppm = f.share_ppm == 0 ? 0 : faults::whole_ppm;
  return f;
}

struct faulty_twin {
  explicit faulty_twin(cloud::profile as, bool keeps = false, cloud::coap_desk_options coap = {})
      : profile(as) {
    cloud::twin_options o;
    o.profile = as;
    o.faults = &desk;
    o.credentials = &credentials;
    o.logon_key = "key of the rig";
    o.listeners.push_back({.at = hal::parse_address("127.0.0.1:1883").value()});
    if (as != cloud::profile::mqtt) {
      coap.at = hal::parse_address("127.0.0.1:5683").value();
      o.coap_listeners.push_back(coap);
    }
    if (keeps) {
      auto made = cloud::store::lasting_in_memory();
      FLEET_CHECK(made.ok());
      o.store = std::make_shared<cloud::store>(std::move(made).value());
    }
    twin = std::make_unique<cloud::twin>(std::move(o));
    start();
  }
  ~faulty_twin() {
    posters.clear();
    guests.clear();
    twin->stop();
    twin.reset();
  }
  faulty_twin(const faulty_twin&) = delete;
  faulty_twin& operator=(const faulty_twin&) = delete;

  void start() {
    auto started = twin->start(world.home());
    FLEET_CHECK(started.ok());
    at = started.value().front();
  }
  bool order(faults::fault f) { return desk.add(std::move(f), world.now()); }
  bool order(faults::effect what) { return order(fault_of(what)); }
  void settle(duration span = std::chrono::milliseconds{50}) { world.run_for(span); }
  [[nodiscard]] std::uint64_t done(faults::effect what) const {
    return cloud::value(desk.counts()[static_cast<std::size_t>(what)]);
  }

  /// Device `index` begins to connect, by its credentials or under its name.
  guest& come(std::uint32_t index, bool clean = true) {
    guests.push_back(std::make_unique<guest>(world.home(), at));
    return again(*guests.back(), index, clean);
  }
  guest& again(guest& g, std::uint32_t index, bool clean = true) {
    auto& login = logins[index];
    if (profile == cloud::profile::mqtt) {
      names[index] = credentials.at(index).device_name;
      mqtt::connect_view fields;
      fields.client_id = names[index];
      fields.clean_session = clean;
      fields.keep_alive_s = 60;
      g.open(fields);
      return g;
    }
    login = std::make_unique<device_login>(credentials.at(index), clean);
    g.open(login->view());
    return g;
  }
  guest& arrive(std::uint32_t index, bool clean = true) {
    auto& g = come(index, clean);
    settle();
    return g;
  }
  /// A topic on which what the device publishes comes back to it.
  [[nodiscard]] std::string echo(std::uint32_t index) const {
    return own_topic(credentials, index, "", "data");
  }
  [[nodiscard]] std::string report(std::uint32_t index) const {
    return own_topic(credentials, index, "/sys", "thing/event/property/post");
  }
  /// A report that bears a tag of the ledger.
  static std::string tagged(std::uint32_t index, std::uint32_t sequence) {
    byte_buffer out;
    out.append(std::string_view{R"({"id":"1","params":{"t":")"});
    const auto tag = ledger::append_tag(out, {index, 1, sequence});
    out.append(std::string_view{R"("},"method":"thing.event.property.post"})"});
    ledger::seal({&out[0], out.size()}, tag);
    return std::string{as_text(out.view())};
  }

  coap_guest& meet(std::uint64_t origin) {
    coap_guest::settings o;
    o.peer = twin->coap_addresses().front();
    o.origin = origin;
    posters.push_back(std::make_unique<coap_guest>(world.home(), o));
    return *posters.back();
  }
  /// The answer to a log-on over CoAP.
  std::string log_on(coap_guest& g, std::uint32_t index, duration patience) {
    byte_buffer out;
    alink::append_coap_logon(out, credentials.at(index), {});
    g.take();
    g.post("/auth", as_text(out.view()), {json_format()});
    settle(patience);
    return first(g);
  }
  static std::string token_in(const std::string& answer) {
    json_reader reader;
    const auto text = answer.size() < 6 ? std::string_view{} : std::string_view{answer}.substr(6);
    return alink::read_coap_grant(reader, as_bytes(text)).value_or(alink::coap_grant{}).token;
  }
  std::string say(coap_guest& g, std::uint32_t index, const std::string& token, duration patience) {
    g.take();
    g.post("/topic" + report(index), R"({"id":"1","params":{}})",
           {json_format(), {alink::coap_option_token, token}});
    settle(patience);
    return first(g);
  }

  const cloud::profile profile;
  hal::virtual_world world;
  alink::generated_credentials credentials;
  cloud::fault_desk desk{world.home()};
  std::unique_ptr<cloud::twin> twin;
  hal::address at;
  std::map<std::uint32_t, std::unique_ptr<device_login>> logins;
  std::map<std::uint32_t, std::string> names;
  std::vector<std::unique_ptr<guest>> guests;
  std::vector<std::unique_ptr<coap_guest>> posters;

private:
  static std::pair<std::uint16_t, std::string> json_format() {
    return {coap::option::content_format, "\x32"};
  }
  static std::string first(coap_guest& g) {
    const auto got = g.take();
    return got.empty() ? "nothing" : got.front();
  }
};

} // namespace fleet::support
