// Who a device is (aliyun-iot.md §2): the triple, where triples come from, and looking one up. Holds
// secrets; never prints one.
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
  explicit generated_credentials(std::string product_key = "a1FleetDemo");
  [[nodiscard]] std::uint32_t count() const noexcept override;
  [[nodiscard]] identity at(std::uint32_t index) const override;
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override;

private:
  std::string product_key_;
};

/// A mistake in a credential file: where (1-based) and one sentence without secrets.
struct credential_error {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;
};

/// Triples from the vendor console's CSV: columns ProductKey, DeviceName, DeviceSecret in any order and
/// any case, further columns ignored, BOM and CRLF tolerated, quotes as in RFC 4180.
class credential_table final : public credential_source {
public:
  /// Reads a whole file's text; on failure all mistakes found, at most 20, in order.
  static result<credential_table, std::vector<credential_error>> parse(std::string_view csv);

  [[nodiscard]] std::uint32_t count() const noexcept override;
  [[nodiscard]] identity at(std::uint32_t index) const override;
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override;

private:
  struct row {
    std::uint32_t offset; ///< into text_: key, name and secret one after the other
    std::uint8_t key_length;
    std::uint8_t name_length;
    std::uint8_t secret_length;
  };
  std::string text_;
  std::vector<row> rows_;
  std::vector<std::uint32_t> slots_; ///< open addressing by the hash of (key, name)
};

} // namespace fleet::alink
