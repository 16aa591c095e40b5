// The triples of a run of several products, by a device's index in the fleet: each product's
// devices are a range of their own source. Holds secrets; prints none.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocol/alink/identity.hpp"

namespace fleet::program {

/// Several sources one after the other.
class joined_credentials final : public alink::credential_source {
public:
  /// The next `count` devices are the rows from `offset` on of `source`, which has as many.
  void add(std::shared_ptr<const alink::credential_source> source, std::uint32_t offset,
           std::uint32_t count);

  [[nodiscard]] std::uint32_t count() const noexcept override { return end_; }
  [[nodiscard]] alink::identity at(std::uint32_t index) const override;
  /// O(products).
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override;

private:
  struct part {
    std::uint32_t first;
    std::uint32_t count;
    std::uint32_t offset;
    std::shared_ptr<const alink::credential_source> source;
  };
  std::vector<part> parts_;
  std::uint32_t end_ = 0;
};

/// Devices whose credentials nobody here has: names that are nobody's.
class others_rows final : public alink::credential_source {
public:
  explicit others_rows(std::string product_key) : product_key_(std::move(product_key)) {}
  [[nodiscard]] std::uint32_t count() const noexcept override { return UINT32_MAX; }
  [[nodiscard]] alink::identity at(std::uint32_t /*index*/) const override {
    return {product_key_, "elsewhere", "none"};
  }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view /*product_key*/,
                                                  std::string_view /*device_name*/) const override {
    return std::nullopt;
  }

private:
  std::string product_key_;
};

/// The rows of one product in a source of several, in their order.
class product_rows final : public alink::credential_source {
public:
  /// Looks at every row of `source` once.
  product_rows(std::shared_ptr<const alink::credential_source> source,
               std::string_view product_key);

  [[nodiscard]] std::uint32_t count() const noexcept override {
    return static_cast<std::uint32_t>(rows_.size());
  }
  [[nodiscard]] alink::identity at(std::uint32_t index) const override {
    return source_->at(rows_[index]);
  }
  /// O(log rows).
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override;

private:
  std::shared_ptr<const alink::credential_source> source_;
  std::vector<std::uint32_t> rows_; ///< rising
};

} // namespace fleet::program
