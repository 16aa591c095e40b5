// The firmware server against hostile clients: any octets, in slices, from peers that stop reading,
// go on and vanish, while bodies are under way at a rate. Nothing breaks, no connection holds more
// than its window, and in the end nothing is left.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "cloud_sim/web/firmware_desk.hpp"
#include "protocol/base/check.hpp"
#include "tests/support/web_rig.hpp"

namespace {

using namespace fleet;
using namespace std::chrono_literals;

constexpr std::uint64_t image_octets = 150'000;

struct zeros final : cloud::firmware_source {
  cloud::served_firmware judge(std::uint32_t id, std::string_view token) override {
    cloud::served_firmware out;
    out.verdict = token.empty() ? cloud::firmware_verdict::forged : cloud::firmware_verdict::good;
    out.id = id;
    out.size = image_octets;
    out.tag = "t";
    out.fault = id % 5 == 4 ? cloud::firmware_fault::stall : cloud::firmware_fault::none;
    return out;
  }
  bytes_view octets(std::uint32_t id, std::uint64_t from, std::size_t most) override {
    FLEET_CHECK(most > 0 && from + most <= image_octets);
    static const std::vector<std::uint8_t> run(image_octets);
    return id % 5 == 3 && from > 70'000 ? bytes_view{} : bytes_view{run}.subspan(from, most);
  }
  void begun(std::uint32_t) override {}
  void sent(std::uint32_t, std::size_t octets) override { total += octets; }
  void refused() override {}
  [[nodiscard]] cloud::firmware_pace pace() const override { return {400'000, 300'000}; }
  std::uint64_t total = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  zeros source;
  hal::virtual_world world;
  cloud::firmware_desk desk{world.home(), source};
  cloud::web_limits limits;
  limits.window = 8'192;
  limits.connections_max = 4;
  {
    cloud::web_service service{world.home(), desk, limits};
    const auto at = service.listen({.at = hal::parse_address("127.0.0.1:80").value()});
    FLEET_CHECK(at.ok());
    std::vector<std::unique_ptr<support::web_client>> peers;
    for (int i = 0; i < 3; ++i) {
      peers.push_back(std::make_unique<support::web_client>(world.home(), at.value()));
      peers.back()->parses = false;
    }
    world.run_for(20ms);
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (std::size_t from = 0; from < text.size();) {
      const auto order = static_cast<unsigned char>(text[from++]);
      auto& peer = *peers[order % 3];
      switch (order / 3 % 5) {
        case 0:
        case 1: {
          const auto slice = text.substr(from, order / 15 * 4U);
          peer.write(slice);
          from += slice.size();
          break;
        }
        case 2: peer.write("GET /firmware/5?token=t HTTP/1.1\r\nHost: h\r\n\r\n"); break;
        case 3:
          if (!peer.closed) {
            peer.stream->pause_reading(order / 15 % 2 == 0);
          }
          break;
        case 4:
          if (!peer.closed) {
            peer.stream->reset();
          }
          break;
      }
      world.run_for(std::chrono::milliseconds{order});
      FLEET_CHECK(service.connection_count() <= limits.connections_max);
      FLEET_CHECK(service.counters().bodies_open.load() <= service.connection_count());
    }
    world.run_for(30min); // every wait has a limit
    FLEET_CHECK(service.counters().bodies_open.load() == 0);
    FLEET_CHECK(service.connection_count() == 0);
    FLEET_CHECK(desk.waiting() == 0);
    FLEET_CHECK(service.counters().bodies_octets.load() == source.total);
    peers.clear();
  }
  return 0;
}
