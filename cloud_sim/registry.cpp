// Records by index, in pages made on first use.
#include "cloud_sim/registry.hpp"

#include <utility>

#include "cloud_sim/platform_client.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

registry::registry(const alink::credential_source& source, std::uint32_t devices_max)
    : source_(source), devices_max_(devices_max) {}

registry::~registry() = default;

std::optional<std::uint32_t> registry::find(std::string_view product_key,
                                            std::string_view device_name) const {
  constexpr std::string_view forbidden = "/+#";
  if (product_key.find_first_of(forbidden) != std::string_view::npos
      || device_name.find_first_of(forbidden) != std::string_view::npos) {
    return std::nullopt;
  }
  const auto index = source_.find(product_key, device_name);
  return index && knows(*index) ? index : std::nullopt;
}

alink::identity registry::identity_of(std::uint32_t device) const {
  return source_.at(device);
}

bool registry::knows(std::uint32_t device) const noexcept {
  return device < devices_max_ && device < source_.count();
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
