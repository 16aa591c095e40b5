// Who gets a sub-device's secret through its gateway (aliyun-iot.md §16.1), by the product's switch
// and what the device did before.
#include "cloud_sim/gateway_desk.hpp"
#include "cloud_sim/secrets.hpp"

namespace fleet::cloud {

namespace {

using alink::sub_device_entry;
using alink::topic_kind;
namespace code = alink::gateway_code;
constexpr int success = alink::code_success;

} // namespace

std::string_view gateway_desk::secret_of(std::string_view product_key) const {
  return parts_.rules.products == nullptr ? std::string_view{}
                                          : parts_.rules.products->secret_of(product_key);
}

int gateway_desk::judge_secret(const context& at, device_index device) const {
  // §5.3: a disabled device is refused as an active one is.
  const bool active = parts_.devices.seen(device) || parts_.devices.disabled(device);
  return parts_.relations.registration(at.from.gateway, device, standing_of(device), active);
}

/// No signature proves anything here, so what the product's switch and the device's own past say
/// is all there is between a gateway and everybody's secrets.
int gateway_desk::judge_registration(const context& at, const sub_device_entry& entry) {
  if (!product_known(entry.who.product_key)) {
    return code::product_lookup_failed;
  }
  if (secret_of(entry.who.product_key).empty()) {
    return code::registration_off;
  }
  const auto device = find(entry.who);
  return device ? judge_secret(at, *device) : static_cast<int>(code::device_not_found);
}

void gateway_desk::serve_registration(const context& at, const alink::gateway_request& request) {
  const bool leaving = at.kind == topic_kind::sub_unregister;
  for (const sub_device_entry& entry : request.devices) {
    const int found = find(entry.who) ? success : code::device_not_found;
    const int what = leaving ? found : judge_registration(at, entry);
    if (what != success) {
      return reply(at, request, what);
    }
  }
  // The relation stays: the SDK deletes it by itself, in between two of these (§16.1).
  if (leaving || !request.wants_reply) {
    return reply(at, request, success);
  }
  open_message(at.from.gateway, at.kind, true, at.from.gateway);
  alink::gateway_reply_writer writer{text_, at.kind, request.id, success};
  for (const sub_device_entry& entry : request.devices) {
    const alink::identity who = parts_.devices.identity_of(*find(entry.who));
    writer.add({.who = entry.who,
                .iot_id = iot_id_of(entry.who.product_key, entry.who.device_name),
                .device_secret = who.device_secret});
  }
  writer.end();
  close_message();
}

void gateway_desk::serve_product_registration(const context& at,
                                              const alink::gateway_request& request) {
  const auto judge = [&](const sub_device_entry& entry) -> int {
    const auto device = find(entry.who);
    const std::string_view secret = secret_of(entry.who.product_key);
    if (secret.empty()) {
      return code::registration_off;
    }
    if (!alink::verify_by_product(entry, secret)) {
      return code::registration_sign_failed;
    }
    return device ? judge_secret(at, *device) : static_cast<int>(code::device_not_found);
  };
  if (!request.wants_reply) {
    return;
  }
  open_message(at.from.gateway, at.kind, true, at.from.gateway);
  alink::gateway_reply_writer writer{text_, at.kind, request.id, success};
  std::vector<int> codes;
  for (const sub_device_entry& entry : request.devices) {
    codes.push_back(judge(entry));
    if (codes.back() == success) {
      const alink::identity who = parts_.devices.identity_of(*find(entry.who));
      writer.add({.who = entry.who,
                  .iot_id = iot_id_of(entry.who.product_key, entry.who.device_name),
                  .device_secret = who.device_secret});
    }
  }
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] != success) {
      writer.add_failure(request.devices[i].who, codes[i]);
    }
  }
  writer.end();
  close_message();
}

} // namespace fleet::cloud
