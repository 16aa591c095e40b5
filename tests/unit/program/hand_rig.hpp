// One device by hand and the twin it talks to, in the virtual world: what is typed goes in, the
// lines of its log come out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fleet/hand/hand_device.hpp"
#include "fleet/run/twin_host.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/alink/sign.hpp"

namespace fleet::program::test {

using strings = std::vector<std::string>;

class hand_rig final : public hand_watcher {
public:
  explicit hand_rig(profile p = profile::linkdevelop) {
    cloud::twin_options o;
    o.profile = twin_profile(p);
    o.credentials = &credentials;
    o.listeners.push_back({hal::parse_address("127.0.0.1:1883").value(), nullptr});
    twin = std::make_unique<cloud::twin>(std::move(o));
    setup.peers = twin->start(world.home()).value();
    const auto who = credentials.at(0);
    setup.names = {p, who.product_key, who.device_name, "fleet/up", "fleet/down"};
    if (p == profile::mqtt) {
      setup.login.client_id = who.device_name;
    } else {
      auto login = alink::make_direct_login(who, alink::sign_method::hmacsha1, 3);
      setup.login = {login.client_id, login.username, login.password};
      setup.secrets = {who.device_secret};
    }
    setup.scripted = true;
    setup.seed = 7;
  }
  ~hand_rig() {
    device.reset();
    twin->stop();
  }
  hand_rig(const hand_rig&) = delete;
  hand_rig& operator=(const hand_rig&) = delete;

  void boot() {
    device = std::make_unique<hand_device>(world.home(), setup, *this);
    device->boot();
    run();
  }
  void run(duration span = std::chrono::seconds{1}) { world.run_for(span); }
  /// Types a line and lets a second pass.
  strings type(std::string line, duration span = std::chrono::seconds{1}) {
    lines.clear();
    device->take(std::move(line));
    run(span);
    return lines;
  }
  /// The whole of a script, and its end.
  void script(std::string text, duration span = std::chrono::minutes{2}) {
    device = std::make_unique<hand_device>(world.home(), setup, *this);
    device->boot();
    device->take(std::move(text));
    device->end_of_input();
    run(span);
  }

  /// Packets among the lines, as `→ PUBACK id 3`, without payloads where `brief`.
  [[nodiscard]] strings packets(bool brief = true) const {
    strings out;
    for (const auto& line : lines) {
      const auto at = std::min(line.find("→"), line.find("←"));
      if (at < 12) {
        auto text = line.substr(at);
        out.push_back(brief ? text.substr(0, text.find(" {")) : text);
      }
    }
    return out;
  }
  [[nodiscard]] bool told(std::string_view part) const { return count(part) > 0; }
  [[nodiscard]] std::size_t count(std::string_view part) const {
    std::size_t found = 0;
    for (const auto& line : lines) {
      found += line.find(part) != std::string::npos ? 1 : 0;
    }
    return found;
  }
  [[nodiscard]] std::string all() const {
    std::string out;
    for (const auto& line : lines) {
      out += line + "\n";
    }
    return out;
  }
  [[nodiscard]] cloud::device_name_view name() const {
    return {setup.names.product_key, setup.names.device_name};
  }

  hal::virtual_world world;
  alink::generated_credentials credentials;
  std::unique_ptr<cloud::twin> twin;
  hand_setup setup;
  std::unique_ptr<hand_device> device;
  strings lines;
  strings questions;
  std::size_t taken = 0;
  std::optional<exit_code> ended;
  std::string why;

private:
  void on_line(const std::string& line) override { lines.push_back(line); }
  void on_question(const std::string& host) override { questions.push_back(host); }
  void on_taken() override { ++taken; }
  void on_ended(exit_code code, const std::string& reason) override {
    ended = code;
    why = reason;
  }
};

} // namespace fleet::program::test
