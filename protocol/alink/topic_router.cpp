// Routes, walked in the order of their serials; the shared ones have those from 0 on.
#include "protocol/alink/topic_router.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::alink {

namespace {

constexpr std::string_view product_mark = "{productKey}";
constexpr std::string_view device_mark = "{deviceName}";

/// Takes the next level off; answers whether there was another one behind it.
bool take(std::string_view& text, std::string_view& level) noexcept {
  const std::size_t slash = text.find('/');
  level = text.substr(0, slash);
  text = slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
  return slash != std::string_view::npos;
}

std::string_view meant(std::string_view level, const own_names& names) noexcept {
  return level == product_mark  ? names.product_key
         : level == device_mark ? names.device_name
                                : level;
}

bool is(const route& r, std::string_view filter, handler_token token) noexcept {
  return r.token == token && r.filter == filter;
}

bool is_masked(std::uint64_t mask, std::size_t index) noexcept {
  return (mask >> index & 1U) != 0;
}

} // namespace

bool valid_route(std::string_view filter) noexcept {
  if (filter.empty() || filter.size() > max_filter || filter.front() != '/'
      || std::any_of(filter.begin(), filter.end(), [](char c) { return c < 32 || c > 126; })) {
    return false;
  }
  bool more = true;
  while (more) {
    std::string_view level;
    more = take(filter, level);
    const bool wild = level.find_first_of("+#") != std::string_view::npos;
    if (wild && (level.size() != 1 || (level == "#" && more))) {
      return false;
    }
  }
  return true;
}

bool route_matches(std::string_view filter, std::string_view topic,
                   const own_names& names) noexcept {
  while (true) {
    std::string_view wanted;
    std::string_view level;
    const bool filter_goes_on = take(filter, wanted);
    if (wanted == "#") {
      return true;
    }
    const bool topic_goes_on = take(topic, level);
    if (wanted != "+" && meant(wanted, names) != level) {
      return false;
    }
    if (!filter_goes_on || !topic_goes_on) {
      return filter_goes_on == topic_goes_on || (filter_goes_on && filter == "#");
    }
  }
}

result<bool, route_error> route_table::add(std::string_view filter, handler_token token,
                                           std::uint8_t qos) {
  if (!valid_route(filter)) {
    return fail(route_error::bad_filter);
  }
  if (std::any_of(routes_.begin(), routes_.end(),
                  [&](const route& r) { return is(r, filter, token); })) {
    return false;
  }
  if (routes_.size() >= max_base_routes) {
    return fail(route_error::full);
  }
  routes_.push_back({std::string{filter}, token, qos, routes_.size()});
  return true;
}

route_cursor::route_cursor(const topic_router& router, std::string_view topic,
                           const own_names& names) noexcept
    : router_(&router), topic_(topic), names_(names), masked_(router.masked_),
      end_(router.next_serial_) {}

std::optional<handler_token> route_cursor::next() noexcept {
  const auto* const base = router_->base_ == nullptr ? nullptr : &router_->base_->routes();
  while (base != nullptr && at_ < base->size()) {
    const std::size_t index = at_++;
    const route& r = (*base)[index];
    if (!is_masked(masked_ | router_->masked_, index) && route_matches(r.filter, topic_, names_)) {
      return r.token;
    }
  }
  at_ = std::max<std::uint64_t>(at_, max_base_routes);
  const auto& own = router_->own_;
  auto r = std::lower_bound(own.begin(), own.end(), at_,
                            [](const route& x, std::uint64_t serial) { return x.serial < serial; });
  for (; r != own.end() && r->serial < end_; ++r) {
    if (route_matches(r->filter, topic_, names_)) {
      at_ = r->serial + 1;
      return r->token;
    }
  }
  at_ = end_;
  return std::nullopt;
}

std::optional<std::size_t> topic_router::base_index(std::string_view filter,
                                                    handler_token token) const noexcept {
  if (base_ != nullptr) {
    const auto& routes = base_->routes();
    for (std::size_t i = 0; i < routes.size(); ++i) {
      if (is(routes[i], filter, token)) {
        return i;
      }
    }
  }
  return std::nullopt;
}

std::size_t topic_router::size() const noexcept {
  std::size_t count = own_.size();
  for (std::size_t i = 0; base_ != nullptr && i < base_->routes().size(); ++i) {
    count += is_masked(masked_, i) ? 0 : 1;
  }
  return count;
}

const route* topic_router::live(std::size_t n) const noexcept {
  for (std::size_t i = 0; base_ != nullptr && i < base_->routes().size(); ++i) {
    if (!is_masked(masked_, i) && n-- == 0) {
      return &base_->routes()[i];
    }
  }
  FLEET_CHECK(n < own_.size());
  return &own_[n];
}

bool topic_router::wanted(std::string_view filter) const noexcept {
  const std::size_t count = size();
  for (std::size_t n = 0; n < count; ++n) {
    if (live(n)->filter == filter) {
      return true;
    }
  }
  return false;
}

result<bool, route_error> topic_router::add(std::string_view filter, handler_token token,
                                            std::uint8_t qos) {
  if (!valid_route(filter)) {
    return fail(route_error::bad_filter);
  }
  const auto shared = base_index(filter, token);
  if (shared ? !is_masked(masked_, *shared)
             : std::any_of(own_.begin(), own_.end(),
                           [&](const route& r) { return is(r, filter, token); })) {
    return false;
  }
  if (size() >= max_routes) {
    return fail(route_error::full);
  }
  const bool first = !wanted(filter);
  if (shared) {
    masked_ &= ~(1ULL << *shared);
  } else {
    own_.push_back({std::string{filter}, token, qos, next_serial_++});
  }
  return first;
}

route_removal topic_router::remove(std::string_view filter, handler_token token) {
  const auto shared = base_index(filter, token);
  if (shared && !is_masked(masked_, *shared)) {
    masked_ |= 1ULL << *shared;
    return wanted(filter) ? route_removal::removed : route_removal::last;
  }
  const auto found =
      std::find_if(own_.begin(), own_.end(), [&](const route& r) { return is(r, filter, token); });
  if (found == own_.end()) {
    return route_removal::unknown;
  }
  // `filter` may be the very text that goes.
  const std::string gone = std::move(found->filter);
  own_.erase(found);
  if (own_.empty()) {
    std::vector<route>{}.swap(own_);
  }
  return wanted(gone) ? route_removal::removed : route_removal::last;
}

std::optional<std::uint8_t> topic_router::append_filter(byte_buffer& out, std::size_t n,
                                                        const own_names& names) const {
  const route* const r = live(n);
  for (std::size_t before = 0; before < n; ++before) {
    if (live(before)->filter == r->filter) {
      return std::nullopt;
    }
  }
  std::string_view rest = r->filter;
  for (bool more = true; more;) {
    std::string_view level;
    more = take(rest, level);
    out.append(meant(level, names));
    out.append(std::string_view{more ? "/" : ""});
  }
  return r->qos;
}

std::size_t topic_router::memory_bytes() const noexcept {
  std::size_t octets = own_.capacity() * sizeof(route);
  for (const route& r : own_) {
    octets += r.filter.capacity() > std::string{}.capacity() ? r.filter.capacity() + 1 : 0;
  }
  return octets;
}

std::string cmp_filter(uri_kind kind, std::string_view uri) {
  std::string out;
  switch (kind) {
    case uri_kind::system:
      out.append("/sys/").append(product_mark).append("/").append(device_mark).append("/");
      break;
    case uri_kind::ext: out = "/ext/"; break;
    case uri_kind::verbatim: break;
  }
  return out.append(uri);
}

} // namespace fleet::alink
