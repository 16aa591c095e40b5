// From a device's index to its row and back.
#include "fleet/run/fleet_credentials.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::program {

void joined_credentials::add(std::shared_ptr<const alink::credential_source> source,
                             std::uint32_t offset, std::uint32_t count) {
  if (count > 0) {
    parts_.push_back({end_, count, offset, std::move(source)});
    end_ += count;
  }
}

alink::identity joined_credentials::at(std::uint32_t index) const {
  FLEET_CHECK(index < end_);
  const auto after = std::upper_bound(parts_.begin(), parts_.end(), index,
                                      [](std::uint32_t i, const part& p) { return i < p.first; });
  const part& p = *(after - 1);
  return p.source->at(p.offset + index - p.first);
}

std::optional<std::uint32_t> joined_credentials::find(std::string_view product_key,
                                                      std::string_view device_name) const {
  for (const part& p : parts_) {
    const auto row = p.source->find(product_key, device_name);
    if (row && *row >= p.offset && *row - p.offset < p.count) {
      return p.first + (*row - p.offset);
    }
  }
  return std::nullopt;
}

product_rows::product_rows(std::shared_ptr<const alink::credential_source> source,
                           std::string_view product_key)
    : source_(std::move(source)) {
  for (std::uint32_t row = 0; row < source_->count(); ++row) {
    if (source_->at(row).product_key == product_key) {
      rows_.push_back(row);
    }
  }
}

std::optional<std::uint32_t> product_rows::find(std::string_view product_key,
                                                std::string_view device_name) const {
  const auto row = source_->find(product_key, device_name);
  if (!row) {
    return std::nullopt;
  }
  const auto place = std::lower_bound(rows_.begin(), rows_.end(), *row);
  if (place == rows_.end() || *place != *row) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(place - rows_.begin());
}

} // namespace fleet::program
