// The admin API's actions on products, the import of credentials, and the status of the twin.
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "cloud_sim/web/admin_call.hpp"
#include "protocol/alink/identity.hpp"

namespace fleet::cloud {

namespace {

template <std::size_t N>
std::uint64_t sum(const std::array<counter, N>& all, std::size_t from = 0) noexcept {
  std::uint64_t out = 0;
  for (std::size_t i = from; i < N; ++i) {
    out += value(all[i]);
  }
  return out;
}

void write_counters(object_writer& json, const twin_counters& c) {
  const std::array<std::pair<std::string_view, std::uint64_t>, 27> all{{
      {"connections", value(c.connections)},
      {"connectionsOverLimit", value(c.connections_over_limit)},
      {"logonsAccepted", value(c.connects[0])},
      {"logonsRefused", sum(c.connects, 1)},
      {"violations", sum(c.violations)},
      {"received", sum(c.received)},
      {"delivered", sum(c.delivered)},
      {"acknowledged", value(c.acknowledged)},
      {"bytesReceived", value(c.bytes_received)},
      {"bytesSent", value(c.bytes_sent)},
      {"subscribesGranted", value(c.subscribes_granted)},
      {"subscribesRefused", value(c.subscribes_refused)},
      {"publishesRefused", value(c.publishes_refused)},
      {"publishesOverBound", value(c.publishes_over_bound)},
      {"downlinksOverBound", value(c.downlinks_over_bound)},
      {"connectsOverRate", value(c.connects_over_rate)},
      {"queueDrops", value(c.queue_drops)},
      {"offlineDrops", value(c.offline_drops)},
      {"slowDrops", value(c.slow_drops)},
      {"willsPublished", value(c.wills_published)},
      {"malformedRequests", value(c.malformed_requests)},
      {"replies", value(c.replies)},
      {"downlinks", value(c.downlinks)},
      {"downlinksSkipped", value(c.downlinks_skipped)},
      {"commandReplies", value(c.command_replies)},
      {"configsTaken", value(c.configs_taken)},
      {"configsFailed", value(c.configs_failed)},
  }};
  for (const auto& [name, count] : all) {
    json.integer(name, static_cast<std::int64_t>(count));
  }
}

void refuse_credentials(const admin_call& call, const std::vector<alink::credential_error>& all) {
  const auto& first = all.front();
  call.malformed(
      "line " + std::to_string(first.line) + ", column " + std::to_string(first.column) + ": "
      + first.message
      + (all.size() == 1 ? "" : " (and " + std::to_string(all.size() - 1) + " more mistakes)"));
}

} // namespace

namespace admin {

void list_products(const admin_call& call) {
  byte_buffer out;
  out.append("{\"products\":[");
  bool first = true;
  for (const auto& p : call.console().products()) {
    if (!std::exchange(first, false)) {
      out.push(',');
    }
    object_writer json{out};
    json.text("productKey", p.product_key);
    json.text("name", p.name);
    json.integer("devices", p.devices);
    json.integer("online", p.online);
    json.raw("hasModel", p.has_model ? "true" : "false");
    json.text("nodeType", p.node_type);
    json.end();
  }
  out.append("]}");
  call.give(std::move(out));
}

void put_product(const admin_call& call) {
  const auto product = call.product();
  if (!product || !call.read_object({"name", "model", "nodeType"})) {
    return;
  }
  const auto name = call.text("name", std::string_view{});
  const auto* const given = call.reader().find("model");
  const bool deletes = given != nullptr && given->type == json_type::null;
  const auto model = !name     ? std::nullopt
                     : deletes ? std::optional<std::string>{"null"}
                               : call.text_or_raw("model");
  if (model && !deletes && *model == "null") { // a string: only null itself deletes
    call.malformed("`model` is neither an object nor its text; null deletes it");
    return;
  }
  const auto type = model ? call.text("nodeType", std::string_view{}) : std::nullopt;
  if (type) {
    call.give(call.console().put_product(*product, {*name, *model, *type}));
  }
}

void put_config(const admin_call& call) {
  const auto product = call.product();
  if (!product || !call.read_object({"content", "push"})) {
    return;
  }
  if (call.reader().find("content") == nullptr) {
    call.malformed("`content` is missing");
    return;
  }
  const auto content = call.text_or_raw("content");
  const auto push = content ? call.flag("push", false) : std::nullopt;
  if (push) {
    call.give(call.console().set_config(*product, *content, *push));
  }
}

void list_topics(const admin_call& call) {
  if (const auto product = call.product()) {
    call.give(call.console().topic_classes_of(*product));
  }
}

void put_topic(const admin_call& call) {
  const auto product = call.product();
  if (!product || !call.read_object({"class", "allow"})) {
    return;
  }
  const auto name = call.text("class", std::nullopt);
  const auto allow = name ? call.text("allow", std::nullopt) : std::nullopt;
  if (!allow) {
    return;
  }
  const bool both = *allow == "both";
  const alink::rights may{both || *allow == "pub", both || *allow == "sub"};
  if (may == alink::rights{}) {
    call.malformed("`allow` must be pub, sub or both");
    return;
  }
  call.give(call.console().put_topic_class(*product, *name, may));
}

void delete_topic(const admin_call& call) {
  const auto product = call.product();
  const auto fields = product ? call.read_query({"class"}) : std::nullopt;
  if (!fields) {
    return;
  }
  const auto name = find_only(*fields, "class");
  if (!name) {
    call.malformed("the query names no `class`");
    return;
  }
  call.give(call.console().delete_topic_class(*product, *name));
}

void import_devices(const admin_call& call) {
  const auto table = alink::credential_table::parse(call.body());
  if (!table) {
    refuse_credentials(call, table.error());
    return;
  }
  std::int64_t added = 0;
  std::int64_t existing = 0;
  for (std::uint32_t i = 0; i < table.value().count(); ++i) {
    const auto row = table.value().at(i);
    const device_name_view who{row.product_key, row.device_name};
    auto outcome = call.console().add_device(who, row.device_secret);
    // A file of the vendor's console brings its products along.
    if (!outcome && outcome.error().why == operation_error::unknown_product
        && call.console().put_product(row.product_key, {row.product_key}).ok()) {
      outcome = call.console().add_device(who, row.device_secret);
    }
    if (outcome) {
      ++added;
    } else if (outcome.error().why == operation_error::exists) {
      ++existing;
    } else {
      operation_failure why = outcome.error();
      why.detail = "stopped at " + row.product_key + "/" + row.device_name + ", "
                   + std::to_string(added) + " were added before: " + why.detail;
      call.refuse(why);
      return;
    }
  }
  byte_buffer out;
  object_writer json{out};
  json.integer("added", added);
  json.integer("existing", existing);
  json.end();
  call.give(std::move(out));
}

void tell_status(const admin_call& call) {
  byte_buffer out;
  object_writer json{out};
  json.text("version", call.facts().version);
  json.text("profile", call.facts().profile);
  json.integer("uptimeMs",
               std::chrono::duration_cast<std::chrono::milliseconds>(call.uptime()).count());
  if (const auto* const c = call.facts().counters) {
    json.integer("devicesOnline", static_cast<std::int64_t>(value(c->devices_online)));
    json.integer("connectionsOpen", static_cast<std::int64_t>(value(c->connections_open)));
    json.open("counters");
    write_counters(json, *c);
    json.close();
  }
  json.end();
  call.give(std::move(out));
}

} // namespace admin

} // namespace fleet::cloud
