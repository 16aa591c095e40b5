// One door of each kind for a whole run, found before the first device starts.
#include "fleet/run/post_front.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "fleet/run/door_ports.hpp"
#include "fleet/run/secure.hpp"

namespace fleet::program {

namespace {

/// All devices of a run come from one address: what slows a single source would slow the run.
constexpr cloud::rate_rules unbounded{.per_second = 1'000'000, .burst = 1'000'000};

bool speaks(const prepared_product& product, profile p, device_protocol spoken) noexcept {
  return product.profile() == p && product.protocol() == spoken;
}

} // namespace

std::string host_field(const text::target& target) {
  if (target.scheme == text::scheme::embedded) {
    return {};
  }
  const std::string whole = text::format_target(target);
  std::string host = whole.substr(whole.find("//") + 2);
  const std::uint16_t usual = target.scheme == text::scheme::https ? 443 : 80;
  if (target.port == usual) {
    host.resize(host.rfind(':'));
  }
  return host;
}

void apply_posts(const run_options& o, const prepared& ready, prepared_product& product) {
  if (product.protocol() == device_protocol::mqtt) {
    return;
  }
  const auto& asked = product.plan.product;
  auto& post = product.settings.post.emplace();
  if (o.sign_given) {
    post.sign = o.sign; // else as the vendor's SDK has it, which says none over CoAP
  }
  if (product.protocol() == device_protocol::http) {
    post.protocol = actors::post_protocol::http;
    post.http_host = host_field(o.target);
    return;
  }
  post.protocol = actors::post_protocol::coap;
  auto& coap = post.coap;
  if (asked.behaviour == actors::behaviour::sdk) {
    coap.client = coap::sdk_behaviour();
  }
  coap.aes = asked.security == security::aes;
  coap.radio_sleep = asked.radio_sleep;
  coap.token_option = asked.token_option.value_or(coap.token_option);
  if (over_dtls(asked.security)) {
    coap.security = ready.client_datagrams.get();
    coap.shared_key = asked.security == security::psk;
    product.settings.server_name = ready.server_name;
  }
}

result<std::unique_ptr<embedded_post_front>, startup_error>
embedded_post_front::name(const run_options& options, const prepared& ready, profile p,
                          cloud::twin_options& into) {
  std::unique_ptr<embedded_post_front> made{new embedded_post_front};
  bool any = false;
  for (const auto& product : ready.products) {
    any = any || speaks(product, p, device_protocol::http);
    if (!speaks(product, p, device_protocol::coap)) {
      continue;
    }
    any = true;
    const bool secure = product.dtls();
    auto& door = secure ? made->dtls_ : made->plain_;
    if (door) {
      continue;
    }
    cloud::coap_desk_options listen;
    listen.peers_max = std::max<std::size_t>(listen.peers_max, 2 * ready.connections());
    listen.wrong_signs = unbounded;
    if (secure) {
      // Handshakes come when the twin has started.
      auto* const self = made.get();
      auto door_of = secure_datagrams(options, ready, [self](std::string_view identity) {
        return self->twin_ == nullptr ? std::string{} : self->twin_->posts()->psk_key(identity);
      });
      if (!door_of) {
        return fail(door_of.error());
      }
      made->security_ = std::move(door_of).value();
      listen.security = made->security_.get();
    }
    door = into.coap_listeners.size();
    into.coap_listeners.push_back(listen);
  }
  auto& tokens = into.platform.posts.tokens_max;
  tokens = std::max(tokens, static_cast<std::uint32_t>(ready.connections()));
  return any ? std::move(made) : nullptr;
}

std::optional<startup_error> embedded_post_front::open(hal::home& home, cloud::twin& twin,
                                                       prepared& ready, profile p) {
  twin_ = &twin;
  home_ = &home;
  const auto at = twin.coap_addresses();
  for (auto& product : ready.products) {
    if (speaks(product, p, device_protocol::coap)) {
      product.settings.peer = at[*(product.dtls() ? dtls_ : plain_)];
      product.settings.cloud_is_new = true;
    }
  }
  return open_http(ready, p);
}

std::optional<startup_error> embedded_post_front::open_http(prepared& ready, profile p) {
  std::array<std::optional<hal::address>, 2> doors; // plain, TLS
  for (auto& product : ready.products) {
    if (!speaks(product, p, device_protocol::http)) {
      continue;
    }
    // It is there for these devices: none is turned away for want of room, however many connections
    // those that lose their power again and again have left behind, each for the idle deadline.
    limits_.connections_max = UINT32_MAX;
    auto& door = doors[product.tls() ? 1 : 0];
    if (!door) {
      auto* const security = product.tls() ? ready.twin_security.get() : nullptr;
      const auto got = at_next_door(ready, [&](const hal::address& at) {
        return service().listen({.at = at, .security = security});
      });
      if (!got) {
        return startup_error{exit_code::environment_failed,
                             "the embedded twin's HTTP door cannot listen"};
      }
      door = got.value();
      http_.push_back({.at = *door, .security = security});
    }
    product.settings.peer = *door;
    product.settings.cloud_is_new = true;
  }
  return std::nullopt;
}

cloud::web_service& embedded_post_front::service() {
  if (!service_) {
    desk_ = std::make_unique<cloud::post_desk>(*home_, *twin_->posts(), unbounded);
    service_ = std::make_unique<cloud::web_service>(*home_, *desk_, limits_);
  }
  return *service_;
}

bool embedded_post_front::reopen() {
  return std::all_of(http_.begin(), http_.end(),
                     [this](const auto& door) { return service().listen(door).ok(); });
}

void embedded_post_front::close() {
  if (service_) {
    service_->reset_all();
  }
  service_.reset();
  desk_.reset();
}

void embedded_post_front::stop() {
  if (service_) {
    service_->stop();
  }
}

} // namespace fleet::program
