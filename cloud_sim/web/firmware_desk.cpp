// From a request to a body that is pulled: token, range, pace. Downloads that wait for the common
// rate stand in one line with one timer, so that a wake costs the same whoever else waits.
#include "cloud_sim/web/firmware_desk.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "cloud_sim/web/route.hpp"
#include "protocol/base/form.hpp"
#include "protocol/base/json.hpp"
#include "protocol/http/range.hpp"
#include "protocol/ota/generated.hpp"

namespace fleet::cloud {

namespace {

/// Less is not worth a record and a packet, unless it is all there is.
constexpr std::uint64_t portion_least = 8 * 1024;

/// Homes wake in whole milliseconds: a burst must last a few of them.
octet_rate rate_of(std::uint64_t per_second) {
  constexpr std::uint64_t burst_least = 64 * 1024;
  const std::uint64_t most = std::min(per_second, octet_rate::per_second_max);
  return octet_rate{most, std::clamp(most / 20, burst_least, octet_rate::burst_most)};
}

std::optional<std::uint32_t> number_of(std::string_view text) noexcept {
  const auto n = text.size() <= 10 ? json_integer(text) : std::nullopt;
  return n && *n > 0 && *n <= UINT32_MAX ? std::optional{static_cast<std::uint32_t>(*n)}
                                         : std::nullopt;
}

web_answer trouble(std::uint16_t status, std::string_view word) {
  web_answer out;
  out.status = status;
  out.body.append("{\"error\":\"");
  out.body.append(word);
  out.body.append("\"}");
  return out;
}

} // namespace

/// The octets of one answer.
class firmware_body final : public body_source {
public:
  struct extent {
    std::uint32_t id;
    std::uint64_t from;
    std::uint64_t stops = UINT64_MAX; ///< where it stalls
    bool breaks_off = false;          ///< there, instead
    std::uint64_t rate = 0;           ///< octets a second; 0: the desk's
    std::uint64_t spoilt_at = UINT64_MAX; ///< the octet that is another than it should be
    bool unbootable = false;              ///< the image begins with the mark
    bool pads = false;                    ///< what is behind the image's end is sent as zeros
  };
  firmware_body(firmware_desk& desk, const extent& what, const responder& reply)
      : desk_(desk), at_(what), own_(rate_of(what.rate != 0 ? what.rate : desk.pace_.each)),
        place_(std::make_shared<firmware_desk::place>(firmware_desk::place{reply})),
        gives_up_(later(desk.home_.now(), firmware_stall_most)) {}

  portion next(std::size_t room, time_point now) override {
    if (at_.from >= at_.stops && at_.breaks_off) {
      return {.what = step::ended};
    }
    if (at_.from >= at_.stops) {
      return now >= gives_up_ ? portion{} : portion{.what = step::wait, .until = gives_up_};
    }
    const auto most = std::min<std::uint64_t>(room, at_.stops - at_.from);
    auto octets = desk_.source_.octets(at_.id, at_.from, static_cast<std::size_t>(most));
    if (octets.empty() && at_.pads) {
      static constexpr std::array<std::uint8_t, 256> zeros{};
      octets = bytes_view{zeros}.first(std::min<std::size_t>(zeros.size(), room));
    }
    if (octets.empty()) {
      return {};
    }
    if (own_.limited()) {
      const time_point due = own_.when(std::min<std::uint64_t>(octets.size(), portion_least));
      if (due > now) {
        return {.what = step::wait, .until = due};
      }
      octets = octets.first(static_cast<std::size_t>(own_.allowed(octets.size(), now)));
    }
    octets = octets.first(desk_.take(place_, octets.size(), now));
    if (octets.empty()) {
      return {.what = step::wait, .until = never};
    }
    own_.spend(octets.size(), now);
    desk_.source_.sent(at_.id, octets.size());
    octets = altered(octets);
    at_.from += octets.size();
    return {.what = step::piece, .octets = octets};
  }

private:
  /// What a fault makes of the octets from at_.from on.
  bytes_view altered(bytes_view octets) {
    const std::uint64_t end = at_.from + octets.size();
    const bool spoils = at_.spoilt_at >= at_.from && at_.spoilt_at < end;
    const bool marks = at_.unbootable && at_.from < ota::unbootable_mark.size();
    if (!spoils && !marks) {
      return octets;
    }
    altered_.assign(octets.begin(), octets.end());
    for (std::uint64_t i = at_.from; marks && i < std::min<std::uint64_t>(end, 8); ++i) {
      altered_[static_cast<std::size_t>(i - at_.from)] =
          static_cast<std::uint8_t>(ota::unbootable_mark[static_cast<std::size_t>(i)]);
    }
    if (spoils) {
      altered_[static_cast<std::size_t>(at_.spoilt_at - at_.from)] ^= 0xffU;
    }
    return altered_;
  }
  static_assert(ota::unbootable_mark.size() == 8);

  firmware_desk& desk_;
  extent at_;
  std::vector<std::uint8_t> altered_;
  octet_rate own_;
  std::shared_ptr<firmware_desk::place> place_;
  time_point gives_up_;
};

firmware_desk::firmware_desk(hal::home& where, firmware_source& from, const rate_rules& refusals)
    : home_(where), source_(from), rate_(refusals), pace_(from.pace()), all_(rate_of(pace_.all)) {}

firmware_desk::~firmware_desk() {
  home_.disarm(*this);
}

std::size_t firmware_desk::take(const std::shared_ptr<place>& who, std::size_t wanted,
                                time_point now) {
  if (!all_.limited()) {
    return wanted;
  }
  const bool first = std::exchange(who->granted, false) || line_.empty();
  const time_point due = all_.when(std::min<std::uint64_t>(wanted, portion_least));
  const auto octets = first && due <= now ? all_.allowed(wanted, now) : 0;
  if (octets != 0) {
    all_.spend(octets, now);
  } else if (!std::exchange(who->queued, true)) {
    line_.push_back(who);
    if (line_.size() == 1) {
      home_.arm(*this, std::max(due, now));
    }
  }
  return static_cast<std::size_t>(octets);
}

void firmware_desk::on_wake(time_point now) {
  while (!line_.empty() && all_.when(portion_least) <= now) {
    const auto next = line_.front();
    line_.pop_front();
    next->queued = false;
    next->granted = true;
    next->reply.resume(); // nothing, where its connection has gone
  }
  if (!line_.empty()) {
    home_.arm(*this, all_.when(portion_least));
  }
}

void firmware_desk::refuse(const web_request& request, const responder& reply, web_answer what) {
  source_.refused();
  rate_.charge(request.source, logon_refusal_units, home_.now());
  reply.answer(std::move(what));
}

void firmware_desk::on_request(const web_request& request, const responder& reply) {
  if (!rate_.allows(request.source, home_.now())) {
    source_.refused();
    auto out = trouble(429, "too-many-requests");
    out.fields.emplace_back("Retry-After", "1");
    reply.answer(std::move(out));
    return;
  }
  if (request.method != "GET" && request.method != "HEAD") {
    auto out = trouble(405, "method-not-allowed");
    out.fields.emplace_back("Allow", "GET, HEAD");
    refuse(request, reply, std::move(out));
    return;
  }
  const auto path = split_target(request.target);
  std::vector<std::string_view> values;
  const bool found = path && match_route("/firmware/{id}", path->parts, values);
  const auto id = found ? number_of(values.front()) : std::nullopt;
  if (!id) {
    refuse(request, reply, trouble(404, "no-such-firmware"));
    return;
  }
  const auto query = parse_form(path->query);
  const auto token = query ? find_only(query.value(), "token") : std::nullopt;
  const auto what = source_.judge(*id, token.value_or(std::string_view{}));
  switch (what.verdict) {
    case firmware_verdict::good: serve(request, what, reply); return;
    case firmware_verdict::expired: refuse(request, reply, trouble(403, "expired")); return;
    case firmware_verdict::forged: refuse(request, reply, trouble(403, "forbidden")); return;
    case firmware_verdict::not_yet:
      refuse(request, reply, trouble(404, "no-such-firmware"));
      return;
  }
}

void firmware_desk::serve(const web_request& request, const served_firmware& what,
                          const responder& reply) {
  if (what.fault == firmware_fault::status) {
    reply.answer(trouble(what.status, "ordered"));
    return;
  }
  if (what.fault == firmware_fault::redirect) {
    web_answer out;
    out.status = 302;
    out.fields.emplace_back("Location",
                            "http://" + std::string{request.host} + std::string{request.target});
    reply.answer(std::move(out));
    return;
  }
  const std::string tag = "\"" + what.tag + "\"";
  auto wanted = http::find_field(request.fields, "range").value_or(std::string_view{});
  const auto only_if = http::find_field(request.fields, "if-range");
  if (only_if && *only_if != tag) {
    wanted = {};
  }
  const auto verdict = http::judge_range(wanted, what.size);
  web_answer out;
  out.fields.emplace_back("Accept-Ranges", "bytes");
  if (verdict.answer == http::range_answer::unsatisfiable) {
    out.status = 416;
    out.fields.emplace_back("Content-Range", http::to_string({std::nullopt, what.size}));
    reply.answer(std::move(out));
    return;
  }
  if (verdict.answer == http::range_answer::part) {
    out.status = 206;
    out.fields.emplace_back("Content-Range", http::to_string({verdict.octets, what.size}));
  }
  out.fields.emplace_back("ETag", tag);
  out.content_type = "application/octet-stream";
  out.length = verdict.octets.length();
  firmware_body::extent part{what.id, verdict.octets.first};
  if (what.fault == firmware_fault::stall) {
    part.stops = part.from + out.length / 2;
  } else if (what.fault == firmware_fault::short_body) {
    // Whatever the range: else a device that goes on where it was would have it all in the end.
    part.stops = what.size / 2;
    part.breaks_off = true;
  }
  part.rate = what.rate;
  part.spoilt_at = what.spoilt ? what.size / 2 : part.spoilt_at;
  part.unbootable = what.unbootable;
  part.pads = what.fault == firmware_fault::long_body;
  if (request.method == "GET") {
    source_.begun(what.id);
  }
  out.source = std::make_unique<firmware_body>(*this, part, reply);
  reply.answer(std::move(out));
}

} // namespace fleet::cloud
