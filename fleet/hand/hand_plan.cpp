// From flags to a device: who it is, what it logs on with, where to.
#include "fleet/hand/hand_plan.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "actors/device/mqtt_dialect.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "fleet/run/guidance.hpp"
#include "fleet/run/look_up.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/run/post_front.hpp"
#include "fleet/run/secure.hpp"
#include "protocol/alink/ota_messages.hpp"
#include "protocol/alink/sign.hpp"

namespace fleet::program {

namespace {

using source_ptr = std::shared_ptr<const alink::credential_source>;
using maybe_error = std::optional<startup_error>;

failure<startup_error> wrong(std::string message) {
  return fail(startup_error{exit_code::wrong_usage, std::move(message)});
}

/// The one line of a file, its end taken off.
result<std::string, startup_error> line_of(const std::string& file) {
  auto text = read_file(file);
  if (text) {
    auto& line = text.value();
    line.erase(line.find_last_not_of("\r\n") + 1);
  }
  return text;
}

/// The device of that name in a file of several products.
result<alink::identity, startup_error> find_by_name(const device_options& o,
                                                    const alink::credential_source& source) {
  std::optional<alink::identity> found;
  for (std::uint32_t i = 0; i < source.count(); ++i) {
    auto each = source.at(i);
    if (each.device_name != o.device_name) {
      continue;
    }
    if (found) {
      return wrong(fmt::format("{} has a device {} of several products; name one with "
                               "--product-key, such as {}",
                               o.run.credentials_file, o.device_name, found->product_key));
    }
    found = std::move(each);
  }
  if (!found) {
    return wrong(fmt::format("{} has no device {}", o.run.credentials_file, o.device_name));
  }
  return std::move(*found);
}

result<alink::identity, startup_error> find_in(const device_options& o,
                                               const alink::credential_source& source) {
  if (source.count() == 0) {
    return wrong(o.run.credentials_file + " holds no device");
  }
  if (o.device_name.empty()) {
    return source.at(0);
  }
  if (!o.run.credentials_file.empty() && !o.product_given) {
    return find_by_name(o, source);
  }
  const auto index = source.find(o.run.product_key, o.device_name);
  if (index) {
    return source.at(*index);
  }
  if (o.run.credentials_file.empty()) {
    return wrong(fmt::format("{} has no generated secret, as dev_000000 has one; give its own "
                             "with --device-secret-file",
                             o.device_name));
  }
  return wrong(fmt::format("{} has no device {} of product {}", o.run.credentials_file,
                           o.device_name, o.run.product_key));
}

/// Who the device is; `source` becomes what the embedded twin knows.
result<alink::identity, startup_error> find_identity(const device_options& o, source_ptr& source) {
  if (o.run.profile == profile::mqtt) {
    const auto first = alink::generated_credentials{"plainMqtt"}.at(0);
    alink::identity who{"plainMqtt", o.device_name.empty() ? first.device_name : o.device_name, {}};
    source = std::make_shared<one_credential>(who);
    return who;
  }
  if (!o.secret_file.empty()) {
    auto secret = line_of(o.secret_file);
    if (!secret) {
      return fail(secret.error());
    }
    if (!alink::valid_secret(secret.value())) {
      return wrong(o.secret_file + " holds no secret of 1 to 64 visible characters");
    }
    alink::identity who{o.run.product_key, o.device_name, std::move(secret).value()};
    source = std::make_shared<one_credential>(who);
    return who;
  }
  auto loaded = load_credentials(o.run.credentials_file, o.run.product_key);
  if (!loaded) {
    return fail(loaded.error());
  }
  source = std::move(loaded).value();
  return find_in(o, *source);
}

maybe_error log_on_as_vendor(const run_options& run, const alink::identity& who,
                             hand_setup& setup) {
  actors::vendor_options vendor;
  vendor.sign = run.sign;
  vendor.secure_mode = secure_mode_of(run.security);
  setup.speech =
      std::make_shared<actors::vendor_dialect>(vendor, std::make_shared<one_credential>(who));
  setup.speech->login(0, setup.login);
  setup.who = who;
  setup.id2_mode = by_id2(run.security) ? vendor.secure_mode : 0;
  return std::nullopt;
}

maybe_error log_on_anywhere(const run_options& run, const alink::identity& who, hand_setup& setup) {
  actors::mqtt_texts texts;
  texts.client_id = run.mqtt_text.client_id;
  texts.username = run.mqtt_text.username;
  texts.topic = run.mqtt_text.topic;
  texts.command_topic = run.mqtt_text.down_topic;
  const auto made = actors::mqtt_dialect::make(texts, std::make_shared<one_credential>(who));
  if (!made) {
    return startup_error{exit_code::wrong_usage, made.error()};
  }
  made.value()->login(0, setup.login);
  made.value()->report_topic(0, setup.names.report_topic);
  made.value()->command_topic(0, setup.names.command_topic);
  if (!run.mqtt_text.password_file.empty()) {
    auto password = line_of(run.mqtt_text.password_file);
    if (!password) {
      return password.error();
    }
    setup.login.password = std::move(password).value();
  }
  return std::nullopt;
}

/// The target's addresses and, over TLS, who is trusted.
maybe_error find_target(hand_plan& plan) {
  const auto& run = plan.run;
  plan.setup.target_text = run.target.scheme == text::scheme::embedded
                               ? "the embedded twin"
                               : text::format_target(run.target);
  if (run.target.scheme != text::scheme::embedded) {
    auto found = look_up(run.target.host, run.target.port);
    if (!found) {
      auto error = found.error();
      error.message = fmt::format("{}: {}", plan.setup.target_text, error.message);
      return error;
    }
    plan.setup.host = run.target.host;
    plan.setup.peers = std::move(found).value();
    plan.ready.products.front().settings.peer = plan.setup.peers.front();
  }
  auto& product = plan.ready.products.front();
  // A download is over TLS in any case.
  if (product.tls() || product.dtls() || asks_https(run, product) || plan.setup.ota) {
    if (auto error = secure(run, plan.ready)) {
      return error;
    }
  }
  if (product.tls()) {
    plan.setup.security = plan.ready.client_security.get();
    plan.setup.server_name = plan.ready.server_name;
  }
  if (auto error = find_auth_host(run, plan.ready)) {
    return error;
  }
  plan.setup.logon = product.settings.logon; // the embedded twin's door is known when it listens
  return std::nullopt;
}

/// How it posts, where it does.
void plan_posts(const run_options& run, hand_plan& plan) {
  auto& product = plan.ready.products.front();
  apply_posts(run, plan.ready, product);
  if (!product.settings.post) {
    return;
  }
  if (product.tls()) {
    product.settings.security = plan.ready.client_security.get();
    product.settings.server_name = plan.ready.server_name;
    plan.setup.security = nullptr; // its channel has it
  }
  if (!run.overriding.empty()) { // --sign was on the line
    product.settings.post->sign = run.sign;
  }
  product.settings.seed = plan.ready.seed;
  if (run.target.scheme != text::scheme::embedded) {
    const std::string url = text::format_target(run.target);
    product.settings.post->http_host = url.substr(url.find("://") + 3);
  }
  plan.setup.posts = &product.settings;
  plan.setup.verified = !run.insecure;
}

/// What the OTA sample begins with.
result<ota_setup, startup_error> begin_ota(const device_options& o) {
  ota_setup out;
  out.version_file = o.ota->version_file;
  out.save_file = o.ota->save_file;
  out.downloads.http_too = o.run.security == security::plain || o.ota->allow_http;
  if (!o.ota->firmware_version.empty()) {
    out.version = o.ota->firmware_version;
    return out;
  }
  std::error_code none;
  if (out.version_file.empty() || !std::filesystem::exists(out.version_file, none)) {
    return out;
  }
  auto kept = line_of(out.version_file);
  if (!kept) {
    return fail(kept.error());
  }
  out.version = std::move(kept).value();
  const bool good = !out.version.empty() && out.version.size() <= alink::max_firmware_version
                    && out.version.find_first_of("\r\n") == std::string::npos;
  if (!good) {
    return wrong(out.version_file + " holds no version: one line of 1 to 64 octets");
  }
  return out;
}

} // namespace

result<hand_plan, startup_error> plan_hand(const device_options& o) {
  hand_plan plan;
  plan.run = o.run;
  plan.run.devices = 1;
  plan.run.homes = 1;
  plan.run.downlink_interval = duration{0}; // the cloud is played by hand, too
  plan.ready.seed = o.run.seed.value_or(fresh_seed());
  plan.ready.products.emplace_back().plan = product_of_flags(plan.run);
  auto who = find_identity(o, plan.ready.credentials);
  if (!who) {
    return fail(who.error());
  }
  auto& setup = plan.setup;
  setup.names.profile = o.run.profile;
  setup.names.product_key = who.value().product_key;
  setup.names.device_name = who.value().device_name;
  setup.secrets = {who.value().device_secret};
  setup.keep_alive_s = static_cast<std::uint16_t>(seconds(o.run.keep_alive));
  setup.clean_session = o.run.clean_session;
  setup.verbose = o.verbose;
  setup.seed = plan.ready.seed;
  const auto log_on = o.run.profile == profile::mqtt ? log_on_anywhere : log_on_as_vendor;
  if (auto error = log_on(plan.run, who.value(), setup)) {
    return fail(*error);
  }
  if (o.ota) {
    auto ota = begin_ota(o);
    if (!ota) {
      return fail(ota.error());
    }
    setup.names.ota = true;
    setup.ota = std::move(ota).value();
  }
  if (auto error = find_target(plan)) {
    return fail(*error);
  }
  plan_posts(plan.run, plan);
  if (o.ota) {
    setup.ota->downloads.security = plan.ready.client_security.get();
  }
  return plan;
}

} // namespace fleet::program
