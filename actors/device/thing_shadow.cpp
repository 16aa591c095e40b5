// A thing and its shadow (aliyun-iot.md §13): what the cloud wants is applied and reported, what is
// known of the document stays in the board's store.
#include "actors/device/thing_shadow.hpp"

#include <variant>

#include "actors/device/device.hpp"
#include "actors/device/speech_scratch.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::actors {

namespace {

constexpr std::string_view version_key = "shadow.version";
constexpr std::string_view token_key = "shadow.token";

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

const shadow::client_behaviour& behaviour_of(behaviour how) {
  static const shadow::client_behaviour strict;
  static const shadow::client_behaviour sdk = shadow::sdk_behaviour();
  return how == behaviour::sdk ? sdk : strict;
}

} // namespace

void thing::open_shadow() {
  shadow::remembered kept;
  // One that no shadow reaches was spoilt in the store; from 0 on a conflict tells the right one.
  constexpr std::uint64_t version_max = std::uint64_t{1} << 53;
  const auto version = slot_.board.kv.get_number(version_key).value_or(0);
  kept.version = version > version_max ? 0 : static_cast<std::int64_t>(version);
  kept.next_token = static_cast<std::uint32_t>(slot_.board.kv.get_number(token_key).value_or(1));
  shadow_ = std::make_unique<shadow_part>(product_key_ + "." + device_name_,
                                          behaviour_of(product_.behaviour), kept);
}

void thing::send_shadow() {
  if (!around_.payload.empty()) {
    // No room in the window: the client's own time-out sends it again.
    (void)send(plain_topic(alink::topic_kind::shadow_update), mqtt::qos::at_least_once);
  }
}

void thing::take_shadow(bytes_view payload) {
  if (!shadow_) {
    return;
  }
  shadow_->client.receive(payload, now(), around_.speech->json, fresh_payload());
  send_shadow();
  drain_shadow();
}

void thing::report_to_shadow(const report_plan& plan) {
  if (!shadow_) {
    return;
  }
  const std::vector<std::string_view> named{plan.identifiers.begin(), plan.identifiers.end()};
  auto& client = shadow_->client;
  const auto request = [&]() -> shadow::client::request_result {
    if (plan.what == report_kind::shadow_delete) {
      return client.remove(named, now(), fresh_payload());
    }
    refresh(plan.identifiers);
    auto& members = around_.part;
    members.clear();
    members.push('{');
    append_members(members, named);
    members.push('}');
    const auto text = as_text(members.view());
    return plan.what == report_kind::shadow_async ? client.push_async(text, now(), fresh_payload())
                                                  : client.push(text, now(), fresh_payload());
  }();
  if (!request) {
    counts().skip_report(request.error() == shadow::request_error::not_connected ? skip::offline
                                                                                 : skip::window);
  }
  send_shadow();
  drain_shadow();
}

void thing::drain_shadow() {
  namespace ev = shadow::client_event;
  auto& part = *shadow_;
  const bool may_fail = std::any_of(plans_.begin(), plans_.end(), [](const report_plan& plan) {
    return is_of_shadow(plan.what) && plan.may_fail;
  });
  const auto ended = [&part](std::uint32_t request) {
    if (request == part.clearing) {
      part.clearing = 0;
    }
  };
  while (const auto event = part.client.next_event()) {
    std::visit(overloaded{[](const ev::pulled&) {}, [](const ev::ignored&) {},
                          [this](const ev::desired_arrived& e) { apply_shadow(e); },
                          [&](const ev::acknowledged& e) {
                            bump(counts().shadow_updates);
                            if (e.request != 0 && e.request == part.clearing) {
                              bump(counts().shadow_converged);
                            }
                            ended(e.request);
                          },
                          [&](const ev::refused& e) {
                            // That somebody else was faster is no fault of either.
                            constexpr auto conflict = shadow::error_code::version_conflict;
                            if (e.code != static_cast<std::int64_t>(conflict)) {
                              counts().error(e.request != part.clearing && may_fail);
                            }
                            ended(e.request);
                          },
                          [&](const ev::gave_up& e) {
                            bump(counts().request_timeouts);
                            ended(e.request);
                          }},
               *event);
  }
  auto& kv = slot_.board.kv;
  if (part.client.version() != part.kept_version) {
    part.kept_version = part.client.version();
    (void)kv.put_number(version_key, static_cast<std::uint64_t>(part.kept_version));
  }
  if (part.client.next_token() != part.kept_token) {
    part.kept_token = part.client.next_token();
    (void)kv.put_number(token_key, part.kept_token);
  }
}

/// With a model what it allows is applied; without one everything is. A wish that cannot come true
/// is cleared all the same, as the vendor's SDK does.
void thing::apply_shadow(const shadow::client_event::desired_arrived& wanted) {
  if (around_.speech->json.read(as_bytes(wanted.desired)) != json_error::none) {
    return;
  }
  auto& reported = around_.part;
  reported.clear();
  reported.push('{');
  for (const auto& member : around_.speech->json.top()) {
    if (features().model && !state_.set(member.key, member.value, tsl::access_right::write).ok()) {
      continue;
    }
    reported.append(std::string_view{reported.size() > 1 ? "," : ""});
    reported.push('"');
    reported.append(member.key); // as it came, escapes and all
    reported.append(std::string_view{"\":"});
    reported.append(member.value);
  }
  reported.push('}');
  const auto text = as_text(reported.view());
  const auto made = shadow_->client.applied(
      wanted.desire, text.size() > 2 ? text : std::string_view{}, now(), fresh_payload());
  if (made) {
    shadow_->clearing = made.value();
  }
  send_shadow();
}

} // namespace fleet::actors
