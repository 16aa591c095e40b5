// Records by index, in pages made on first use.
#include "cloud_sim/registry.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "cloud_sim/platform_client.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/random.hpp"

namespace fleet::cloud {

namespace {
std::string name_of(std::string_view product_key, std::string_view device_name) {
  std::string out{product_key};
  out.append("/").append(device_name);
  return out;
}
} // namespace

std::size_t registry::text_hash::operator()(std::string_view text) const noexcept {
  return static_cast<std::size_t>(hash_text(text));
}

registry::registry(const alink::credential_source& source, std::uint32_t devices_max)
    : source_(source), devices_max_(devices_max), base_(std::min(source.count(), devices_max)) {}

registry::~registry() = default;

std::optional<std::uint32_t> registry::find(std::string_view product_key,
                                            std::string_view device_name) const {
  constexpr std::string_view forbidden = "/+#";
  if (product_key.find_first_of(forbidden) != std::string_view::npos
      || device_name.find_first_of(forbidden) != std::string_view::npos) {
    return std::nullopt;
  }
  if (!by_name_.empty()) {
    const auto mine = by_name_.find(name_of(product_key, device_name));
    if (mine != by_name_.end()) {
      return mine->second;
    }
  }
  const auto index = source_.find(product_key, device_name);
  return index && knows(*index) ? index : std::nullopt;
}

alink::identity registry::identity_of(std::uint32_t device) const {
  return device < base_ ? source_.at(device) : added_[device - base_];
}

std::optional<std::uint32_t> registry::add(alink::identity who) {
  FLEET_CHECK(!find(who.product_key, who.device_name));
  const auto room = std::numeric_limits<std::uint32_t>::max() - base_;
  if (added_.size() >= std::min(devices_max_, room)) {
    return std::nullopt;
  }
  const auto index = base_ + static_cast<std::uint32_t>(added_.size());
  by_name_.emplace(name_of(who.product_key, who.device_name), index);
  added_.push_back(std::move(who));
  open(index);
  return index;
}

void registry::remove(std::uint32_t device) {
  const auto who = identity_of(device);
  auto& r = open(device);
  FLEET_CHECK(r.client == nullptr);
  r = record{};
  r.deleted = true;
  ++removals_;
  if (added(device)) {
    by_name_.erase(name_of(who.product_key, who.device_name));
  }
}

std::uint32_t registry::last_online_s(std::uint32_t device) const noexcept {
  const auto* const r = look(device);
  return r == nullptr ? 0 : r->last_online_s;
}

bool registry::seen(std::uint32_t device) const noexcept {
  const auto* const r = look(device);
  return r != nullptr && r->seen;
}

bool registry::note_online(std::uint32_t device, std::int64_t wall_ms) {
  auto& r = open(device);
  const auto at = std::clamp<std::int64_t>(wall_ms / 1000, 0, UINT32_MAX);
  r.last_online_s = static_cast<std::uint32_t>(at);
  return !std::exchange(r.seen, true);
}

bool registry::finite() const noexcept {
  return source_.count() <= devices_max_;
}

std::optional<std::uint32_t> registry::next(std::uint32_t from) const noexcept {
  const auto end = base_ + static_cast<std::uint32_t>(added_.size());
  for (std::uint32_t device = from; device < end; ++device) {
    const auto* const r = look(device);
    const bool heard_of = r != nullptr && (r->seen || r->disabled || r->client != nullptr);
    if (heard_of || ((finite() || added(device)) && (r == nullptr || !r->deleted))) {
      return device;
    }
    if (r == nullptr && !finite()) { // nothing on the rest of this page
      device |= page_size - 1;
    }
  }
  return std::nullopt;
}

bool registry::knows(std::uint32_t device) const noexcept {
  const auto* const r = look(device);
  return device < base_ + added_.size() && (r == nullptr || !r->deleted);
}

const registry::record* registry::look(std::uint32_t device) const noexcept {
  const std::size_t at = device / page_size;
  return at < pages_.size() && pages_[at] != nullptr ? &pages_[at][device % page_size] : nullptr;
}

registry::record& registry::open(std::uint32_t device) {
  FLEET_CHECK(knows(device));
  const std::size_t at = device / page_size;
  if (at >= pages_.size()) {
    pages_.resize(at + 1);
  }
  if (pages_[at] == nullptr) {
    pages_[at] = std::make_unique<record[]>(page_size);
  }
  return pages_[at][device % page_size];
}

bool registry::disabled(std::uint32_t device) const noexcept {
  const auto* const r = look(device);
  return r != nullptr && r->disabled;
}

void registry::set_disabled(std::uint32_t device, bool disabled) {
  open(device).disabled = disabled;
}

platform_client* registry::client(std::uint32_t device) const noexcept {
  const auto* const r = look(device);
  return r == nullptr ? nullptr : r->client.get();
}

platform_client& registry::keep(std::uint32_t device, std::unique_ptr<platform_client> made) {
  auto& r = open(device);
  r.client = std::move(made);
  return *r.client;
}

void registry::drop(std::uint32_t device) {
  open(device).client.reset();
}

} // namespace fleet::cloud
