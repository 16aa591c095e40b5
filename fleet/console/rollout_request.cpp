// Routes and bodies, as the API's client writes them.
#include "fleet/console/rollout_request.hpp"

#include <algorithm>

#include "fleet/console/display.hpp"
#include "fleet/console/request.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::program {

namespace {

std::string firmware_path(std::uint32_t id) {
  return "/v1/firmware/" + std::to_string(id);
}

std::string campaign_path(std::uint32_t id) {
  return "/v1/campaigns/" + std::to_string(id);
}

void add(object_writer& object, std::string_view name, const std::optional<std::uint32_t>& n) {
  if (n) {
    object.integer(name, *n);
  }
}

/// `1.5` for 1500 ms.
void add_seconds(object_writer& object, std::string_view name, const std::optional<duration>& d) {
  if (!d) {
    return;
  }
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*d).count();
  std::string out = std::to_string(ms / 1000);
  if (ms % 1000 != 0) {
    out += "." + std::to_string(1000 + ms % 1000).substr(1);
    out.erase(out.find_last_not_of('0') + 1);
  }
  object.raw(name, out);
}

/// `12.5` for 125.
std::string percent_text(std::uint32_t permille) {
  std::string out = std::to_string(permille / 10);
  return permille % 10 == 0 ? out : out + "." + std::to_string(permille % 10);
}

std::string text_array(const std::vector<std::string>& texts) {
  byte_buffer out;
  out.push('[');
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) {
      out.push(',');
    }
    append_json_text(out, texts[i]);
  }
  out.push(']');
  return std::string{as_text(out.view())};
}

} // namespace

admin_request firmware_list_request() {
  return {"GET", "/v1/firmware"};
}

admin_request firmware_request(std::uint32_t id) {
  return {"GET", firmware_path(id)};
}

admin_request add_firmware_request(const new_firmware& what, std::uint64_t size,
                                   std::uint64_t seed) {
  byte_buffer out;
  object_writer object{out};
  object.text("productKey", what.product);
  object.text("version", what.version);
  if (!what.module.empty()) {
    object.text("module", what.module);
  }
  object.integer("size", static_cast<std::int64_t>(what.generate != 0 ? what.generate : size));
  object.text("signMethod", what.sign == content_digest::md5 ? "Md5" : "SHA256");
  if (what.generate != 0) {
    object.raw("generate", std::to_string(seed));
  }
  if (!what.fault.empty()) {
    object.text("fault", what.fault);
  }
  add(object, "status", what.status);
  object.end();
  return {"POST", "/v1/firmware", std::string{as_text(out.view())}};
}

admin_request content_request(std::uint32_t id, std::uint64_t offset, std::string_view octets) {
  return {"PUT", firmware_path(id) + "/content?offset=" + std::to_string(offset),
          std::string{octets}, "application/octet-stream"};
}

admin_request delete_firmware_request(std::uint32_t id) {
  return {"DELETE", firmware_path(id)};
}

admin_request campaign_list_request() {
  return {"GET", "/v1/campaigns"};
}

admin_request campaign_request(std::uint32_t id) {
  return {"GET", campaign_path(id)};
}

admin_request new_campaign_request(const new_campaign& what,
                                   const std::vector<std::string>& devices) {
  byte_buffer out;
  object_writer object{out};
  object.integer("firmware", what.firmware);
  if (!what.name.empty()) {
    object.text("name", what.name);
  }
  if (what.permille || !what.versions.empty() || !devices.empty()) {
    object.open("select");
    if (what.permille) {
      object.raw("percent", percent_text(*what.permille));
    }
    if (!what.versions.empty()) {
      object.raw("versions", text_array(what.versions));
    }
    if (!devices.empty()) {
      object.raw("devices", text_array(devices));
    }
    object.close();
  }
  if (!what.waves.empty()) {
    std::string waves;
    for (const auto permille : what.waves) {
      waves += (waves.empty() ? "" : ",") + percent_text(permille);
    }
    object.raw("waves", "[" + waves + "]");
  }
  add(object, "offersPerSecond", what.offers_per_second);
  add(object, "underWay", what.under_way);
  add(object, "haltPermille", what.halt_permille);
  add(object, "haltAfter", what.halt_after);
  add(object, "retries", what.retries);
  add_seconds(object, "retryAfterSeconds", what.retry_after);
  add_seconds(object, "attemptSeconds", what.attempt);
  add_seconds(object, "wavePauseSeconds", what.wave_pause);
  add(object, "waveDonePermille", what.wave_done_permille);
  add_seconds(object, "waveMostSeconds", what.wave_most);
  if (what.take_over) {
    object.raw("takeOver", "true");
  }
  object.raw("start", what.later ? "false" : "true");
  object.end();
  return {"POST", "/v1/campaigns", std::string{as_text(out.view())}};
}

admin_request campaign_order_request(std::uint32_t id, std::string_view order) {
  return {"POST", campaign_path(id) + "/" + std::string{order}};
}

admin_request delete_campaign_request(std::uint32_t id) {
  return {"DELETE", campaign_path(id)};
}

admin_request campaign_devices_request(const rollout_options& what, std::uint64_t from) {
  std::string query = "?from=" + std::to_string(from) + "&limit=" + std::to_string(rollout_page);
  if (!what.state.empty()) {
    query += "&state=" + percent_encoded(what.state);
  }
  return {"GET", campaign_path(what.id) + "/devices" + query};
}

result<std::vector<std::string>, std::string> read_names(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(",\n"), text.size());
    std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    name.remove_prefix(std::min(name.find_first_not_of(" \t\r"), name.size()));
    name = name.substr(0, name.find_last_not_of(" \t\r") + 1);
    if (name.empty() || name.front() == '#') {
      continue;
    }
    if (!alink::valid_name(name, alink::max_device_name)) {
      constexpr std::size_t shown = 60;
      return fail("\"" + printable(name.substr(0, shown)) + "\" is no DeviceName");
    }
    if (out.size() == listed_names_max) {
      return fail("there are more than " + std::to_string(listed_names_max) + " DeviceNames");
    }
    out.emplace_back(name);
  }
  if (out.empty()) {
    return fail(std::string{"there is no DeviceName"});
  }
  return out;
}

} // namespace fleet::program
