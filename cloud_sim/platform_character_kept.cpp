// Where a client of the platform lives, and what names it in the store.
#include "cloud_sim/neighbours.hpp"
#include "cloud_sim/platform_character.hpp"

namespace fleet::cloud {

namespace {

/// Of `/PK/DN/`; nothing: that is no such name.
std::optional<device_name_view> read_kept_name(std::string_view name) {
  const auto slash = name.find('/', 1);
  if (name.size() < 5 || !name.starts_with('/') || !name.ends_with('/')
      || slash + 1 >= name.size()) {
    return std::nullopt;
  }
  return device_name_view{name.substr(1, slash - 1),
                          name.substr(slash + 1, name.size() - slash - 2)};
}

} // namespace

std::optional<std::uint64_t> platform_character::place_of(const mqtt::connect_view& connect) const {
  return door_.place_of(connect);
}

std::string_view platform_character::kept_name(const peer& who) const {
  return static_cast<const platform_client&>(who).own;
}

std::optional<std::uint64_t> platform_character::place_of_kept(std::string_view name) const {
  const auto who = read_kept_name(name);
  return who ? std::optional{place_of_device(who->product_key, who->device_name)} : std::nullopt;
}

void platform_character::describe(const peer& who, session_head& out) const {
  static_cast<const platform_client&>(who).describe(out);
}

// A device that was taken off the list or disabled has no session.
peer* platform_character::reseat(std::string_view name, const session_head& head) {
  const auto who = read_kept_name(name);
  const auto device = who ? devices_.find(who->product_key, who->device_name) : std::nullopt;
  if (!device || devices_.disabled(*device)) {
    return nullptr;
  }
  auto& made = seat(*device, devices_.identity_of(*device));
  made.restore(head);
  return &made;
}

} // namespace fleet::cloud
