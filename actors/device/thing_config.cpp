// Fetching a configuration, judging it, and telling the platform.
#include "actors/device/thing_config.hpp"

#include <algorithm>

#include "actors/device/device.hpp"

namespace fleet::actors {

namespace {

constexpr std::string_view config_key = "config.id";

content_digest kind_of(alink::config_digest method) noexcept {
  return method == alink::config_digest::md5 ? content_digest::md5 : content_digest::sha256;
}

std::string plain(std::string_view url) {
  std::string out{url};
  std::erase(out, '\\');
  return out;
}

} // namespace

thing::config_job::config_job(thing& whose, const alink::config_info& info, digest_value expected)
    : of(whose), fetch({*whose.around_.home, whose.product_.fetch, whose.product_.link,
                        whose.slot_.board.index(), whose.turns_, &whose.slot_.board.link},
                       *this),
      hash(expected.kind), wanted(expected), id(info.config_id),
      size(static_cast<std::uint64_t>(info.size)),
      due(later(whose.now(), config_patience(whose.product_.link))) {}

void thing::config_job::begin(std::string_view from) {
  ram_lent = of.slot_.board.memory.take(size);
  if (ram_lent) {
    url = plain(from);
    fetch.open(url, std::nullopt);
  } else {
    end(false);
  }
}

void thing::config_job::on_head(const fetch_head& head) {
  if (head.redirects() && !head.location.empty() && ++redirects <= config_redirects_max) {
    fetch.follow(head.location, std::nullopt);
  } else if (head.status >= 500) {
    try_again();
  } else if (head.status != 200 || head.length.value_or(size) != size) {
    end(false);
  } else {
    answered = true;
  }
}

void thing::config_job::on_body(bytes_view octets) {
  received += octets.size();
  if (received > size) {
    end(false);
  } else {
    hash.add(octets);
  }
}

void thing::config_job::on_body_end() {
  end(received == size && hash.finish() == wanted);
}

/// What no fetch is possible of is given up; what came in part may come wholly.
void thing::config_job::on_fetch_failed(fetch_trouble what, std::string_view) {
  if (what == fetch_trouble::away || answered) {
    try_again();
  } else {
    end(false);
  }
}

void thing::config_job::try_again() {
  fetch.drop();
  hash.restart();
  received = 0;
  redirects = 0;
  answered = false;
  again_at = later(of.now(), of.jitter_.between(wait / 2, wait));
  wait = std::min(2 * wait, config_wait_most);
}

void thing::config_job::let_go() {
  over = true;
  fetch.drop();
  if (ram_lent) {
    of.slot_.board.memory.give(size);
  }
}

void thing::config_job::end(bool good) {
  if (!over) {
    let_go();
    of.end_config(good);
  }
}

void thing::config_job::give_way() {
  if (!over) {
    let_go();
    of.answer_config(push_qos, push_id, alink::code_request_error);
  }
}

void thing::config_job::handle_timeout() {
  if (fetch.next_timeout() <= of.now()) {
    fetch.handle_timeout();
  }
  if (due <= of.now()) {
    end(false);
  } else if (!over && again_at <= of.now()) {
    again_at = never;
    fetch.open(url, std::nullopt);
  }
}

time_point thing::config_job::next_timeout() const noexcept {
  return over ? never : std::min({due, again_at, fetch.next_timeout()});
}

std::size_t thing::config_job::memory_bytes() const noexcept {
  return sizeof *this - sizeof fetch + fetch.memory_bytes() + url.capacity() + id.capacity()
         + push_id.capacity();
}

alink::config_transport thing::config_transport() const noexcept {
  return product_.security == nullptr || product_.fetch.http_too
             ? alink::config_transport::http_too
             : alink::config_transport::https_only;
}

/// Where files can be fetched a configuration is taken once it is there and right; elsewhere what
/// can be believed is taken note of at once.
void thing::take_config(const alink::config_offer& offer, std::string_view push_id,
                        mqtt::qos push_qos) {
  if (offer.fault != alink::config_fault::none) {
    bump(counts().configs_failed);
    answer_config(push_qos, push_id, offer.code);
    return;
  }
  bump(counts().configs_offered);
  const auto digest = digest_from_hex(kind_of(offer.info.method), offer.info.sign);
  const auto& plan = product_.fetch;
  if (turns_ == nullptr || (plan.security == nullptr && !plan.http_too) || !digest) {
    bump(counts().configs_received);
    (void)slot_.board.kv.put(config_key, as_bytes(offer.info.config_id));
    answer_config(push_qos, push_id, alink::code_success);
    return;
  }
  if (config_) {
    config_->give_way(); // the newer one counts
  }
  config_ = std::make_unique<config_job>(*this, offer.info, *digest);
  config_->push_id = push_id;
  config_->push_qos = push_qos;
  config_->begin(offer.info.url);
  if (config_->over) {
    config_.reset();
  }
}

void thing::end_config(bool good) {
  if (good) {
    bump(counts().configs_fetched);
    bump(counts().configs_received);
    (void)slot_.board.kv.put(config_key, as_bytes(config_->id));
  } else {
    bump(counts().configs_failed);
  }
  answer_config(config_->push_qos, config_->push_id,
                good ? alink::code_success : alink::code_request_error);
}

/// The 2018 SDK has its own way of saying that it cannot (§14.6).
void thing::answer_config(mqtt::qos asked, std::string_view raw_id, int code) {
  if (raw_id.empty()) {
    return; // nobody waits, or could tell what it answers (§23)
  }
  auto& out = fresh_payload();
  if (product_.behaviour != behaviour::sdk || code == alink::code_success) {
    alink::append_reply(out, {.raw_id = raw_id, .code = code});
  } else {
    alink::append_config_push_failure_v210(out, raw_id);
  }
  auto where = plain_topic(alink::topic_kind::config_push);
  where.reply = true;
  (void)send(where, std::min(asked, mqtt::qos::at_least_once));
}

void thing::part_turn() {
  if (config_ && !config_->over) {
    config_->fetch.take_turn();
  }
  if (config_ && config_->over) {
    config_.reset();
  }
}

} // namespace fleet::actors
