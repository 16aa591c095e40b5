// Who a device is (aliyun-iot.md §2): the triple, where triples come from, and looking one up.
// Holds secrets; never prints one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"

namespace fleet::alink {

/// One device's credentials. Comparing or printing the secret is nobody's business but sign.hpp's.
struct identity {
  std::string product_key;
  std::string device_name;
  std::string device_secret;
};

inline constexpr std::size_t max_product_key = 20;   ///< characters (§2)
inline constexpr std::size_t max_device_name = 32;   ///< characters (§2)
inline constexpr std::size_t max_device_secret = 64; ///< characters (§2)

/// Whether a product key or device name is one that topics, user names and signatures can carry: 1
/// to `limit` visible ASCII characters, none of `/ + # & |`, quotes, comma or backslash.
bool valid_name(std::string_view name, std::size_t limit) noexcept;

/// Whether a secret is 1 to 64 visible ASCII characters.
bool valid_secret(std::string_view secret) noexcept;

/// Where a fleet and the twin find triples: a row per device, in the order of the fleet.
class credential_source {
public:
  virtual ~credential_source() = default;
  /// Rows it can give; a generated source has UINT32_MAX.
  [[nodiscard]] virtual std::uint32_t count() const noexcept = 0;
  /// The row of device `index`, below count().
  [[nodiscard]] virtual identity at(std::uint32_t index) const = 0;
  /// The index of (product key, device name), if it has such a row. O(1), allocation-free.
  [[nodiscard]] virtual std::optional<std::uint32_t> find(std::string_view product_key,
                                                          std::string_view device_name) const = 0;
};

/// Triples computed from the index, the same in every process, so that a fleet and a twin agree
/// without a file. Product key `a1FleetDemo`, names `dev_000000`…; for local use only: anybody can
/// compute them.
class generated_credentials final : public credential_source {
public:
  /// `product_key` must be valid_name().
  explicit generated_credentials(std::string product_key = "a1FleetDemo");
  [[nodiscard]] std::uint32_t count() const noexcept override;
  [[nodiscard]] identity at(std::uint32_t index) const override;
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override;

private:
  std::string product_key_;
};

/// The secret of a product of generated_credentials (§5.5), from its key alone, as theirs are.
std::string generated_product_secret(std::string_view product_key);

/// A mistake in a credential file: where (1-based) and one sentence without secrets.
struct credential_error {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;
};

/// Triples from the vendor console's CSV: columns ProductKey, DeviceName, DeviceSecret in any order
/// and any case, further columns ignored, BOM and CRLF tolerated, quotes as in RFC 4180, blanks
/// around an unquoted value dropped, empty lines skipped. About 60 octets a row.
class credential_table final : public credential_source {
public:
  static constexpr std::uint64_t max_text = 4'000'000'000; ///< octets of a file
  static constexpr std::uint32_t max_products = 1U << 19;  ///< distinct product keys
  static constexpr std::size_t max_errors = 20;

  /// Reads a whole file's text; on failure all mistakes found, at most max_errors, in order.
  /// Columns count octets.
  static result<credential_table, std::vector<credential_error>> parse(std::string_view csv);

  [[nodiscard]] std::uint32_t count() const noexcept override;
  [[nodiscard]] identity at(std::uint32_t index) const override;
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override;

private:
  friend class credential_loader;
  struct product {
    std::string key;
    std::uint64_t hash;
  };
  struct row {
    std::uint32_t offset; ///< into text_: name and secret one after the other
    std::uint32_t product : 19;
    std::uint32_t name_length : 6;
    std::uint32_t secret_length : 7;
  };
  [[nodiscard]] std::string_view name(const row& r) const noexcept;
  [[nodiscard]] std::size_t slot_of(std::uint64_t key_hash, std::string_view product_key,
                                    std::string_view device_name) const noexcept;
  std::string text_;
  std::vector<row> rows_;
  std::vector<product> products_;
  std::vector<std::uint32_t> slots_; ///< open addressing by hash of (key, name); row + 1, or 0
};

} // namespace fleet::alink
