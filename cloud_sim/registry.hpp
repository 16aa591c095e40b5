// The platform's devices: who exists (from a credential source), who is disabled, and a slot for
// what the platform character remembers of each. Costs nothing for devices never heard of.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/alink/identity.hpp"

namespace fleet::cloud {

struct platform_client;

class registry {
public:
  /// The source must outlive the registry; indices from `devices_max` on do not exist here.
  registry(const alink::credential_source& source, std::uint32_t devices_max);
  ~registry();

  /// The device's index. Names with `/`, `+` or `#` never exist: they would not stay in their
  /// topics.
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const;
  [[nodiscard]] alink::identity identity_of(std::uint32_t device) const;
  [[nodiscard]] bool knows(std::uint32_t device) const noexcept;

  [[nodiscard]] bool disabled(std::uint32_t device) const noexcept;
  void set_disabled(std::uint32_t device, bool disabled);

  /// What is remembered of a device, or none.
  [[nodiscard]] platform_client* client(std::uint32_t device) const noexcept;
  platform_client& keep(std::uint32_t device, std::unique_ptr<platform_client> made);
  void drop(std::uint32_t device);

  /// Octets that one registered device costs while it is offline and nothing is kept for it.
  static constexpr std::size_t bytes_per_device = 2 * sizeof(void*);

private:
  struct record {
    std::unique_ptr<platform_client> client;
    bool disabled = false;
  };
  static_assert(sizeof(record) <= bytes_per_device);
  static constexpr std::uint32_t page_size = 256;
  [[nodiscard]] const record* look(std::uint32_t device) const noexcept;
  record& open(std::uint32_t device);

  const alink::credential_source& source_;
  std::uint32_t devices_max_;
  std::vector<std::unique_ptr<record[]>> pages_;
};

} // namespace fleet::cloud
