// The platform's devices: who exists (from a credential source, and those the console added), who
// is disabled or deleted, and a slot for what the platform character remembers of each. Costs
// nothing for devices never heard of.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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

  /// One more device, behind those of the source; its index, or none if devices_max have been added
  /// already. A device of that name must not exist; one that was deleted is another.
  std::optional<std::uint32_t> add(alink::identity who);
  /// It is unknown from now on; its index is not used again.
  void remove(std::uint32_t device);
  /// How often remove() was called: what was read off all devices before may be wrong since.
  [[nodiscard]] std::uint64_t removals() const noexcept { return removals_; }
  [[nodiscard]] bool added(std::uint32_t device) const noexcept { return device >= base_; }
  /// One beyond the last index of the source.
  [[nodiscard]] std::uint32_t listed() const noexcept { return base_; }

  [[nodiscard]] bool disabled(std::uint32_t device) const noexcept;
  void set_disabled(std::uint32_t device, bool disabled);

  /// When it was last seen online, in seconds since 1970; 0: never.
  [[nodiscard]] std::uint32_t last_online_s(std::uint32_t device) const noexcept;
  /// True the first time. A world whose clock starts at 0 counts as well.
  bool note_online(std::uint32_t device, std::int64_t wall_ms);
  [[nodiscard]] bool seen(std::uint32_t device) const noexcept;

  /// The first device from `from` on that can be listed, or none: all of a source that ends, those
  /// heard of from one that does not.
  [[nodiscard]] std::optional<std::uint32_t> next(std::uint32_t from) const noexcept;
  /// Whether all devices can be listed, heard of or not.
  [[nodiscard]] bool finite() const noexcept;

  /// What is remembered of a device, or none.
  [[nodiscard]] platform_client* client(std::uint32_t device) const noexcept;
  platform_client& keep(std::uint32_t device, std::unique_ptr<platform_client> made);
  void drop(std::uint32_t device);

  /// Octets that one registered device costs while it is offline and nothing is kept for it.
  static constexpr std::size_t bytes_per_device = 2 * sizeof(void*);

private:
  struct record {
    std::unique_ptr<platform_client> client;
    std::uint32_t last_online_s = 0;
    bool disabled = false;
    bool seen = false;
    bool deleted = false;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept;
  };
  static_assert(sizeof(record) <= bytes_per_device);
  static constexpr std::uint32_t page_size = 256;
  [[nodiscard]] const record* look(std::uint32_t device) const noexcept;
  record& open(std::uint32_t device);

  const alink::credential_source& source_;
  std::uint32_t devices_max_;
  std::uint32_t base_; ///< the index of the first that was added
  std::uint64_t removals_ = 0;
  std::vector<std::unique_ptr<record[]>> pages_;
  std::vector<alink::identity> added_;
  /// Of those added and not deleted, `PK/DN`. Looked up, never walked.
  std::unordered_map<std::string, std::uint32_t, text_hash, std::equal_to<>> by_name_;
};

} // namespace fleet::cloud
