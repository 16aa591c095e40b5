// Offers, the updater's actions as messages and requests, and the sample's words.
#include "fleet/hand/ota_sample.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "fleet/text/quantities.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

using actors::fetch_trouble;
using alink::ota_dialect;
using alink::topic_kind;

/// As V2.10 has it (§14.3): no ranges, one attempt, messages in pairs; the sample leaves after it.
const ota::updater_settings& settings() {
  static const ota::updater_settings one = [] {
    ota::updater_settings s;
    s.style = ota::progress_style::pairs;
    s.resume = false;
    s.attempts_max = 1;
    s.patience = duration{0};
    s.renewals_max = 0;
    s.reboot_after = duration{0};
    return s;
  }();
  return one;
}

std::string_view text_of(alink::ota_fault fault) noexcept {
  using alink::ota_fault;
  switch (fault) {
    case ota_fault::none: return "";
    case ota_fault::nothing: return "it offers nothing";
    case ota_fault::refused: return "its code or message is not success";
    case ota_fault::shape: return "a field is missing, twice there, or of the wrong type";
    case ota_fault::version: return "its version is empty, too long, or no text";
    case ota_fault::module: return "its module is too long";
    case ota_fault::size: return "its size is not 1 octet to 256 MiB";
    case ota_fault::digest: return "its digest is unknown, or not of its length";
    case ota_fault::url: return "its url is too long, or of a scheme that is not taken here";
    case ota_fault::unsupported: return "it is a difference to another image, or several files";
    case ota_fault::step: return "it is no offer";
  }
  FLEET_CHECK(false);
}

/// An address for people: what stands behind `?` lets whoever reads it in.
std::string shown(const http::url& where) {
  std::string out = http::to_string(where);
  const auto query = out.find('?');
  return query == std::string::npos ? out : out.substr(0, query) + "?***";
}

} // namespace

ota_sample::ota_sample(ota_setup setup, hal::home& home, ota_host& host, random_stream chance)
    : setup_(std::move(setup)), home_(home), host_(host), file_(setup_.save_file),
      updater_(settings(), file_, setup_.version, chance),
      fetch_({.home = home, .plan = setup_.downloads, .turns = this}, *this) {}

void ota_sample::connected() {
  updater_.connected(home_.now());
  act();
  if (!busy()) {
    note("wait ota upgrade command....");
  }
}

void ota_sample::offered(bytes_view payload) {
  if (over_) {
    return;
  }
  const auto offer = alink::read_upgrade(json_, payload, {.http_too = setup_.downloads.http_too});
  if (offer.fault != alink::ota_fault::none) {
    trouble(fmt::format("the offer cannot be taken: {}", text_of(offer.fault)));
    return;
  }
  const auto& info = offer.info;
  if (!info.module.empty() && info.module != "default") {
    note(fmt::format("an offer for the module {}, which this device does not have", info.module));
    return;
  }
  ota::firmware f;
  f.version = info.version;
  f.size = static_cast<std::uint32_t>(info.size);
  f.url = info.url;
  std::erase(f.url, '\\'); // of slashes, and nothing else has one
  const auto digest = digest_from_hex(info.method, info.sign);
  FLEET_CHECK(digest.has_value()); // read_upgrade() lets no other through
  f.digest = *digest;
  note(fmt::format("an upgrade is offered: version {}, {}, {} {}", f.version,
                   text::format_size(f.size), info.method == content_digest::md5 ? "md5" : "sha256",
                   f.digest.hex()));
  if (f.version == updater_.version()) {
    note("that is what runs; its version is reported once more");
  } else if (!busy()) {
    file_.expect(info.method);
    wanted_ = f;
    writing_ = false;
    judged_ = false;
  } else if (!f.same_as(wanted_)) {
    note("a download is under way; the offer is passed over");
    return;
  }
  updater_.offered(f, home_.now());
  act();
}

void ota_sample::give_part_turn() {
  fetch_.take_turn();
  host_.turn_over();
}

void ota_sample::handle_timeout() {
  if (fetch_.next_timeout() <= home_.now()) {
    fetch_.handle_timeout();
  }
  if (updater_.next_timeout() <= home_.now()) {
    updater_.handle_timeout(home_.now());
    act();
  }
}

time_point ota_sample::next_timeout() const noexcept {
  return over_ ? never : std::min(fetch_.next_timeout(), updater_.next_timeout());
}

void ota_sample::stop() noexcept {
  over_ = true;
  awaited_host_.clear();
  fetch_.drop();
  file_.drop();
}

void ota_sample::act() {
  while (!over_) {
    const auto next = updater_.next_action();
    if (!next) {
      break;
    }
    std::visit([this](const auto& what) { act(what); }, *next);
  }
  if (!over_ && failed()) {
    if (!file_.complaint().empty()) {
      trouble(file_.complaint());
    }
    trouble("the upgrade failed: " + failure_);
    stop();
    host_.sample_over();
  }
}

void ota_sample::act(const ota::action::say_version&) {
  payload_.clear();
  alink::append_ota_version(payload_, 0, updater_.version(), ota_dialect::sdk_2_10);
  (void)host_.publish(topics_->system(topic_kind::ota_inform), as_text(payload_.view()),
                      mqtt::qos::at_least_once);
}

void ota_sample::act(const ota::action::say_progress& what) {
  if (what.step < 0) {
    failure_ = fmt::format("step {}, {}", what.step, what.desc.value_or("no reason"));
  }
  payload_.clear();
  alink::append_progress(payload_, 0, what.step, what.desc, ota_dialect::sdk_2_10);
  (void)host_.publish(topics_->system(topic_kind::ota_progress), as_text(payload_.view()),
                      mqtt::qos::at_most_once);
}

void ota_sample::act(const ota::action::fetch& what) {
  const auto where = http::parse_url(what.url);
  if (!where) {
    on_fetch_failed(fetch_trouble::broken, http::to_string(where.error()));
    return;
  }
  go(where.value());
}

void ota_sample::act(const ota::action::follow& what) {
  const auto where = http::resolve(where_, what.location);
  const bool worse = where && where_.secure && !where.value().secure;
  if (!where || worse) {
    fetch_.drop();
    on_fetch_failed(fetch_trouble::broken,
                    worse ? "the server leads from https to http" : http::to_string(where.error()));
    return;
  }
  go(where.value());
}

void ota_sample::act(const ota::action::drop_fetch&) {
  awaited_host_.clear();
  fetch_.drop();
}

/// The sample's end: a person starts it again, and it reports the new version then.
void ota_sample::act(const ota::action::reboot&) {
  keep_version();
  stop();
  host_.sample_over();
}

void ota_sample::go(const http::url& where) {
  where_ = where;
  fetch_.drop();
  if (actors::image_fetch::find(setup_.downloads, where)) {
    open(where);
    return;
  }
  awaited_host_ = where.host;
  host_.look_up(awaited_host_);
}

void ota_sample::open(const http::url& where) {
  note("GET " + shown(where));
  fetch_.open(http::to_string(where), std::nullopt);
}

void ota_sample::found(const std::string& host, const result<hal::address, std::string>& at) {
  if (over_ || host != awaited_host_) {
    return;
  }
  awaited_host_.clear();
  if (!at) {
    on_fetch_failed(fetch_trouble::away, at.error());
    return;
  }
  note(fmt::format("{} is at {}", host, at.value().text()));
  setup_.downloads.hosts.push_back({host, at.value()});
  open(where_);
}

void ota_sample::on_head(const actors::fetch_head& head) {
  note(head.length ? fmt::format("HTTP {}, {}", head.status, text::format_size(*head.length))
                   : fmt::format("HTTP {}", head.status));
  updater_.head({.status = head.status,
                 .length = head.length,
                 .range_first = head.range_first,
                 .range_total = head.range_total,
                 .location = head.location},
                home_.now());
  act();
}

void ota_sample::on_body(bytes_view octets) {
  if (!std::exchange(writing_, true)) {
    note("Here write OTA data to file....");
  }
  updater_.body(octets, home_.now());
  act();
}

/// Whether all octets came and are what was offered, in the sample's words; false: they did not
/// all come.
bool ota_sample::judge() {
  if (!writing_ || file_.written() != wanted_.size || std::exchange(judged_, true)) {
    return judged_;
  }
  const digest_value now = file_.digest();
  note(fmt::format("origin={}, now={}", wanted_.digest.hex(), now.hex()));
  if (now != wanted_.digest) {
    trouble("The firmware is invalid");
  }
  return true;
}

void ota_sample::praise() {
  if (updater_.phase() == ota::update_phase::staged) {
    note("The firmware is valid! Download firmware successfully.");
    note("OTA FW version: " + wanted_.version);
  }
}

void ota_sample::on_body_end() {
  (void)judge();
  updater_.body_ended(home_.now());
  act();
  praise();
}

/// Away or not: a sample does not wait for anybody.
void ota_sample::on_fetch_failed(fetch_trouble, std::string_view why) {
  if (!judge()) { // else only the end of the answer is missing
    trouble(fmt::format("the download failed: {}", why));
  }
  updater_.fetch_failed(home_.now());
  act();
  praise();
}

void ota_sample::keep_version() {
  if (!setup_.save_file.empty()) {
    note("the image is in " + setup_.save_file);
  }
  if (setup_.version_file.empty()) {
    note("start it again with --firmware-version " + wanted_.version
         + ", and the cloud sees that it succeeded");
    return;
  }
  std::FILE* const file = std::fopen(setup_.version_file.c_str(), "wb");
  const std::string line = wanted_.version + "\n";
  const bool written = file != nullptr && std::fputs(line.c_str(), file) >= 0;
  if (file == nullptr || std::fclose(file) != 0 || !written) {
    trouble(setup_.version_file + " cannot be written; start again with --firmware-version "
            + wanted_.version);
    return;
  }
  note("start it again, and the cloud sees that it succeeded");
}

} // namespace fleet::program
