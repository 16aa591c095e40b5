// The question by plan, the answer by alink, the place by what was looked up before.
#include "actors/device/guide.hpp"

#include <algorithm>

#include "protocol/alink/id2_model.hpp"
#include "protocol/http/types.hpp"

namespace fleet::actors {

namespace {

std::string body_of(const logon_plan& plan, const alink::identity& who) {
  if (plan.by == logon_way::bootstrap) {
    return alink::make_bootstrap_body(who.product_key, who.device_name);
  }
  return plan.id2_mode != 0 ? alink::make_id2_body(alink::model_id2(who), alink::id2_codec)
                            : alink::make_preauth_body(who, plan.sign);
}

std::string_view path_of(const logon_plan& plan) noexcept {
  if (plan.by == logon_way::bootstrap) {
    return alink::bootstrap_path;
  }
  return plan.id2_mode != 0 ? alink::id2_path : alink::preauth_path;
}

} // namespace

guide::guide(const logon_plan& plan, const alink::identity& who, const hal::address& own, bool tls)
    : plan_(plan), body_(body_of(plan, who)), place_(own), tls_(tls) {}

void guide::ask(std::string_view host, time_point now, byte_buffer& out) {
  door_.ask(path_of(plan_), body_, host, now, out);
  failure_ = door_.failure();
}

void guide::receive(bytes_view bytes, time_point now, json_reader& reader) {
  read(door_.receive(bytes, now), reader);
}

void guide::closed(json_reader& reader) {
  read(door_.closed(), reader);
}

void guide::read(const std::optional<bytes_view>& answer, json_reader& reader) {
  failure_ = door_.failure();
  if (!answer) {
    return;
  }
  if (plan_.by == logon_way::bootstrap) {
    auto place = alink::read_bootstrap_reply(reader, *answer);
    if (!place) {
      refuse(place.error());
      return;
    }
    grant_.host = std::move(place.value().host);
    grant_.port = place.value().port;
    grant_.listeners = place.value().listeners;
  } else {
    auto granted = alink::read_preauth_reply(reader, *answer);
    if (!granted) {
      refuse(granted.error());
      return;
    }
    grant_ = std::move(granted).value();
    if (plan_.id2_mode != 0 && !alink::read_stream_key(grant_.codec_key)) {
      failure_ = "the auth host's answer has no key for the ID2 model";
      return;
    }
  }
  settle();
}

void guide::refuse(const alink::logon_refusal& why) {
  if (why.code == 0) {
    failure_ = "the auth host's answer is none";
    return;
  }
  failure_ = "the auth host refuses the device: code " + std::to_string(why.code) + ", ";
  failure_ +=
      alink::logon_message(static_cast<int>(std::clamp<std::int64_t>(why.code, 0, 1 << 30)));
}

void guide::settle() {
  // The one port that every platform names is for those that ask as they connect.
  const auto told = tls_ ? grant_.listeners.tls : grant_.listeners.tcp;
  grant_.port = told != 0 ? told : grant_.port;
  if (grant_.host.empty()) {
    answered_ = true;
    return;
  }
  const auto named = [this](const known_host& h) { return http::same_word(h.name, grant_.host); };
  // Of a name with several addresses it keeps its own.
  const auto own = std::find_if(plan_.hosts.begin(), plan_.hosts.end(), [&](const known_host& h) {
    return named(h) && h.at.ip == place_.ip && h.at.v6 == place_.v6;
  });
  const auto known =
      own != plan_.hosts.end() ? own : std::find_if(plan_.hosts.begin(), plan_.hosts.end(), named);
  if (known != plan_.hosts.end()) {
    place_ = known->at;
    place_.port = grant_.port;
    answered_ = true;
  } else if (const auto numeric =
                 hal::parse_address(grant_.host + ":" + std::to_string(grant_.port))) {
    place_ = numeric.value();
    answered_ = true;
  } else {
    failure_ = "the auth host sends the device to " + grant_.host
               + ", which is neither the target nor the auth host itself";
  }
}

std::size_t guide::memory_bytes() const noexcept {
  return sizeof(*this) + door_.memory_bytes() + body_.capacity() + grant_.iot_id.capacity()
         + grant_.iot_token.capacity() + grant_.host.capacity() + grant_.codec_key.capacity()
         + failure_.capacity();
}

} // namespace fleet::actors
