// One request, one code.
#include "cloud_sim/web/post_desk.hpp"

#include "protocol/base/check.hpp"
#include "protocol/base/form.hpp"

namespace fleet::cloud {

using alink::post_code;

namespace {

post_code code_of(logon_denial why) noexcept {
  switch (why) {
    case logon_denial::unauthorized:
    case logon_denial::by_fault:
    case logon_denial::disabled: return post_code::auth_error;
    case logon_denial::too_many: return post_code::too_many;
    case logon_denial::no_room: return post_code::session_error;
  }
  FLEET_CHECK(false);
}

post_code code_of(post_result what) noexcept {
  switch (what) {
    case post_result::taken: return post_code::success;
    case post_result::no_token: return post_code::token_null;
    case post_result::unknown_token:
    case post_result::not_owner: return post_code::token_error;
    case post_result::expired_token: return post_code::token_expired;
    case post_result::forbidden: return post_code::publish_error;
    case post_result::over_bound: return post_code::too_many;
    case post_result::bad_sequence:
    case post_result::undecipherable:
    case post_result::too_large: return post_code::param_error;
    case post_result::no_room: return post_code::common_error;
  }
  FLEET_CHECK(false);
}

std::uint32_t price_of(post_code code) noexcept {
  return code == post_code::success      ? 0
         : code == post_code::auth_error ? wrong_sign_units
                                         : wrong_post_units;
}

} // namespace

bool post_desk::concerns(std::string_view target) noexcept {
  const auto path = target.substr(0, target.find('?'));
  return path == alink::post_auth_path
         || (path.starts_with(alink::post_topic_prefix)
             && path.substr(alink::post_topic_prefix.size()).starts_with('/'));
}

void post_desk::on_request(const web_request& request, const responder& reply) {
  web_answer out;
  auto code = post_code::common_error;
  about_ = fault_desk::nobody;
  unheard_ = false;
  blameless_ = false;
  if (request.method != "POST") {
    out.status = 405;
    out.fields.emplace_back("Allow", "POST");
  } else if (!rate_.allows(request.source, home_.now())) {
    code = post_code::too_many;
    add(door_.counters().posting[static_cast<std::size_t>(post_protocol::http)].unjudged);
  } else {
    code = answer(request, out.body);
    rate_.charge(request.source, blameless_ ? 0 : price_of(code), home_.now());
  }
  if (code != post_code::success) {
    out.body.clear();
    alink::append_http_refusal(out.body, code);
  }
  give(std::move(out), reply);
}

// Who gets no answer asks again over another connection, once it has lost its patience.
void post_desk::give(web_answer out, const responder& reply) {
  auto* const faults = door_.faults();
  if (faults == nullptr) {
    reply.answer(std::move(out));
    return;
  }
  if (unheard_ || faults->drops_ack(about_)) {
    return;
  }
  if (faults->garbles(about_)) {
    constexpr std::size_t garbage_octets = 64;
    out.bare = true;
    out.body.clear();
    faults->append_garbage(out.body, garbage_octets);
  }
  const duration by = faults->delay(about_);
  if (by == duration::zero()) {
    reply.answer(std::move(out));
    return;
  }
  faults->after(by, [reply, late = std::make_shared<web_answer>(std::move(out))] {
    reply.answer(std::move(*late));
  });
}

post_code post_desk::answer(const web_request& request, byte_buffer& out) {
  const auto path = path_text(request.target.substr(0, request.target.find('?')));
  if (request.target.size() > alink::max_post_path || !path) {
    return post_code::param_error;
  }
  const auto topic = alink::topic_of_post_path(*path);
  return topic ? post(request, *topic, out) : log_on(request, out);
}

post_code post_desk::log_on(const web_request& request, byte_buffer& out) {
  const auto asked = alink::read_post_logon(json_, request.body);
  if (!asked) {
    return post_code::param_error;
  }
  about_ = door_.number_of(*asked);
  const auto got = door_.authenticate(*asked, post_protocol::http);
  if (!got) {
    blameless_ = got.error() == logon_denial::by_fault;
    return code_of(got.error());
  }
  alink::append_http_grant(out, got.value().token);
  return post_code::success;
}

post_code post_desk::post(const web_request& request, std::string_view topic, byte_buffer& out) {
  post_request what;
  what.by = post_protocol::http;
  what.token = http::find_field(request.fields, "password").value_or(std::string_view{});
  what.topic = topic;
  what.payload = alink::without_last_nul(request.body);
  about_ = door_.token_owner(what.token).value_or(fault_desk::nobody);
  auto* const faults = door_.faults();
  unheard_ = faults != nullptr && !faults->hears(about_);
  if (unheard_) {
    return post_code::success;
  }
  const auto got = door_.post(what);
  if (got.what == post_result::taken) {
    alink::append_http_accepted(out, got.message_id, as_text(got.answer));
  }
  return code_of(got.what);
}

} // namespace fleet::cloud
