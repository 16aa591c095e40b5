// What the twin costs beyond system calls: CPU per message with many connections, and octets of
// heap per device. Streams are buffers; nothing here touches a network.
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <malloc.h>

#include <benchmark/benchmark.h>

#include "cloud_sim/twin.hpp"
#include "protocol/alink/sign.hpp"
#include "protocol/mqtt/codec.hpp"
#include "tests/support/bare_home.hpp"

namespace {

using namespace fleet;

constexpr std::uint32_t device_count = 20'000;

std::size_t heap_in_use() {
  return mallinfo2().uordblks;
}

/// A report of 300 octets with a sealed tag.
void write_report(std::uint32_t device, std::uint32_t sequence, byte_buffer& payload) {
  payload.clear();
  payload.append(std::string_view{R"({"id":")"});
  payload.append(std::to_string(sequence));
  payload.append(std::string_view{R"(","version":"1.0","params":{"Temperature":21.5,"Humidity":48,)"
                                  R"("LightSwitch":1,"RGBColor":{"Red":247,"Green":60,"Blue":74},)"
                                  R"("Pad":")"});
  while (payload.size() < 200) {
    payload.push('x');
  }
  payload.append(std::string_view{R"(","tag":")"});
  const auto at = ledger::append_tag(payload, {device, 1, sequence});
  payload.append(std::string_view{R"("},"method":"thing.event.property.post"})"});
  ledger::seal({&payload[0], payload.size()}, at);
}

class rig {
public:
  explicit rig(cloud::profile p) {
    cloud::twin_options o;
    o.profile = p;
    o.credentials = &credentials;
    o.listeners.push_back({});
    twin = std::make_unique<cloud::twin>(std::move(o));
    FLEET_CHECK(twin->start(home).ok());
    streams.resize(device_count);
    topics.resize(device_count);
    before = heap_in_use();
    for (std::uint32_t i = 0; i < device_count; ++i) {
      arrive(i, p);
    }
    after = heap_in_use();
    FLEET_CHECK(twin->devices_online() == device_count);
  }
  ~rig() { twin->stop(); }

  void arrive(std::uint32_t i, cloud::profile p) {
    const auto who = credentials.at(i);
    auto& s = streams[i];
    home.door->on_accepted(s.lend());
    const auto login = alink::make_direct_login(who, alink::sign_method::hmacsha1, 3);
    mqtt::connect_view c;
    c.client_id = p == cloud::profile::mqtt ? std::string_view{who.device_name}
                                            : std::string_view{login.client_id};
    c.clean_session = false;
    c.keep_alive_s = 60;
    if (p != cloud::profile::mqtt) {
      c.has_username = c.has_password = true;
      c.username = login.username;
      c.password = as_bytes(login.password);
    }
    scratch.clear();
    mqtt::encode_connect(c, scratch);
    const auto own = "/sys/" + who.product_key + "/" + who.device_name + "/";
    const bool open = p == cloud::profile::mqtt;
    topics[i] = open ? "fleet/" + who.device_name + "/up" : own + "thing/event/property/post";
    const std::string set =
      open ? "fleet/" + who.device_name + "/down" : own + "thing/service/property/set";
    const std::string reply = topics[i] + "_reply";
    const std::array<mqtt::filter_request, 2> filters{
      {{set, mqtt::qos::at_least_once}, {reply, mqtt::qos::at_least_once}}};
    mqtt::encode_subscribe(1, {filters.data(), open ? 1U : 2U}, scratch);
    s.events->on_received(scratch.view());
    s.out.release();
  }

  support::bare_home home;
  alink::generated_credentials credentials;
  std::unique_ptr<cloud::twin> twin;
  std::vector<support::bare_stream> streams;
  std::vector<std::string> topics;
  byte_buffer scratch;
  std::size_t before = 0;
  std::size_t after = 0;
};

void publish_qos_1(benchmark::State& state, cloud::profile p) {
  rig r{p};
  // The packets are made beforehand: they are the devices' work, not the twin's.
  std::vector<std::vector<std::uint8_t>> packets(device_count);
  byte_buffer payload;
  std::uint32_t sequence = 0;
  std::uint32_t i = device_count;
  std::int64_t seconds = 0;
  for (auto _ : state) {
    if (i == device_count) {
      state.PauseTiming();
      i = 0;
      ++sequence;
      for (std::uint32_t k = 0; k < device_count; ++k) {
        write_report(k, sequence, payload);
        mqtt::message_view m;
        m.topic = r.topics[k];
        m.payload = payload.view();
        m.qos = mqtt::qos::at_least_once;
        m.packet_id = 7;
        r.scratch.clear();
        mqtt::encode_publish(m, r.scratch);
        // The acknowledgement of the former reply comes along.
        if (p != cloud::profile::mqtt && sequence > 1) {
          const auto id = static_cast<std::uint16_t>((sequence - 2) % 65535 + 1);
          mqtt::encode_ack(mqtt::packet_type::puback, id, r.scratch);
        }
        const auto v = r.scratch.view();
        packets[k].assign(v.begin(), v.end());
        r.streams[k].out.clear();
      }
      seconds += 10;
      r.home.set_now(time_point{std::chrono::seconds{seconds}});
      state.ResumeTiming();
    }
    r.streams[i].events->on_received(packets[i]);
    ++i;
  }
  const auto& c = r.twin->counters();
  state.counters["connected_bytes"] =
    static_cast<double>(r.after - r.before) / static_cast<double>(device_count);
  state.counters["acknowledged"] = static_cast<double>(cloud::value(c.acknowledged));
  state.counters["refused"] = static_cast<double>(cloud::value(c.publishes_refused));
  state.counters["online"] = static_cast<double>(r.twin->devices_online());
}
BENCHMARK_CAPTURE(publish_qos_1, platform_with_reply, cloud::profile::linkplatform);
BENCHMARK_CAPTURE(publish_qos_1, open_broker_unheard, cloud::profile::mqtt);

void connect_and_leave(benchmark::State& state) {
  rig r{cloud::profile::linkplatform};
  std::uint32_t i = 0;
  for (auto _ : state) {
    r.streams[i].out.release();
    r.arrive(i, cloud::profile::linkplatform); // takes the former connection over
    i = (i + 1) % device_count;
  }
}
BENCHMARK(connect_and_leave);

} // namespace
