// Triples in a list that a test may change while it runs: what a gateway's owner keeps. Not a file,
// not generated.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "protocol/alink/identity.hpp"

namespace fleet::support {

/// Devices `PREFIX0000`… of product `a1SubPk0001`, each with a secret of its own.
class listed_credentials final : public alink::credential_source {
public:
  explicit listed_credentials(std::uint32_t count, const std::string& prefix = "sub_") {
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string digits = std::to_string(10'000 + i).substr(1);
      rows.push_back({"a1SubPk0001", prefix + digits, "secret_of_" + prefix + digits});
    }
  }

  [[nodiscard]] std::uint32_t count() const noexcept override {
    return static_cast<std::uint32_t>(rows.size());
  }
  [[nodiscard]] alink::identity at(std::uint32_t index) const override { return rows[index]; }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override {
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      if (rows[i].device_name == device_name && rows[i].product_key == product_key) {
        return i;
      }
    }
    return std::nullopt;
  }

  std::vector<alink::identity> rows;
};

} // namespace fleet::support
