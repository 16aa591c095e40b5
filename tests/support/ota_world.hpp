// A fleet and its cloud reduced to what a firmware rollout takes, all of it the real machines:
// campaign, Alink messages, HTTP server and client, updater, flash and boot loader. Messages and
// octets pass from hand to hand; time jumps from one wait to the next.
#pragma once

#include <deque>
#include <memory>

#include "cloud_sim/campaigns/campaign.hpp"
#include "cloud_sim/campaigns/firmware_tokens.hpp"
#include "protocol/alink/ota_messages.hpp"
#include "protocol/alink/topics.hpp"
#include "protocol/http/client.hpp"
#include "protocol/http/range.hpp"
#include "protocol/http/server.hpp"
#include "protocol/http/url.hpp"
#include "tests/support/ota_rig.hpp"

namespace fleet::ota {

class ota_world {
public:
  struct message {
    std::uint32_t device;
    alink::topic_kind kind;
    std::string text;
  };
  struct device {
    hal::flash_rig flash{ota_geometry};
    flash_storage board{flash};
    std::unique_ptr<updater> machine; ///< none while it is off
    std::uint8_t slot = 0;            ///< that runs
    time_point back_at = never;       ///< while it is off
    std::optional<action::fetch> fetch;
    std::string url; ///< of the fetch
    unsigned cuts = 0;
  };

  std::vector<std::uint8_t> image = new_image; ///< what the server sends
  firmware truth = offer_of(new_image, "2.0"); ///< what the campaign says of it
  std::int64_t token_life_s = 600;             ///< of offers
  std::int64_t fresh_life_s = 600;             ///< of answers to a request
  std::uint16_t fails_with = 0;                ///< every request, if not 0
  bool runs = true;                            ///< whether the new image comes up
  std::optional<random_stream> breaks;         ///< breaks responses off
  std::vector<std::unique_ptr<device>> devices;
  std::unique_ptr<cloud::campaign> rollout;
  std::uint64_t octets_sent = 0;
  unsigned requests = 0;
  time_point now{};

  ota_world(std::uint32_t count, cloud::campaign_rules rules,
            const updater_settings& settings = quiet())
      : settings_(settings) {
    rules.version = "2.0";
    rules.select.name = "rollout";
    std::vector<cloud::device_facts> facts;
    for (std::uint32_t i = 0; i < count; ++i) {
      auto& d = *devices.emplace_back(std::make_unique<device>());
      EXPECT_EQ(d.flash.loader.manufacture(old_image, "1.0"), hal::boot_step::done);
      facts.push_back({.device = i, .version = "", .online = false});
    }
    rollout = std::make_unique<cloud::campaign>(rules, facts);
  }

  /// Switches all on and lets things happen until nothing is left to, or `horizon` is past.
  void run(duration horizon = std::chrono::hours{24}) {
    for (std::uint32_t i = 0; i < devices.size(); ++i) {
      boot(i);
    }
    rollout->start(now);
    for (unsigned step = 0; pump(); ++step) {
      ASSERT_LT(step, 100'000U) << "it does not come to rest";
      const time_point next = next_timeout();
      if (next == never || next > time_point{} + horizon) {
        break;
      }
      now = std::max(now, next);
      handle_timeouts();
    }
  }

  [[nodiscard]] std::string_view version_of(std::uint32_t i) const {
    return devices[i]->machine == nullptr ? "" : devices[i]->machine->version();
  }
  /// What runs is one of the two images, whole, and the one it says it is.
  void expect_true_images() const {
    for (const auto& d : devices) {
      const auto record = d->flash.loader.record();
      ASSERT_TRUE(record);
      const auto version = record->slots[d->slot].version();
      ASSERT_TRUE(d->machine != nullptr && d->machine->version() == version);
      const auto& whole = version == "2.0" ? new_image : old_image;
      ASSERT_EQ(d->flash.slot(d->slot, whole.size()), whole);
    }
  }

private:
  void boot(std::uint32_t i) {
    device& d = *devices[i];
    d.back_at = never;
    d.flash.chip.power_on();
    hal::boot_outcome outcome = d.flash.loader.boot();
    for (int watchdog = 0; !runs && outcome.image.version() == "2.0"; ++watchdog) {
      ASSERT_LT(watchdog, 10);
      outcome = d.flash.loader.boot();
    }
    if (outcome.verdict == hal::boot_verdict::power_lost) {
      off(i);
      return;
    }
    ASSERT_TRUE(outcome.starts());
    d.slot = outcome.slot;
    d.machine = std::make_unique<updater>(settings_, d.board, std::string{outcome.image.version()},
                                          random_stream{1, i, "ota"});
    rollout->online(i, "", now);
    d.machine->connected(now);
    drain(i);
  }
  void off(std::uint32_t i) {
    device& d = *devices[i];
    d.cuts += d.flash.chip.powered() ? 0 : 1;
    d.machine.reset();
    d.fetch.reset();
    d.back_at = now + std::chrono::seconds{5};
    rollout->offline(i);
  }

  void drain(std::uint32_t i) {
    device& d = *devices[i];
    while (d.machine != nullptr) {
      if (!d.flash.chip.powered()) {
        off(i);
        return;
      }
      const auto next = d.machine->next_action();
      if (!next) {
        return;
      }
      std::visit([&](const auto& what) { act(i, what); }, *next);
    }
  }
  void say(std::uint32_t i, alink::topic_kind kind, byte_buffer& out) {
    uplink_.push_back({i, kind, std::string{as_text(out.view())}});
  }
  void act(std::uint32_t i, const action::say_version&) {
    byte_buffer out;
    alink::append_ota_version(out, 1, version_of(i), alink::ota_dialect::sdk_3);
    say(i, alink::topic_kind::ota_inform, out);
  }
  void act(std::uint32_t i, const action::confirm&) {
    (void)devices[i]->flash.loader.confirm(devices[i]->slot);
  }
  void act(std::uint32_t i, const action::ask&) {
    byte_buffer out;
    alink::append_ota_version(out, 1, version_of(i), alink::ota_dialect::sdk_3);
    say(i, alink::topic_kind::ota_request, out);
  }
  void act(std::uint32_t i, const action::say_progress& what) {
    byte_buffer out;
    alink::append_progress(out, 1, what.step, what.desc, alink::ota_dialect::sdk_3);
    say(i, alink::topic_kind::ota_progress, out);
  }
  void act(std::uint32_t i, const action::fetch& what) {
    devices[i]->fetch = what;
    devices[i]->url.assign(what.url);
  }
  void act(std::uint32_t, const action::follow&) { ADD_FAILURE() << "nobody redirects"; }
  void act(std::uint32_t i, const action::drop_fetch&) { devices[i]->fetch.reset(); }
  void act(std::uint32_t i, const action::reboot&) { off(i); }

  /// The platform's side of what a device said.
  void take(const message& m) {
    const alink::message said = alink::parse_message(json_, as_bytes(m.text));
    if (m.kind == alink::topic_kind::ota_progress) {
      const auto progress = alink::read_progress(said);
      ASSERT_EQ(progress.fault, alink::ota_fault::none);
      rollout->progressed(m.device, progress.step, now);
      return;
    }
    const auto version = alink::read_ota_version(said);
    ASSERT_EQ(version.fault, alink::ota_fault::none);
    if (m.kind == alink::topic_kind::ota_inform) {
      rollout->online(m.device, version.version, now);
    } else if (rollout->asked(m.device, now)) {
      offer(m.device, fresh_life_s);
    } else {
      byte_buffer out;
      alink::append_no_upgrade(out, 1);
      downlink_.push_back({m.device, m.kind, std::string{as_text(out.view())}});
    }
  }
  void offer(std::uint32_t i, std::int64_t life_s) {
    const std::string url = "https://cloud/fw/1?t=" + tokens_.issue({1, {}}, i, wall_s(), life_s);
    const std::string sign = truth.digest.hex();
    byte_buffer out;
    alink::append_upgrade(out, 1,
                          {.version = truth.version,
                           .size = truth.size,
                           .method = truth.digest.kind,
                           .sign = sign,
                           .url = url});
    downlink_.push_back({i, alink::topic_kind::ota_upgrade, std::string{as_text(out.view())}});
  }
  /// The device's side of what the platform said.
  void hear(const message& m) {
    device& d = *devices[m.device];
    if (d.machine == nullptr) {
      return; // lost with the session
    }
    const auto read = alink::read_upgrade(json_, as_bytes(m.text));
    if (read.fault == alink::ota_fault::nothing) {
      d.machine->nothing_offered();
    } else {
      ASSERT_EQ(read.fault, alink::ota_fault::none);
      d.machine->offered({.version = std::string{read.info.version},
                          .size = static_cast<std::uint32_t>(read.info.size),
                          .digest = *digest_from_hex(read.info.method, read.info.sign),
                          .url = std::string{read.info.url}},
                         now);
    }
    drain(m.device);
  }

  /// The firmware server's answer to one request, and how much of it goes out before it breaks off.
  void serve(const http::server_event::request_arrived& r, http::server_connection& on,
             byte_buffer& out) {
    ++requests;
    const auto judged = tokens_.judge({1, {}}, r.target.substr(r.target.find("t=") + 2), wall_s());
    if (judged.verdict != cloud::token_verdict::good || fails_with != 0) {
      const std::uint16_t status = fails_with != 0 ? fails_with : std::uint16_t{403};
      EXPECT_EQ(on.respond(status, {}, {}, now, out), http::write_error::none);
      return;
    }
    const auto range =
        http::judge_range(http::find_field(r.fields, "range").value_or(""), image.size());
    const std::string part =
        http::to_string(http::content_range{.part = range.octets, .total = image.size()});
    const http::field fields[] = {{"Content-Range", part}};
    const bool partial = range.answer == http::range_answer::part;
    EXPECT_EQ(on.respond_in_pieces(partial ? 206 : 200,
                                   partial ? http::fields_view{fields} : http::fields_view{},
                                   range.octets.length(), out),
              http::write_error::none);
    const auto body = bytes_view{image}.subspan(range.octets.first, range.octets.length());
    for (std::size_t at = 0; at < body.size(); at += 200) {
      on.supply(body.subspan(at, std::min<std::size_t>(200, body.size() - at)), out);
    }
    on.finish(now, out);
    octets_sent += body.size();
  }
  /// One fetch from request to end, octets in slices; the device may drop it or lose its power.
  void download(std::uint32_t i) {
    device& d = *devices[i];
    const auto where = http::parse_url(d.url);
    ASSERT_TRUE(where.ok());
    const std::string range = http::range_from(d.fetch->range_from.value_or(0));
    const http::field fields[] = {{"Range", range}};
    http::client client{client_limits_};
    http::server_connection server{server_limits_, now};
    byte_buffer asked;
    byte_buffer answer;
    client.start();
    ASSERT_EQ(client.send(
                  {.target = where.value().target,
                   .host = http::authority(where.value()),
                   .fields = d.fetch->range_from ? http::fields_view{fields} : http::fields_view{}},
                  http::delivery::pieces, now, asked),
              http::write_error::none);
    server.receive(asked.view(), now);
    while (const auto event = server.next_event(answer)) {
      serve(std::get<http::server_event::request_arrived>(*event), server, answer);
    }
    std::size_t left = breaks ? breaks->below(2 * answer.size()) : answer.size();
    for (; d.fetch && left > 0 && !answer.empty();) {
      const auto slice = answer.view().first(std::min<std::size_t>({97, left, answer.size()}));
      client.receive(slice, now);
      tell(i, client);
      left -= slice.size();
      answer.consume(slice.size());
    }
    client.closed();
    tell(i, client);
    d.fetch.reset();
  }
  void tell(std::uint32_t i, http::client& from) {
    device& d = *devices[i];
    while (const auto event = from.next_event()) {
      if (d.machine == nullptr || !d.fetch) {
        continue;
      }
      if (const auto* h = std::get_if<http::client_event::head_arrived>(&*event)) {
        const auto range =
            http::parse_content_range(http::find_field(h->fields, "content-range").value_or(""));
        response_head head{.status = h->status, .length = h->length};
        if (range && range->part) {
          head.range_first = range->part->first;
          head.range_total = range->total;
        }
        d.machine->head(head, now);
      } else if (const auto* b = std::get_if<http::client_event::body_arrived>(&*event)) {
        d.machine->body(b->octets, now);
      } else if (std::holds_alternative<http::client_event::response_finished>(*event)) {
        d.fetch.reset();
        d.machine->body_ended(now);
      } else {
        d.fetch.reset();
        d.machine->fetch_failed(now);
      }
      drain(i);
    }
  }

  /// Carries what is under way to its end; true, so that it may stand in a condition.
  bool pump() {
    for (bool more = true; more;) {
      more = false;
      while (const auto event = rollout->next_event()) {
        if (const auto* o = std::get_if<cloud::campaign_event::offer>(&*event)) {
          offer(o->device, token_life_s);
        }
      }
      for (auto* const way : {&uplink_, &downlink_}) {
        while (!way->empty()) {
          const message m = way->front();
          way->pop_front();
          way == &uplink_ ? take(m) : hear(m);
          more = true;
        }
      }
      for (std::uint32_t i = 0; i < devices.size() && !more; ++i) {
        if (devices[i]->fetch) {
          download(i);
          more = true;
        }
      }
    }
    return !testing::Test::HasFatalFailure();
  }
  [[nodiscard]] time_point next_timeout() const {
    time_point next = rollout->next_timeout();
    for (const auto& d : devices) {
      next = std::min({next, d->back_at, d->machine ? d->machine->next_timeout() : never});
    }
    return next;
  }
  void handle_timeouts() {
    for (std::uint32_t i = 0; i < devices.size(); ++i) {
      if (devices[i]->back_at <= now) {
        boot(i);
      } else if (devices[i]->machine != nullptr) {
        devices[i]->machine->handle_timeout(now);
        drain(i);
      }
    }
    rollout->handle_timeout(now);
  }
  [[nodiscard]] std::int64_t wall_s() const {
    return 1'700'000'000
           + std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  }

  updater_settings settings_;
  cloud::firmware_tokens tokens_{"key"};
  http::client_limits client_limits_;
  http::server_limits server_limits_;
  json_reader json_;
  std::deque<message> uplink_;
  std::deque<message> downlink_;
};

} // namespace fleet::ota
