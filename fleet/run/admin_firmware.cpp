// Orders to requests, answers to views.
#include "fleet/run/admin_firmware.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/console/display.hpp"
#include "fleet/console/rollout_render.hpp"
#include "fleet/console/rollout_request.hpp"
#include "protocol/base/json.hpp"

namespace fleet::program {

namespace {

using cloud::operation_error;
using cloud::operation_failure;

failure<operation_failure> foreign() {
  return fail(operation_failure{operation_error::refused,
                                "what the twin answers has another form than it "
                                "should"});
}

failure<operation_failure> unsupported() {
  return fail(operation_failure{operation_error::unsupported, {}});
}

/// What a refusal says of itself; its status, where that is nothing.
std::string detail_of(const admin_answer& answer) {
  json_reader refusal;
  std::string out;
  const bool read = refusal.read(as_bytes(answer.body)) == json_error::none;
  const auto* const detail = read ? refusal.find("detail") : nullptr;
  if (detail == nullptr || !append_json_string(out, detail->value) || out.empty()) {
    return fmt::format("the twin answers with status {}", answer.status);
  }
  return printable(out);
}

new_firmware asked_for(const cloud::firmware_order& what) {
  new_firmware out;
  out.product = what.product_key;
  out.version = what.version;
  out.module = what.module;
  out.sign = what.sign_method;
  out.generate = what.generate ? static_cast<std::uint32_t>(what.size) : 0;
  if (what.fault != cloud::firmware_fault::none) {
    out.fault = cloud::to_string(what.fault);
  }
  if (what.fault == cloud::firmware_fault::status) {
    out.status = what.status;
  }
  return out;
}

new_campaign asked_for(const cloud::campaign_order& what) {
  const auto& rules = what.rules;
  new_campaign out;
  out.firmware = what.firmware;
  out.name = rules.select.name;
  out.permille = rules.select.permille;
  out.versions = rules.select.from_versions;
  out.waves = {rules.select.waves.begin(), rules.select.waves.end()};
  out.offers_per_second = rules.offers_per_second;
  out.under_way = rules.under_way_max;
  out.halt_permille = rules.halt_permille;
  out.halt_after = std::max(rules.halt_after, 1U);
  out.retries = rules.retries;
  out.retry_after = rules.retry_after;
  out.attempt = rules.attempt_most;
  out.wave_pause = rules.wave_pause;
  out.wave_done_permille = rules.wave_done_permille;
  if (rules.wave_most != cloud::campaign_rules{}.wave_most) {
    out.wave_most = rules.wave_most;
  }
  out.take_over = what.take_over;
  out.later = !what.start;
  return out;
}

cloud::firmware_view seen_firmware(const firmware_view& read) {
  cloud::firmware_view out;
  out.id = read.id;
  out.product_key = read.product_key;
  out.version = read.version;
  out.size = read.size;
  out.received = read.received;
  out.ready = read.state == "ready";
  out.downloads = read.downloads;
  out.octets_sent = read.octets_sent;
  return out;
}

cloud::firmware_operations::firmware_result seen(const result<std::string, operation_failure>& of) {
  if (!of) {
    return fail(of.error());
  }
  const auto read = read_firmware(of.value());
  if (!read) {
    return foreign();
  }
  return seen_firmware(*read);
}

bool lost(const result<std::string, operation_failure>& answer) {
  return !answer && answer.error().why == operation_error::timed_out;
}

std::uint32_t number(std::uint64_t n) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(n, UINT32_MAX));
}

/// Those of these words, by their places.
template <std::size_t N, class Words>
void put_counts(std::array<std::uint32_t, N>& into,
                const std::vector<std::pair<std::string, std::uint64_t>>& counts, Words word) {
  for (std::size_t i = 0; i < N; ++i) {
    for (const auto& [name, n] : counts) {
      into[i] = name == word(i) ? number(n) : into[i];
    }
  }
}

std::optional<cloud::campaign_state> state_of(std::string_view word) {
  using cloud::campaign_state;
  for (const auto state : {campaign_state::ready, campaign_state::running, campaign_state::halted,
                           campaign_state::cancelled, campaign_state::finished}) {
    if (cloud::to_string(state) == word) {
      return state;
    }
  }
  return std::nullopt;
}

cloud::firmware_operations::campaign_result
seen_campaign(const std::optional<campaign_view>& read) {
  const auto state = read ? state_of(read->state) : std::nullopt;
  if (!state) {
    return foreign();
  }
  cloud::campaign_view out;
  out.id = read->id;
  out.name = read->name;
  out.firmware = read->firmware;
  out.product_key = read->product_key;
  out.version = read->version;
  out.why = printable(read->why);
  auto& sums = out.sums;
  sums.state = *state;
  sums.wave = static_cast<std::uint8_t>(std::min<std::uint64_t>(read->wave, UINT8_MAX));
  sums.waves = static_cast<std::uint8_t>(std::min<std::uint64_t>(read->waves, UINT8_MAX));
  sums.devices = number(read->devices);
  sums.already = number(read->already);
  sums.by_state = {number(read->waiting),   number(read->offered), number(read->upgrading),
                   number(read->succeeded), number(read->failed),  number(read->cancelled)};
  sums.attempts_failed = number(read->attempts_failed);
  sums.attempts_succeeded = number(read->attempts_succeeded);
  put_counts(out.causes, read->causes,
             [](std::size_t i) { return cloud::to_string(static_cast<cloud::rollout_cause>(i)); });
  put_counts(out.steps, read->steps, [](std::size_t i) { return fmt::format("-{}", i + 1); });
  return out;
}

cloud::firmware_operations::campaign_result
seen_campaign(const result<std::string, operation_failure>& of) {
  if (!of) {
    return fail(of.error());
  }
  return seen_campaign(read_campaign(of.value()));
}

} // namespace

result<std::string, operation_failure> admin_firmware::ask(const admin_request& what) const {
  auto answer = api_.ask(what);
  if (!answer) {
    return fail(operation_failure{operation_error::timed_out, answer.error()});
  }
  if (answer.value().status / 100 != 2) {
    const bool gone = answer.value().status == 404;
    return fail(
        operation_failure{gone ? operation_error::unknown_campaign : operation_error::refused,
                          detail_of(answer.value())});
  }
  return std::move(answer).value().body;
}

cloud::firmware_operations::firmware_result
admin_firmware::add_firmware(const cloud::firmware_order& what) {
  constexpr std::uint64_t seeds = INT64_MAX; // what a number of the API can be
  const auto order =
      add_firmware_request(asked_for(what), what.size, what.generate.value_or(0) & seeds);
  const auto listed = ask(firmware_list_request());
  if (!listed) {
    return fail(listed.error());
  }
  const auto all = read_firmware_list(listed.value());
  if (!all) {
    return foreign();
  }
  std::uint32_t newest = 0;
  const auto before = unanswered_.find(order.body);
  for (const auto& each : *all) {
    if (before != unanswered_.end() && each.id > before->second
        && each.product_key == what.product_key && each.version == what.version
        && each.size == what.size && added_.insert(each.id).second) {
      unanswered_.erase(before);
      return seen_firmware(each);
    }
    newest = std::max(newest, each.id);
  }
  const auto answer = ask(order);
  if (lost(answer)) {
    unanswered_.emplace(order.body, newest); // that of the first time stays
  } else {
    unanswered_.erase(order.body);
  }
  auto out = seen(answer);
  if (out) {
    added_.insert(out.value().id);
  }
  return out;
}

cloud::firmware_operations::firmware_result
admin_firmware::put_content(std::uint32_t firmware, std::uint64_t offset, bytes_view octets) {
  return seen(ask(content_request(firmware, offset, as_text(octets))));
}

cloud::firmware_operations::firmware_result admin_firmware::firmware(std::uint32_t id) const {
  return seen(ask(firmware_request(id)));
}

cloud::firmware_operations::campaign_result
admin_firmware::add_campaign(const cloud::campaign_order& what) {
  const auto order = new_campaign_request(asked_for(what), {});
  if (campaigns_unanswered_.contains(order.body)) {
    const auto listed = ask(campaign_list_request());
    if (!listed) {
      return fail(listed.error());
    }
    const auto all = read_campaign_list(listed.value());
    if (!all) {
      return foreign();
    }
    const auto made = std::find_if(all->begin(), all->end(), [&what](const campaign_view& c) {
      return c.firmware == what.firmware && c.name == what.rules.select.name;
    });
    if (made != all->end()) { // the firmware is this run's own
      return seen_campaign(*made);
    }
  }
  const auto answer = ask(order);
  if (lost(answer)) {
    campaigns_unanswered_.insert(order.body);
  }
  return seen_campaign(answer);
}

cloud::firmware_operations::campaign_result admin_firmware::campaign(std::uint32_t id) const {
  return seen_campaign(ask(campaign_request(id)));
}

cloud::operation_result admin_firmware::delete_firmware(std::uint32_t) {
  return unsupported();
}

result<std::vector<cloud::campaign_device_view>, operation_failure>
admin_firmware::campaign_devices(std::uint32_t, std::optional<cloud::rollout_state>, std::uint32_t,
                                 std::uint32_t) const {
  return unsupported();
}

cloud::firmware_operations::campaign_result
admin_firmware::change_campaign(std::uint32_t, cloud::campaign_change) {
  return unsupported();
}

cloud::operation_result admin_firmware::delete_campaign(std::uint32_t) {
  return unsupported();
}

} // namespace fleet::program
