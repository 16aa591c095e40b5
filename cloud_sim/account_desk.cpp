// Looking accounts up for whoever asks.
#include "cloud_sim/account_desk.hpp"

#include "protocol/base/check.hpp"

namespace fleet::cloud {

std::optional<std::uint32_t> account_desk::next(std::uint32_t from) const {
  for (std::uint32_t device = from; device < books_.end(); ++device) {
    if (books_.find(device) != nullptr) {
      return device;
    }
  }
  return std::nullopt;
}

void account_desk::save(std::uint32_t device, byte_buffer& uplink, byte_buffer& downlink) const {
  const auto* const account = books_.find(device);
  FLEET_CHECK(account != nullptr);
  account->uplink.save(uplink);
  account->downlink.save(downlink);
}

void account_desk::save_refused(std::uint32_t device, byte_buffer& refused) const {
  const auto* const account = books_.find(device);
  FLEET_CHECK(account != nullptr);
  if (account->refused != nullptr) {
    account->refused->save(refused);
  }
}

unbooked_tags account_desk::unbooked() const {
  return {value(counters_.tags_corrupted), value(counters_.tags_foreign),
          value(counters_.tags_unkept), value(counters_.publishes_over_bound)};
}

std::string account_desk::name(std::uint32_t device) const {
  if (names_ == nullptr || !names_->knows(device)) {
    return {};
  }
  const auto who = names_->identity_of(device);
  return who.product_key + "/" + who.device_name;
}

} // namespace fleet::cloud
