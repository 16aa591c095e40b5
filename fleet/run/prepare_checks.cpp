// Rendering a report and a command of each product, and trying places without leaving a trace.
#include "fleet/run/prepare_checks.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "cloud_sim/command_text.hpp"
#include "fleet/options/report_flags.hpp"
#include "fleet/report/files.hpp"
#include "fleet/run/cloud_traffic.hpp"
#include "fleet/run/replays.hpp"
#include "fleet/run/scenario_checks.hpp"
#include "fleet/text/quantities.hpp"
#include "hal_sim/real_world/socket.hpp"
#include "protocol/mqtt/codec.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::program {

namespace {

using refusal = std::optional<startup_error>;

refusal wrong(std::string message) {
  return startup_error{exit_code::wrong_usage, std::move(message)};
}

bool embedded(const run_options& o) {
  return o.target.scheme == text::scheme::embedded;
}

refusal check_output(std::string_view flag, const std::string& path) {
  const int error = path.empty() ? 0 : report::writing_trouble(path);
  if (error == 0) {
    return std::nullopt;
  }
  // A path that leads nowhere was mistyped; that the machine does not take it is the machine's.
  const bool mistyped =
      error == ENOENT || error == ENOTDIR || error == EISDIR || error == ENAMETOOLONG;
  return startup_error{mistyped ? exit_code::wrong_usage : exit_code::environment_failed,
                       fmt::format("{} {} cannot be written: {}; name a file in a folder that "
                                   "exists and may be written to",
                                   flag, path, std::strerror(error))};
}

/// What a user wrote the payload in, for a sentence; empty: nowhere.
std::string origin_of_payload(const run_options& o, const product_plan& plan) {
  if (!o.scenario_file.empty()) {
    const auto& reports = *plan.product.report;
    const bool written = !reports.empty() && !reports.front().payload.empty();
    return written ? place_of_report(o, plan) + "payload" : std::string{};
  }
  if (!o.mqtt_text.payload_file.empty()) {
    return "--payload-file " + o.mqtt_text.payload_file;
  }
  return o.mqtt_text.payload.empty() ? std::string{} : "--payload";
}

bool reports_at_all(const prepared_product& product) {
  return product.settings.interval > duration::zero() && product.plan.devices.count != 0;
}

/// A plain device's reports are all made by the dialect; a thing's depend on what it knows by then.
bool plain(const prepared_product& product) {
  return !product.settings.features.any() || product.speech->triples() == nullptr;
}

/// Whether a thing makes reports that the user wrote and left out of the ledger.
bool says_texts_without_tag(const prepared_product& product) {
  const auto& reports = product.settings.features.reports;
  return std::any_of(reports.begin(), reports.end(),
                     [](const actors::report_plan& r) { return r.text && !r.text->has_ledger(); });
}

/// Octets of the last device's largest report, of some: random numbers differ in length.
std::uint32_t report_octets(const prepared& ready, const prepared_product& product,
                            std::uint32_t padded_to) {
  constexpr int tries = 16;
  actors::report r;
  r.index = product.plan.devices.first + product.plan.devices.count - 1;
  r.tag = {r.index, UINT16_MAX, UINT32_MAX};
  r.wall_ms = 9'999'999'999'999;
  r.payload_bytes = padded_to;
  r.values.temperature_milli = -100'000;
  r.values.red = r.values.green = r.values.blue = 255;
  r.cells = longest_row(product.settings.replay.get());
  random_stream random{ready.seed, r.index, "sizes"};
  byte_buffer text;
  std::size_t most = 0;
  for (int i = 0; i < tries; ++i) {
    text.clear();
    product.speech->write_report(r, random, text);
    most = std::max(most, text.size());
  }
  return static_cast<std::uint32_t>(most);
}

/// What a board cannot hold even with nothing else in it, it never sends.
refusal check_room(const run_options& o, const prepared& ready, const prepared_product& product) {
  const auto report = std::max({product.settings.report_bytes, product.settings.payload_bytes,
                                least_report_octets(product)});
  const std::size_t beside = product.settings.client.receive_limit_bytes
                             + mqtt::client{product.settings.client}.memory_bytes();
  if (o.ram_bytes == 0 || beside + report <= o.ram_bytes) {
    return std::nullopt;
  }
  std::string subject =
      plain(product) && report_octets(ready, product, 0) == report
          ? origin_of_payload(o, product.plan)
      : report > o.payload_bytes
          ? place_of_report(o, product.plan) + "model " + product.plan.product.model
          : "--payload-bytes " + text::format_size(o.payload_bytes);
  // The place stands in front of the sentence once.
  const std::string limit =
      (product.plan.product.receive_limit ? "receive_limit " : "--receive-limit ")
      + text::format_size(product.settings.client.receive_limit_bytes);
  if (subject.empty()) {
    subject =
        place_of_report(o, product.plan) + "profile " + std::string{to_string(product.profile())};
  }
  return wrong(fmt::format(
      "{} makes reports of {}, and of the board's --ram {} no more than {} are left beside its "
      "{}; make --ram larger{}",
      subject, text::format_size(report), text::format_size(o.ram_bytes),
      text::format_size(o.ram_bytes - std::min<std::size_t>(beside, o.ram_bytes)), limit,
      subject.starts_with("profile") ? ", or the receive limit smaller" : ""));
}

/// What the platform takes of a post (aliyun-iot.md §17.3, §18); more would never be sent.
refusal check_post(const run_options& o, const prepared_product& product, std::uint32_t octets) {
  if (!product.settings.post) {
    return std::nullopt;
  }
  const bool coap = product.protocol() == device_protocol::coap;
  const std::size_t most = coap ? alink::max_coap_payload : alink::max_http_body;
  if (octets <= most) {
    return std::nullopt;
  }
  const auto& model = product.plan.product.model;
  const std::string subject = octets <= o.payload_bytes
                                  ? "--payload-bytes " + text::format_size(o.payload_bytes)
                              : model.empty() ? place_of_report(o, product.plan) + "the profile"
                                              : place_of_report(o, product.plan) + "model " + model;
  return wrong(fmt::format("{} makes reports of {}, and over {} the platform takes no more than "
                           "{}; make them smaller",
                           subject, text::format_size(octets), coap ? "CoAP" : "HTTP",
                           text::format_size(most)));
}

refusal check_report(const run_options& o, prepared& ready, prepared_product& product) {
  if (!reports_at_all(product)) {
    return std::nullopt;
  }
  std::string topic;
  product.speech->report_topic(product.plan.devices.first, topic);
  if (embedded(o) && topic.starts_with('$')) {
    const auto place = place_of_report(o, product.plan);
    return wrong(fmt::format("{} {} begins with $, and topics of $ are the embedded twin's own; "
                             "name another, or a --target that takes it",
                             place.empty() ? "--topic" : place + "topic", topic));
  }
  auto& octets = product.settings.report_bytes;
  octets = plain(product) ? report_octets(ready, product, o.payload_bytes) : 0;
  const auto payload = std::max(octets, o.payload_bytes);
  if (auto error = check_post(o, product, std::max(payload, least_report_octets(product)))) {
    return error;
  }
  const auto remaining = mqtt::publish_remaining(topic.size(), payload, product.settings.qos);
  ready.packet_bytes =
      std::max(ready.packet_bytes, static_cast<std::uint32_t>(mqtt::packet_size(remaining)));
  if (auto error = check_room(o, ready, product)) {
    return error;
  }
  const std::string of = ready.products.size() > 1 ? "product " + product.name() + ": " : "";
  if (!product.speech->tags_reports()) {
    ready.notes.push_back(of
                          + "the payload has no {ledger}: reports are counted, and whether they "
                            "arrive is not judged");
  } else if (topic.starts_with('$')) {
    ready.notes.push_back(fmt::format("{}topic {} is the broker's own: reports are counted, and "
                                      "whether they arrive is not judged",
                                      of, topic));
  } else if (says_texts_without_tag(product)) {
    ready.notes.push_back(of
                          + "a payload has no {ledger}: such reports are counted, and whether they "
                            "arrive is not judged");
  }
  return std::nullopt;
}

/// Whether somebody will send commands of the ledger to the product's devices.
bool commanded(const run_options& o, const prepared& ready, std::size_t number) {
  const auto& product = ready.products[number];
  if (product.plan.devices.count == 0) {
    return false;
  }
  if (!embedded(o)) {
    return o.downlink_interval > duration::zero() && !o.mqtt_text.no_probe
           && !product.speech->all_reports_filter().empty();
  }
  return o.downlink_interval > duration::zero()
         || (ready.plan
             && std::any_of(ready.plan->cloud_traffic.begin(), ready.plan->cloud_traffic.end(),
                            [&](const traffic_plan& t) {
                              return t.product == number
                                     && is_ledger_command(t.traffic, product.profile());
                            }));
}

/// The embedded twin writes the topic by itself and knows two words.
bool twin_can_write(std::string topic) {
  for (const std::string_view word : {"{device}", "{index}"}) {
    for (auto at = topic.find(word); at != std::string::npos; at = topic.find(word)) {
      topic.erase(at, word.size());
    }
  }
  return topic.find_first_of("{}") == std::string::npos;
}

/// Octets of the first command's packet, the smallest.
std::size_t command_octets(const prepared_product& product, const std::string& topic) {
  byte_buffer text;
  const auto* const model = product.profile() == profile::mqtt ? nullptr : product.model.get();
  cloud::write_property_set(text, 1, {product.plan.devices.first, 1, 1}, {.model = model});
  return mqtt::packet_size(
      mqtt::publish_remaining(topic.size(), text.size(), product.settings.qos));
}

refusal check_commands(const run_options& o, const prepared_product& product) {
  const std::string without = o.scenario_file.empty() || o.downlink_interval > duration::zero()
                                  ? "add --downlink-interval off"
                                  : "leave the commands out of cloud_traffic";
  const std::string flag = "--down-topic " + o.mqtt_text.down_topic;
  if (product.profile() == profile::mqtt && !o.mqtt_text.listens()) {
    return wrong(
        fmt::format("{}: devices without a subscription hear no command; {}", flag, without));
  }
  std::string topic;
  product.speech->command_topic(product.plan.devices.first, topic);
  if (!mqtt::valid_topic(topic)) {
    return wrong(fmt::format("{} has a wildcard, and a command goes to one topic; {}, or name one "
                             "topic",
                             flag, without));
  }
  if (!embedded(o)) {
    const auto heard = product.speech->all_reports_filter();
    if (mqtt::matches(heard, topic)) {
      return wrong(fmt::format("{} lies where the probe listens for reports, {}; name it apart, or "
                               "{}",
                               flag, heard, without));
    }
    return std::nullopt;
  }
  if (product.profile() == profile::mqtt && !twin_can_write(o.mqtt_text.down_topic)) {
    return wrong(
        fmt::format("{} holds what the embedded twin does not fill in: it knows {{device}} "
                    "and {{index}}; write these, or {}",
                    flag, without));
  }
  const auto octets = command_octets(product, topic);
  const auto limit = product.settings.client.receive_limit_bytes;
  if (octets > limit) {
    return wrong(fmt::format("{} holds no command of the cloud's, which take {} and "
                             "more; make it larger, or {}",
                             receive_limit_text(o, product.plan), text::format_size(octets),
                             without));
  }
  return std::nullopt;
}

} // namespace

std::string place_of_report(const run_options& o, const product_plan& plan) {
  const auto& reports = *plan.product.report;
  if (o.scenario_file.empty() || reports.empty() || !reports.front().at) {
    return {};
  }
  const auto at = *reports.front().at;
  return fmt::format("{}:{}:{}: ", o.scenario_file, at.line, at.column);
}

hal::address reachable_peer(const std::vector<hal::address>& found,
                            const std::vector<hal::address>& from) {
  const auto at = std::find_if(found.begin(), found.end(), [&](const hal::address& peer) {
    return std::all_of(from.begin(), from.end(),
                       [&](const hal::address& source) { return hal::can_reach(source, peer); });
  });
  return at == found.end() ? found.front() : *at;
}

refusal check_outputs(const run_options& o) {
  const auto all = outputs_of(o);
  if (const auto twice = one_file_twice(all)) {
    return wrong(fmt::format("{} and {} both name {}; give each a file of its own",
                             twice->first.flag, twice->second.flag, *twice->first.path));
  }
  for (const auto& [flag, path] : all) {
    if (auto error = check_output(flag, *path)) {
      return error;
    }
  }
  return std::nullopt;
}

refusal check_sources(const run_options& o, const prepared& ready) {
  if (o.virtual_world) {
    return std::nullopt;
  }
  const auto& settings = ready.products.front().settings;
  // The embedded twin listens on this address, at a port that nobody knows yet.
  auto peer = embedded(o) ? hal::parse_address("127.0.0.1:0").value() : settings.peer;
  for (const auto& source : o.source_addresses) {
    for (const auto& place : settings.places) {
      if (!hal::can_reach(source, place.peer)) {
        peer = place.peer;
      }
    }
    const std::string text = source.text();
    const std::string name = text.substr(0, text.rfind(':'));
    if (!hal::can_reach(source, peer)) {
      return wrong(fmt::format(
          "--bind {} leads nowhere near {}, which is {}; name an address of "
          "the same kind, or leave it out",
          name, embedded(o) ? "the embedded twin" : peer.text(),
          fmt::format("{}{}", peer.loopback() ? "on loopback, " : "", peer.v6 ? "IPv6" : "IPv4")));
    }
    if (const int error = hal::source_trouble(source); error != 0) {
      return startup_error{exit_code::environment_failed,
                           fmt::format("--bind {}: {}; name an address of this machine", name,
                                       std::strerror(error))};
    }
  }
  return std::nullopt;
}

refusal check_messages(const run_options& o, prepared& ready) {
  for (auto* const check : {&check_names, &check_boards, &check_orders}) {
    if (auto error = (*check)(o, ready)) {
      return error;
    }
  }
  for (std::size_t i = 0; i < ready.products.size(); ++i) {
    auto& product = ready.products[i];
    if (auto error = check_report(o, ready, product)) {
      return error;
    }
    if (!commanded(o, ready, i)) {
      continue;
    }
    if (!cloud::has_command(product.model.get())) {
      ready.notes.push_back(fmt::format("product {}: no property of its thing model can be "
                                        "written, so no commands go to it",
                                        product.name()));
      continue;
    }
    if (auto error = check_commands(o, product)) {
      return error;
    }
  }
  return std::nullopt;
}

} // namespace fleet::program
