// Serving the twin until a signal.
#include "fleet/cloud_command.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "cloud_sim/twin.hpp"
#include "cloud_sim/web/guard.hpp"
#include "fleet/cloud/data_folder.hpp"
#include "fleet/cloud/product_secrets.hpp"
#include "fleet/cloud/twin_certificate.hpp"
#include "fleet/cloud/twin_homes.hpp"
#include "fleet/cloud/web_host.hpp"
#include "fleet/live/host.hpp"
#include "fleet/live/page.hpp"
#include "fleet/metrics/exposition.hpp"
#include "fleet/options/platform_variants.hpp"
#include "fleet/report/files.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/run/metrics_source.hpp"
#include "fleet/run/twin_host.hpp"
#include "fleet/run/unless_stopped.hpp"
#include "hal_sim/real_world/limits.hpp"
#include "hal_sim/real_world/real_world.hpp"

namespace fleet::program {

namespace {

exit_code complain(const startup_error& error) {
  std::fprintf(stderr, "fleet cloud serve: %s\n", error.message.c_str());
  return error.code;
}

class server {
public:
  explicit server(const cloud_options& options) : options_(options) {}

  exit_code execute();

private:
  std::optional<startup_error> listen();
  std::optional<startup_error> open_security();
  void name_listeners(cloud::twin_options& into) const;
  std::optional<startup_error> open_data(cloud::twin_options& into);
  void tell_overruled() const;
  void announce(const std::vector<hal::address>& chosen) const;
  bool write_ledger() const;
  void summarize() const;

  const cloud_options& options_;
  stop_signals signals_;
  std::shared_ptr<const alink::credential_source> credentials_;
  twin_security security_;
  std::unique_ptr<data_folder> data_;
  std::unique_ptr<hal::real_world> world_;
  std::unique_ptr<twin_homes> twin_;
  std::unique_ptr<web_host> web_;
  std::unique_ptr<page_host> page_;
};

std::optional<startup_error> server::open_data(cloud::twin_options& into) {
  into.logon_key = cloud::make_admin_token();
  if (options_.data_dir.empty()) {
    return std::nullopt;
  }
  auto data = data_folder::open(options_.data_dir, into);
  if (!data) {
    return data.error();
  }
  data_ = std::move(data).value();
  return std::nullopt;
}

/// Which products register, how strict the platform is, and which variants it takes.
std::optional<startup_error> choose_platform(const cloud_options& options,
                                             cloud::twin_options& into) {
  if (options.strict) {
    into.platform = cloud::options_of(cloud::strictness::strict);
  }
  into.platform.id2_model = options.id2_model;
  into.platform.posts.coap_token_life = options.coap_token_life;
  into.platform.posts.http_token_life = options.http_token_life;
  into.platform.firmware.token_life = options.firmware_token_life;
  into.platform.firmware.pace = {options.firmware_rate, options.firmware_rate_each};
  choose_variants(options.variants, into.platform);
  if (options.product_secrets_file.empty()) {
    return std::nullopt;
  }
  auto products = load_product_secrets(options.product_secrets_file);
  if (!products) {
    return products.error();
  }
  into.products = std::move(products).value();
  return std::nullopt;
}

std::optional<startup_error> server::open_security() {
  if (options_.mqtts.empty() && options_.https.empty() && options_.coaps.empty()) {
    return std::nullopt;
  }
  // Handshakes come when the twin has started.
  auto security = make_twin_security(options_, [this](std::string_view identity) {
    return twin_->first().posts()->psk_key(identity);
  });
  if (!security) {
    return security.error();
  }
  security_ = std::move(security).value();
  return std::nullopt;
}

/// Plain ones first, of each kind.
void server::name_listeners(cloud::twin_options& into) const {
  for (const auto& at : options_.mqtt) {
    into.listeners.push_back({at, nullptr});
  }
  for (const auto& at : options_.mqtts) {
    into.listeners.push_back({at, security_.streams.get()});
  }
  for (const auto& at : options_.coap) {
    into.coap_listeners.push_back({.at = at});
  }
  for (const auto& at : options_.coaps) {
    into.coap_listeners.push_back({.at = at, .security = security_.datagrams.get()});
  }
}

std::optional<startup_error> server::listen() {
  auto credentials = load_credentials(options_.credentials_file, options_.product_key);
  if (!credentials) {
    return credentials.error();
  }
  credentials_ = std::move(credentials).value();
  cloud::twin_options o;
  o.profile = twin_profile(options_.profile);
  o.credentials = credentials_.get();
  if (auto error = open_security()) {
    return error;
  }
  name_listeners(o);
  if (auto error = choose_platform(options_, o)) {
    return error;
  }
  if (auto error = open_data(o)) {
    return error;
  }
  hal::real_world_options world;
  world.name = "twin";
  world.homes = twin_homes::homes_for(options_);
  world_ = std::make_unique<hal::real_world>(world);
  twin_ = std::make_unique<twin_homes>(*world_, options_, std::move(o));
  auto chosen = twin_->start();
  if (!chosen) {
    return startup_error{exit_code::environment_failed, chosen.error().message};
  }
  auto web = twin_->open_web(chosen.value(), security_.streams.get(), options_);
  if (!web) {
    return web.error();
  }
  web_ = std::move(web).value();
  if (data_) {
    cloud::twin_counters found;
    twin_->read(found);
    data_->attach(cloud::value(found.kept_unused), *web_, twin_->own_office());
  }
  if (options_.downlink_interval > duration::zero()) {
    cloud::command_options commands;
    commands.interval = options_.downlink_interval;
    commands.seed = options_.seed.value_or(fresh_seed());
    twin_->start_commands(commands);
  }
  if (options_.metrics.at) {
    page_parts parts;
    parts.html = twin_page();
    parts.metrics = [this] {
      std::vector<metrics::sample> out;
      twin_->sample(out);
      sample_process(out);
      return metrics::text_of(out);
    };
    auto page = page_host::serve(*options_.metrics.at, std::move(parts));
    if (!page) {
      return startup_error{exit_code::environment_failed, page.error()};
    }
    page_ = std::move(page).value();
  }
  tell_overruled();
  world_->start();
  announce(chosen.value());
  return std::nullopt;
}

void server::tell_overruled() const {
  const auto found = twin_->overruled();
  if (found.count != 0) {
    std::fprintf(stderr,
                 "note: %llu devices, %s among them, have another secret than --data %s kept; the "
                 "one they are listed with counts\n",
                 static_cast<unsigned long long>(found.count), found.example.c_str(),
                 options_.data_dir.c_str());
  }
}

void server::announce(const std::vector<hal::address>& chosen) const {
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    std::printf("%s %s\n", i < options_.mqtt.size() ? "mqtt" : "mqtts", chosen[i].text().c_str());
  }
  const auto coap = twin_->coap_addresses();
  for (std::size_t i = 0; i < coap.size(); ++i) {
    std::printf("%s %s\n", i < options_.coap.size() ? "coap" : "coaps", coap[i].text().c_str());
  }
  for (const auto& line : web_->lines()) {
    std::printf("%s\n", line.c_str());
  }
  if (page_) {
    std::printf("metrics %s\n", page_->at().text().c_str());
  }
  if (security_.streams && options_.cert_file.empty() && !options_.data_dir.empty()) {
    std::printf("ca %s/ca.pem\n", options_.data_dir.c_str());
  }
  std::fflush(stdout);
}

void server::summarize() const {
  if (options_.quiet) {
    return;
  }
  using cloud::value;
  cloud::twin_counters c;
  twin_->read(c);
  std::uint64_t posts = 0;
  for (const auto& by : c.posting) {
    posts += value(by.posts);
  }
  std::printf("served %llu connections, took %llu messages, sent %llu; refused %llu log-ins\n",
              static_cast<unsigned long long>(value(c.connections)),
              static_cast<unsigned long long>(value(c.received[0]) + value(c.received[1])
                                              + value(c.received[2]) + posts),
              static_cast<unsigned long long>(value(c.delivered[0]) + value(c.delivered[1])
                                              + value(c.delivered[2])),
              static_cast<unsigned long long>(
                  value(c.ends[static_cast<std::size_t>(cloud::end_reason::refused)])));
}

bool server::write_ledger() const {
  if (options_.ledger_file.empty()) {
    return true;
  }
  if (report::write_whole(options_.ledger_file, twin_->ledger_lines())) {
    return true;
  }
  std::fprintf(stderr, "fleet cloud serve: cannot write %s: %s\n", options_.ledger_file.c_str(),
               std::strerror(errno));
  return false;
}

exit_code server::execute() {
  hal::raise_descriptor_limit();
  if (auto error = listen()) {
    return complain(*error);
  }
  while (!signals_.wait(std::chrono::hours{1})) {
  }
  page_.reset();
  const auto stopped = unless_stopped<bool>([this] {
    twin_->stop(*web_).wait();
    world_->stop(options_.grace);
    if (data_) {
      data_->detach();
    }
    return true;
  });
  if (stopped.signal) {
    std::fprintf(stderr, "fleet cloud serve: second signal %d, ending at once\n", *stopped.signal);
    std::_Exit(static_cast<int>(exit_code::interrupted));
  }
  summarize();
  return write_ledger() ? exit_code::passed : exit_code::environment_failed;
}

} // namespace

exit_code execute_cloud(const cloud_options& options) {
  return server{options}.execute();
}

} // namespace fleet::program
