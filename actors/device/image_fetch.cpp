// The link's events wait for the device's turn; there the HTTP client machine takes them.
#include "actors/device/image_fetch.hpp"

#include <array>
#include <utility>
#include <variant>

#include "protocol/http/range.hpp"

namespace fleet::actors {

namespace {

/// Owners bound their waits more closely; these bounds are for servers that only pretend to talk.
const http::client_limits& limits() {
  static const http::client_limits one{.read = {.head_max = fetch_head_max},
                                       .response_deadline = fetch_idle_max,
                                       .idle_deadline = fetch_idle_max};
  return one;
}

/// Without the brackets of an IPv6 address.
std::string_view bare(std::string_view host) noexcept {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

} // namespace

bool fetch_head::redirects() const noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

image_fetch::image_fetch(const fetch_place& at, fetch_events& owner)
    : at_(at), owner_(&owner), link_(at.home) {}

image_fetch::~image_fetch() = default;

std::optional<hal::address> image_fetch::find(const fetch_plan& plan, const http::url& where) {
  for (const known_host& known : plan.hosts) {
    if (http::same_word(known.name, bare(where.host))) {
      hal::address at = known.at;
      at.port = where.port;
      return at;
    }
  }
  const auto literal = hal::parse_address(where.host + ":" + std::to_string(where.port));
  return literal ? std::optional{literal.value()} : std::nullopt;
}

void image_fetch::open(std::string_view url, std::optional<std::uint64_t> range_from) {
  drop();
  const auto where = http::parse_url(url);
  if (!where) {
    doom(http::to_string(where.error()));
    return;
  }
  go(where.value(), range_from);
}

void image_fetch::follow(std::string_view location, std::optional<std::uint64_t> range_from) {
  const auto where = http::resolve(where_, location);
  drop();
  if (!where) {
    doom(http::to_string(where.error()));
  } else if (where_.secure && !where.value().secure) {
    doom("the server leads from https to http");
  } else {
    go(where.value(), range_from);
  }
}

void image_fetch::go(const http::url& where, std::optional<std::uint64_t> range_from) {
  where_ = where;
  range_from_ = range_from;
  if (where.secure ? at_.plan.security == nullptr : !at_.plan.http_too) {
    doom(where.secure ? "the device has no TLS for downloads"
                      : "the device does not download over plain HTTP");
    return;
  }
  const auto peer = find(at_.plan, where);
  if (!peer) {
    doom("nobody knows where " + where.host + " is");
    return;
  }
  ++opened_;
  state_ = state::connecting;
  hal::connect_options options;
  options.peer = *peer;
  options.kind = at_.link;
  options.timeout = at_.plan.connect_timeout;
  options.security = where.secure ? at_.plan.security : nullptr;
  options.server_name = bare(where_.host);
  options.origin = at_.origin;
  if (at_.beside != nullptr) {
    link_.open_beside(*at_.beside, options, *this);
  } else {
    link_.open(options, *this);
  }
}

void image_fetch::doom(std::string_view why) {
  ++opened_;
  state_ = state::doomed;
  why_ = why;
}

void image_fetch::drop() noexcept {
  link_.drop();
  client_.reset();
  arrived_ = {};
  why_.clear();
  state_ = state::idle;
  connected_ = false;
  closed_ = false;
}

void image_fetch::want_turn() {
  if (at_.turns != nullptr) {
    at_.turns->give_part_turn();
  } else {
    take_turn();
  }
}

// After each of these turns this fetch may be gone.
void image_fetch::on_connected() {
  connected_ = true;
  want_turn();
}

void image_fetch::on_received(bytes_view bytes) {
  arrived_ = bytes;
  want_turn();
}

void image_fetch::on_closed(hal::close_reason reason, std::string_view detail) {
  std::string why{hal::to_string(reason)};
  if (!detail.empty()) {
    why.append(": ").append(detail);
  }
  if (reason == hal::close_reason::tls_failed && client_ == nullptr) {
    doom(why); // somebody is there, and its certificate will not be another one for waiting
  } else {
    closed_ = true;
    why_ = std::move(why);
  }
  want_turn();
}

void image_fetch::take_turn() {
  if (std::exchange(connected_, false) && state_ == state::connecting) {
    ask();
  }
  const bytes_view arrived = std::exchange(arrived_, bytes_view{});
  if (client_ != nullptr && !arrived.empty()) {
    client_->receive(arrived, at_.home.now());
    drain();
  }
  if (std::exchange(closed_, false) && state_ != state::idle) {
    if (client_ == nullptr) {
      fail(fetch_trouble::away, why_);
      return;
    }
    client_->closed();
    drain();
  }
}

void image_fetch::ask() {
  client_ = std::make_unique<http::client>(limits());
  client_->start();
  const std::string range = http::range_from(range_from_.value_or(0));
  const std::array<http::field, 3> fields{
      {{"Accept", "*/*"}, {"Connection", "close"}, {"Range", range}}};
  const auto wanted = http::fields_view{fields}.first(range_from_ ? 3 : 2);
  const std::string host = http::authority(where_);
  state_ = state::asked;
  if (client_->send({.target = where_.target, .host = host, .fields = wanted},
                    http::delivery::pieces, at_.home.now(), link_.output())
      != http::write_error::none) {
    fail(fetch_trouble::broken, "the request cannot be written");
  }
}

void image_fetch::drain() {
  const std::uint32_t of = opened_;
  while (state_ == state::asked && opened_ == of) {
    const auto event = client_->next_event();
    if (!event) {
      return;
    }
    tell(*event);
  }
}

void image_fetch::tell(const http::client_event_variant& event) {
  if (const auto* const head = std::get_if<http::client_event::head_arrived>(&event)) {
    fetch_head said{.status = head->status, .length = head->length};
    const auto range =
        http::parse_content_range(http::find_field(head->fields, "content-range").value_or(""));
    if (range && range->part) {
      said.range_first = range->part->first;
      said.range_total = range->total;
    }
    said.location = http::find_field(head->fields, "location").value_or("");
    owner_->on_head(said);
  } else if (const auto* const piece = std::get_if<http::client_event::body_arrived>(&event)) {
    owner_->on_body(piece->octets);
  } else if (const auto* const bad = std::get_if<http::client_event::failed>(&event)) {
    fail(bad->answered ? fetch_trouble::broken : fetch_trouble::away, http::to_string(bad->why));
  } else {
    drop();
    owner_->on_body_end();
  }
}

void image_fetch::fail(fetch_trouble what, std::string_view why) {
  const std::string kept{why};
  drop();
  owner_->on_fetch_failed(what, kept);
}

void image_fetch::handle_timeout() {
  if (state_ == state::doomed) {
    fail(fetch_trouble::broken, why_);
  } else if (client_ != nullptr && client_->next_timeout() <= at_.home.now()) {
    client_->handle_timeout(at_.home.now());
    drain();
  }
}

time_point image_fetch::next_timeout() const noexcept {
  if (state_ == state::doomed) {
    return at_.home.now();
  }
  return client_ == nullptr ? never : client_->next_timeout();
}

std::size_t image_fetch::memory_bytes() const noexcept {
  return sizeof *this + where_.host.capacity() + where_.target.capacity() + why_.capacity()
         + (client_ == nullptr ? 0 : sizeof(http::client) + client_->memory_bytes());
}

} // namespace fleet::actors
