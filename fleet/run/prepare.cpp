// Looking at everything before anything starts.
#include "fleet/run/prepare.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "actors/device/mqtt_dialect.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "fleet/run/company.hpp"
#include "fleet/run/descriptors.hpp"
#include "fleet/run/features.hpp"
#include "fleet/run/find_credentials.hpp"
#include "fleet/run/find_target.hpp"
#include "fleet/run/firmware.hpp"
#include "fleet/run/guidance.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/run/post_front.hpp"
#include "fleet/run/prepare_checks.hpp"
#include "fleet/run/registration.hpp"
#include "fleet/run/replays.hpp"
#include "fleet/run/run_faults.hpp"
#include "fleet/run/secure.hpp"
#include "protocol/tsl/load.hpp"

namespace fleet::program {

namespace {

failure<startup_error> wrong(std::string message) {
  return fail(startup_error{exit_code::wrong_usage, std::move(message)});
}

constexpr auto any_size = std::numeric_limits<std::size_t>::max();

result<std::string, startup_error> told_of(const std::string& path,
                                           result<std::string, std::string> text) {
  if (!text) {
    // Of "cannot be opened: why" the reason.
    const std::string& why = text.error();
    const auto colon = why.find(": ");
    return wrong(fmt::format("cannot read {}: {}", path,
                             colon == std::string::npos ? why : why.substr(colon + 2)));
  }
  return std::move(text).value();
}

/// Reads a file that holds one text, its newline cut off.
std::optional<startup_error> load_text(std::string_view flag, const std::string& file,
                                       file_source& files, std::string& into) {
  if (file.empty()) {
    return std::nullopt;
  }
  auto text = read_file(file, files);
  if (!text) {
    return text.error();
  }
  into = std::move(text).value();
  while (!into.empty() && (into.back() == '\n' || into.back() == '\r')) {
    into.pop_back();
  }
  if (into.empty()) {
    return startup_error{
        exit_code::wrong_usage,
        fmt::format("{} {} is empty; write the text into it, or leave the flag out", flag, file)};
  }
  return std::nullopt;
}

using made_dialect = result<std::unique_ptr<actors::dialect>, startup_error>;

made_dialect make_mqtt(const run_options& o, const prepared& out, const prepared_product& product) {
  const auto& plan = product.plan;
  actors::mqtt_texts texts;
  texts.product = product.name();
  if (!product.replays.empty() && product.replays.front()) {
    texts.columns = product.replays.front()->rows->columns();
  }
  texts.client_id = o.mqtt_text.client_id;
  texts.username = o.mqtt_text.username;
  texts.password = o.mqtt_text.password;
  texts.topic = o.mqtt_text.topic;
  texts.listens = o.mqtt_text.listens();
  if (texts.listens) {
    texts.command_topic = o.mqtt_text.down_topic;
  }
  texts.payload = o.mqtt_text.payload;
  texts.qos = plan.product.qos;
  if (!o.scenario_file.empty() && !plan.product.report->empty()) {
    texts.topic = plan.product.report->front().topic;
    texts.payload = plan.product.report->front().payload;
  }
  if (auto error =
          load_text("--payload-file", o.mqtt_text.payload_file, *out.files, texts.payload)) {
    return fail(*error);
  }
  if (auto error =
          load_text("--password-file", o.mqtt_text.password_file, *out.files, texts.password)) {
    return fail(*error);
  }
  auto made = actors::mqtt_dialect::make(texts, out.credentials);
  if (!made) {
    return wrong(place_of_report(o, plan) + made.error());
  }
  return std::unique_ptr<actors::dialect>{std::move(made).value()};
}

made_dialect make_dialect(const run_options& o, const prepared& out, const prepared_product& made) {
  const auto& plan = made.plan;
  const auto& product = plan.product;
  if (product.profile == profile::mqtt) {
    return make_mqtt(o, out, made);
  }
  actors::vendor_options vendor;
  vendor.platform = product.profile == profile::linkplatform ? actors::vendor_platform::linkplatform
                                                             : actors::vendor_platform::linkdevelop;
  vendor.sign = o.sign;
  vendor.secure_mode = secure_mode_of(product.security);
  vendor.qos = product.qos;
  vendor.flags = {plan.children_each > 0, plan.rrpc ? 1 : 0};
  return std::unique_ptr<actors::dialect>{
      std::make_unique<actors::vendor_dialect>(vendor, out.credentials)};
}

std::optional<startup_error> secure_products(const run_options& o, prepared& out) {
  const bool any =
      std::any_of(out.products.begin(), out.products.end(), [&o](const prepared_product& p) {
        return p.tls() || p.dtls() || asks_https(o, p) || downloads(o, p);
      });
  return any ? secure(o, out) : std::nullopt;
}

void fill_settings(const run_options& o, const prepared& ready, prepared_product& product) {
  auto& p = product.settings;
  const auto& asked = product.plan.product;
  p.speech = product.speech.get();
  p.behaviour = asked.behaviour;
  p.client =
      asked.behaviour == actors::behaviour::sdk ? mqtt::sdk_behaviour() : mqtt::client_behaviour{};
  p.client.receive_limit_bytes = asked.receive_limit.value_or(o.receive_limit_bytes);
  if (product.tls()) {
    p.security = security_for(p.behaviour, ready);
    p.server_name = ready.server_name;
  }
  p.link = asked.link;
  p.qos = asked.qos;
  p.payload_bytes = o.payload_bytes;
  p.keep_alive_s = static_cast<std::uint16_t>(seconds(asked.keep_alive));
  p.ram_bytes = o.ram_bytes;
  p.clean_session = o.clean_session;
  p.seed = ready.seed;
  apply_features(product.plan, product.model, p, product.replays);
  apply_registration(ready, product);
  apply_firmware(o, ready, product);
  apply_posts(o, ready, product);
}

std::optional<startup_error> load_model(prepared_product& product, file_source& files) {
  const std::string& file = product.plan.product.model;
  if (file.empty()) {
    return std::nullopt;
  }
  const auto text = read_file(file, files);
  if (!text) {
    return text.error();
  }
  auto model = tsl::load_model(text.value(), file);
  if (!model) {
    const auto more = model.error().size() - 1;
    return startup_error{exit_code::wrong_usage,
                         model.error().front().message
                             + (more == 0 ? "" : fmt::format(" ({} more: see fleet check)", more))};
  }
  product.model = std::make_shared<const tsl::model>(std::move(model).value());
  return std::nullopt;
}

std::optional<startup_error> give_speech(const run_options& o, prepared& out) {
  table_shelf tables;
  tables.files = out.files;
  for (auto& product : out.products) {
    if (auto error = load_model(product, *out.files)) {
      return error;
    }
    auto read = read_replays(o.scenario_file, product.plan.product, product.model.get(), tables);
    if (!read) {
      const auto more = read.error().size() - 1;
      return startup_error{
          exit_code::wrong_usage,
          read.error().front()
              + (more == 0 ? "" : fmt::format(" ({} more: see fleet check)", more))};
    }
    product.replays = std::move(read).value();
    auto speech = make_dialect(o, out, product);
    if (!speech) {
      return speech.error();
    }
    product.speech = std::move(speech).value();
  }
  return std::nullopt;
}

} // namespace

product_plan product_of_flags(const run_options& o) {
  product_plan out;
  auto& p = out.product;
  p.name = "product_1";
  p.product_key = o.product_key;
  p.profile = o.profile;
  p.protocol = o.protocol;
  p.security = o.security;
  p.behaviour = o.behaviour;
  p.link = o.link;
  p.qos = o.qos;
  p.keep_alive = o.keep_alive;
  p.logon = o.registers ? logon_mode::register_ : o.logon;
  auto& reports = p.report.emplace();
  if (o.interval > duration::zero()) {
    reports.emplace_back().every = o.interval;
  }
  out.devices = {0, o.devices};
  return out;
}

result<std::string, startup_error> read_file(const std::string& path, file_source& files) {
  return told_of(path, files.read(path, any_size));
}

result<std::string, startup_error> read_file_here(const std::string& path, file_source& files) {
  return told_of(path, files.read_here(path, any_size));
}

prepared outline(const run_options& o, std::optional<scenario_plan> plan) {
  prepared out;
  out.seed = o.seed.value_or(fresh_seed());
  out.target_text = target_text_of(o);
  out.plan = std::move(plan);
  if (out.plan) {
    draw_arrivals(*out.plan, out.seed);
    for (const auto& product : out.plan->products) {
      out.products.emplace_back().plan = product;
    }
  } else {
    out.products.emplace_back().plan = product_of_flags(o);
  }
  return out;
}

std::optional<startup_error> fill_in(const run_options& o, prepared& out) {
  return fill_in_part(o, out, device_set{0, out.devices()});
}

std::optional<startup_error> fill_in_part(const run_options& o, prepared& out,
                                          const device_set& here) {
  if (auto error = check_outputs(o)) {
    return error;
  }
  for (auto* step : {&find_credentials, &find_product_secrets, &give_speech, &find_faults,
                     &find_target, &secure_products, &find_auth_host, &load_images}) {
    if (auto error = (*step)(o, out)) {
      return error;
    }
  }
  for (auto& product : out.products) {
    fill_settings(o, out, product);
  }
  // With the settings: who looks at a run that is too large may still try its target.
  if (auto error = check_descriptors(o, out, here)) {
    return error;
  }
  if (auto error = check_sources(o, out)) {
    return error;
  }
  return check_messages(o, out);
}

result<prepared, startup_error> prepare(const run_options& o, std::optional<scenario_plan> plan) {
  auto out = outline(o, std::move(plan));
  if (auto error = fill_in(o, out)) {
    return fail(std::move(*error));
  }
  return out;
}

} // namespace fleet::program
