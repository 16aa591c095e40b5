// The admin API and the log-on front door fed with any method, target and body: each request is
// answered once, errors are JSON, and nothing that was made from it breaks.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "cloud_sim/web/admin.hpp"
#include "cloud_sim/web/base64.hpp"
#include "cloud_sim/web/logon_desk.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/json.hpp"
#include "tests/support/web_rig.hpp"

namespace {

using namespace fleet;

struct nobody final : cloud::logon_registry {
  [[nodiscard]] std::optional<cloud::logon_device>
  find(cloud::device_name_view who) const override {
    return cloud::logon_device{
        {std::string{who.product_key}, std::string{who.device_name}, "secret"}, false};
  }
  [[nodiscard]] std::optional<cloud::logon_product> product(std::string_view) const override {
    return cloud::logon_product{"secret", true};
  }
  [[nodiscard]] cloud::logon_config config(std::string_view,
                                           std::string_view token) const override {
    return {token.size() % 2 == 0 ? cloud::token_verdict::good : cloud::token_verdict::forged,
            token.size() % 4 == 0 ? std::optional<std::string>{"{}"} : std::nullopt};
  }
  [[nodiscard]] std::optional<cloud::logon_token> grant(cloud::device_name_view) override {
    return cloud::logon_token{"id", "token"};
  }
};

/// Two accounts, whatever is asked.
struct two_accounts final : cloud::ledger_desk {
  void begin(std::uint32_t first, std::uint32_t count) override {
    FLEET_CHECK(count != 0 && std::uint64_t{first} + count <= UINT32_MAX);
  }
  [[nodiscard]] std::optional<std::uint32_t> next(std::uint32_t from) const override {
    return from <= 1            ? std::optional<std::uint32_t>{1}
           : from == UINT32_MAX ? std::optional<std::uint32_t>{from}
                                : std::nullopt;
  }
  void save(std::uint32_t device, byte_buffer& uplink, byte_buffer& downlink) const override {
    FLEET_CHECK(device == 1 || device == UINT32_MAX);
    uplink.push(1);
    downlink.push(2);
  }
  [[nodiscard]] cloud::unbooked_tags unbooked() const override { return {}; }
  [[nodiscard]] std::string name(std::uint32_t) const override { return "pk/d"; }
};

struct counting final : cloud::answer_taker {
  void answer(std::uint64_t, cloud::web_answer what) override {
    ++answers;
    // Operations' own JSON is passed on as it is; the fake's is fixed.
    json_reader reader;
    FLEET_CHECK(what.body.empty() || reader.read(what.body.view()) == json_error::none);
    FLEET_CHECK(what.status >= 200 && what.status < 600);
  }
  void resume(std::uint64_t) override {}
  int answers = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static hal::virtual_world world;
  std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto line = text.substr(0, text.find('\n'));
  const auto body = text.substr(line.size() == text.size() ? line.size() : line.size() + 1);
  const auto blank = line.find(' ');
  cloud::web_request request;
  request.method = line.substr(0, blank);
  request.target = blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
  request.host = "localhost";
  request.body = as_bytes(body);
  request.source = "127.0.0.1";

  support::fake_console console;
  two_accounts books;
  cloud::admin_api api{world.home(), &console, {"0", "p", nullptr, &books}};
  api.guard_with({"", hal::parse_address("127.0.0.1:1").value()});
  const auto taker = std::make_shared<counting>();
  api.on_request(request, {taker, 1});
  FLEET_CHECK(taker->answers == 1);

  static nobody devices;
  static cloud::logon_desk desk{
      world.home(), devices, {1883, 8883}, {.per_second = 1, .burst = 4'000'000'000}};
  desk.on_request(request, {taker, 2});
  FLEET_CHECK(taker->answers == 2);

  if (const auto octets = cloud::from_base64(body)) {
    FLEET_CHECK(cloud::to_base64(*octets) == body);
  }
  return 0;
}
