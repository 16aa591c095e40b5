// The first board of a product is manufactured octet by octet, all others are copied.
#include "actors/device/firmware_stock.hpp"

#include <algorithm>
#include <vector>

#include "protocol/ota/generated.hpp"

namespace fleet::actors {

hal::flash_store& firmware_stock::store_for(std::uint32_t block_bytes) {
  const auto found =
      std::find_if(stores_.begin(), stores_.end(), [block_bytes](const hal::flash_store& s) {
        return s.block_bytes() == block_bytes;
      });
  return found != stores_.end() ? *found : stores_.emplace_back(block_bytes);
}

std::unique_ptr<hal::board_flash> firmware_stock::make(const firmware_settings& product) {
  auto& store = store_for(product.flash.block_bytes);
  auto found = std::find_if(firsts_.begin(), firsts_.end(),
                            [&product](const first_piece& f) { return f.of == &product; });
  if (found == firsts_.end()) {
    firsts_.push_back(
        {&product, std::make_unique<hal::board_flash>(product.flash, product.boot, store)});
    found = firsts_.end() - 1;
    std::vector<std::uint8_t> image(product.image_bytes);
    ota::fill_generated(product.image_seed, 0, image);
    FLEET_CHECK(found->flash->loader.manufacture(image, product.version) == hal::boot_step::done);
  }
  return std::make_unique<hal::board_flash>(*found->flash, product.boot, store);
}

std::size_t firmware_stock::memory_bytes() const noexcept {
  std::size_t octets = 0;
  for (const auto& s : stores_) {
    octets += sizeof s + s.memory_bytes();
  }
  for (const auto& f : firsts_) {
    octets += f.flash->memory_bytes();
  }
  return octets;
}

} // namespace fleet::actors
