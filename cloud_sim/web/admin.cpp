// From a request to its action: who asks, which route, which method.
#include "cloud_sim/web/admin.hpp"

#include <algorithm>
#include <array>

#include "cloud_sim/web/admin_call.hpp"
#include "cloud_sim/web/route.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

namespace {

struct route {
  std::string_view method;
  std::string_view pattern;
  admin_action act;
  bool on_console = true; ///< needs one
};

void tell_routes(const admin_call& call);

constexpr std::array routes{
    route{"GET", "/v1/", tell_routes, false},
    route{"GET", "/v1/status", admin::tell_status, false},
    route{"GET", "/v1/ledger", admin::show_ledger, false},
    route{"POST", "/v1/ledger", admin::begin_ledger, false},
    route{"GET", "/v1/products", admin::list_products},
    route{"PUT", "/v1/products/{productKey}", admin::put_product},
    route{"PUT", "/v1/products/{productKey}/config", admin::put_config},
    route{"GET", "/v1/products/{productKey}/topics", admin::list_topics},
    route{"PUT", "/v1/products/{productKey}/topics", admin::put_topic},
    route{"DELETE", "/v1/products/{productKey}/topics", admin::delete_topic},
    route{"POST", "/v1/products/{productKey}/broadcast", admin::broadcast},
    route{"GET", "/v1/devices", admin::list_devices},
    route{"POST", "/v1/devices", admin::add_device},
    route{"GET", "/v1/devices/{productKey}/{deviceName}", admin::show_device},
    route{"DELETE", "/v1/devices/{productKey}/{deviceName}", admin::delete_device},
    route{"POST", "/v1/devices/{productKey}/{deviceName}/disable", admin::disable_device},
    route{"POST", "/v1/devices/{productKey}/{deviceName}/enable", admin::enable_device},
    route{"POST", "/v1/devices/{productKey}/{deviceName}/kick", admin::kick_device},
    route{"POST", "/v1/devices/{productKey}/{deviceName}/properties", admin::set_properties},
    route{"POST", "/v1/devices/{productKey}/{deviceName}/properties/get", admin::get_properties},
    route{"POST", "/v1/devices/{productKey}/{deviceName}/desired", admin::set_desired},
    route{"POST", "/v1/devices/{productKey}/{deviceName}/services/{service}", admin::call_service},
    route{"POST", "/v1/devices/{productKey}/{deviceName}/rrpc", admin::rrpc},
    route{"POST", "/v1/devices/{productKey}/{deviceName}/invite", admin::invite},
    route{"POST", "/v1/devices/{productKey}/{deviceName}/permit", admin::permit},
    route{"GET", "/v1/devices/{productKey}/{deviceName}/shadow", admin::show_shadow},
    route{"POST", "/v1/devices/{productKey}/{deviceName}/shadow", admin::update_shadow},
    route{"GET", "/v1/firmware", admin::list_firmware, false},
    route{"POST", "/v1/firmware", admin::add_firmware, false},
    route{"GET", "/v1/firmware/{id}", admin::show_firmware, false},
    route{"DELETE", "/v1/firmware/{id}", admin::delete_firmware, false},
    route{"PUT", "/v1/firmware/{id}/content", admin::put_firmware, false},
    route{"GET", "/v1/campaigns", admin::list_campaigns, false},
    route{"POST", "/v1/campaigns", admin::add_campaign, false},
    route{"GET", "/v1/campaigns/{id}", admin::show_campaign, false},
    route{"DELETE", "/v1/campaigns/{id}", admin::delete_campaign, false},
    route{"GET", "/v1/campaigns/{id}/devices", admin::list_campaign_devices, false},
    route{"POST", "/v1/campaigns/{id}/{change}", admin::change_campaign, false},
    route{"GET", "/v1/faults", admin::list_faults, false},
    route{"POST", "/v1/faults", admin::add_fault, false},
    route{"POST", "/v1/faults/renew", admin::renew_faults, false},
    route{"DELETE", "/v1/faults/{name}", admin::delete_fault, false},
    route{"POST", "/v1/publish", admin::publish},
    route{"POST", "/v1/import", admin::import_devices},
};

void tell_routes(const admin_call& call) {
  byte_buffer out;
  out.append("{\"routes\":[");
  for (const auto& r : routes) {
    if (&r != routes.data()) {
      out.push(',');
    }
    append_json_text(out, std::string{r.method} + " " + std::string{r.pattern});
  }
  out.append("]}");
  call.give(std::move(out));
}

web_answer refusal(verdict v) {
  switch (v) {
    case verdict::allowed: break;
    case verdict::foreign_host:
      return admin_error(403, "foreign-host", "Host names neither loopback nor this listener");
    case verdict::foreign_origin:
      return admin_error(403, "foreign-origin", "pages from elsewhere are not served");
    case verdict::unauthorized: {
      auto out = admin_error(401, "unauthorized", "Authorization: Bearer and the token is needed");
      out.fields.emplace_back("WWW-Authenticate", "Bearer");
      return out;
    }
  }
  FLEET_CHECK(false);
}

void dispatch(admin_call& call, const web_request& request, const responder& reply) {
  const auto path = split_target(request.target);
  if (!path) {
    reply.answer(admin_error(400, "malformed", "the path cannot be read"));
    return;
  }
  call.query = path->query;
  const std::string_view method = request.method == "HEAD" ? "GET" : request.method;
  std::string allowed;
  for (const auto& r : routes) {
    if (!match_route(r.pattern, path->parts, call.values)) {
      continue;
    }
    if (r.method == method) {
      if (r.on_console && !call.has_console()) {
        reply.answer(admin_error(501, "unsupported", "this profile has no console"));
        return;
      }
      r.act(call);
      return;
    }
    allowed += allowed.empty() ? "" : ", ";
    allowed += r.method;
  }
  if (allowed.empty()) {
    reply.answer(admin_error(404, "no-such-route", "GET /v1/ lists all of them"));
    return;
  }
  auto out = admin_error(405, "method-not-allowed", "this route takes " + allowed);
  out.fields.emplace_back("Allow", allowed);
  reply.answer(std::move(out));
}

} // namespace

admin_api::admin_api(hal::home& where, operations* console, admin_facts facts)
    : home_(where), console_(console), facts_(std::move(facts)), started_(where.now()) {}

void admin_api::on_request(const web_request& request, const responder& reply) {
  const auto v = judge(rules_, request);
  if (v != verdict::allowed) {
    reply.answer(refusal(v));
    return;
  }
  admin_call call{*this, request, reply};
  dispatch(call, request, reply);
}

} // namespace fleet::cloud
