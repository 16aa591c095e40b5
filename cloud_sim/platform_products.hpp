// The products of the platform (aliyun-iot.md §2, §12): name, thing model, remote configuration,
// and the property names that its devices share. No devices, no messages.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cloud_sim/gateway_desk.hpp"
#include "cloud_sim/platform_rates.hpp"
#include "cloud_sim/topic_classes.hpp"
#include "protocol/base/random.hpp"
#include "protocol/tsl/model.hpp"

namespace fleet::cloud {

/// Bits of a product's flags; kept in the store, so the numbers never change.
enum product_flag : std::uint32_t {
  product_keeps_values = 1,     ///< reported values are kept though there is no thing model
  product_echoes_raw = 2,       ///< up_raw is answered with its own octets, as by a script (§11.6)
  product_uploads_logs = 4,     ///< what thing/config/log/get answers (§9.2)
  product_is_no_gateway = 8,    ///< its devices' gateway requests are answered with 403 (§16.6)
  product_admits_unlisted = 16, ///< whoever has its secret may become a device of it (§5.5)
  product_is_of_gateways = 32,  ///< somebody said so; without it and the 8, devices may be either
};

/// `device`, `gateway` or `any`, as the console and the admin API have a product's node type.
std::string_view node_type_of(std::uint32_t flags) noexcept;
/// The flags with another node type; none for a word that is none.
std::optional<std::uint32_t> with_node_type(std::uint32_t flags, std::string_view word) noexcept;

/// A product as it is configured.
struct product_options {
  std::string product_key{};
  std::string name{};
  std::shared_ptr<const tsl::model> model{}; ///< none: what its devices say is not checked
  std::uint32_t flags = 0;                   ///< product_flag
  std::string secret{}; ///< for dynamic registration (§5.5, §16.1); none: its devices do not
};

/// Distinct property names of one product that values can be kept for.
inline constexpr std::size_t product_names_max = 1024;

struct product {
  product_options given;
  std::string config;      ///< what thing/config/get is answered with (§14.6); empty: none
  std::string config_sign; ///< its SHA-256
  std::uint32_t config_count = 0;
  topic_classes topics;
  std::uint32_t online = 0; ///< devices and sub-devices
  rate_window broadcasts;   ///< against platform_bounds

  [[nodiscard]] bool has(product_flag f) const noexcept { return (given.flags & f) != 0; }
  [[nodiscard]] const tsl::model* model() const noexcept { return given.model.get(); }
  [[nodiscard]] std::string config_id() const;
  /// Sets what stands above; `count` is the how-manyeth it is.
  void set_config(std::string_view content, std::uint32_t count);

  /// The number of a property's name, made if need be; none when there are too many.
  std::optional<std::uint16_t> intern(std::string_view property);
  [[nodiscard]] std::optional<std::uint16_t> number_of(std::string_view property) const;
  [[nodiscard]] std::string_view name_of(std::uint16_t number) const { return names_[number]; }

private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return static_cast<std::size_t>(hash_text(text));
    }
  };
  std::vector<std::string> names_;
  /// Looked up, never walked.
  std::unordered_map<std::string, std::uint16_t, text_hash, std::equal_to<>> numbers_;
};

/// All of them, by key. A product that nobody configured comes into being with its first device.
class product_list final : public product_secrets {
public:
  [[nodiscard]] product* find(std::string_view product_key) noexcept;
  [[nodiscard]] const product* find(std::string_view product_key) const noexcept;
  /// Stays where it is as long as the list lives.
  product& open(std::string_view product_key);
  [[nodiscard]] std::string_view secret_of(std::string_view product_key) const override;
  [[nodiscard]] bool knows(std::string_view product_key) const override {
    return find(product_key) != nullptr;
  }
  [[nodiscard]] const std::map<std::string, std::unique_ptr<product>, std::less<>>&
  all() const noexcept {
    return products_;
  }

private:
  std::map<std::string, std::unique_ptr<product>, std::less<>> products_;
};

} // namespace fleet::cloud
