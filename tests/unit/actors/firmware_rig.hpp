// A device with firmware before the scripted cloud, and a server to download from: offers are the
// test's, what becomes of them the device's.
#pragma once

#include "protocol/ota/generated.hpp"
#include "tests/support/file_server.hpp"
#include "tests/support/flash_rig.hpp"
#include "tests/unit/actors/thing_rig.hpp"

namespace fleet::actors::test {

inline const std::string upgrade_topic = "/ota/device/upgrade/" + std::string{own};
inline const std::string request_topic = "/ota/device/request/" + std::string{own};

struct updatable : driven_device {
  static constexpr std::uint32_t old_bytes = 3000;

  explicit updatable(std::uint32_t new_bytes = 4000)
      : server(world.home(), 8080), new_image(hal::image_of(2, new_bytes)) {
    product.interval = {};
    product.client.receive_limit_bytes = 1024;
    product.fetch.http_too = true;
    auto& f = product.firmware.emplace();
    f.version = "1.0";
    f.image_bytes = old_bytes;
    f.image_seed = 7;
    f.flash = {.block_bytes = 512, .blocks = 18, .write_bytes = 64};
    f.updater.keep_every = 512;
    f.updater.percent_step = 50;
    server.body = new_image;
  }
  ~updatable() override { crash(); }

  [[nodiscard]] std::string offer_text(std::string_view version = "2.0",
                                       content_digest kind = content_digest::md5) const {
    const auto digest = digest_of(kind, new_image).hex();
    byte_buffer out;
    alink::append_upgrade(out, 1,
                          {.version = version,
                           .size = static_cast<std::int64_t>(new_image.size()),
                           .method = kind,
                           .sign = digest,
                           .url = url});
    return std::string{as_text(out.view())};
  }
  void offer(std::string_view version = "2.0", content_digest kind = content_digest::md5) {
    say(upgrade_topic, offer_text(version, kind), 1);
  }
  /// The steps of all progress told, in order.
  [[nodiscard]] std::vector<int> steps() const {
    std::vector<int> out;
    json_reader json;
    for (const auto& h : cloud.on("ota/device/progress/" + std::string{own})) {
      out.push_back(alink::read_progress(alink::parse_message(json, as_bytes(h.payload))).step);
    }
    return out;
  }
  /// The versions of all reports, in order.
  [[nodiscard]] std::vector<std::string> versions() const {
    std::vector<std::string> out;
    json_reader json;
    for (const auto& h : cloud.on("ota/device/inform/" + std::string{own})) {
      out.emplace_back(
          alink::read_ota_version(alink::parse_message(json, as_bytes(h.payload))).version);
    }
    return out;
  }
  [[nodiscard]] std::size_t asked() const {
    return cloud.on("ota/device/request/" + std::string{own}).size();
  }
  [[nodiscard]] std::uint64_t results(update_result r) const {
    return counts.update_results[static_cast<std::size_t>(r)].load();
  }
  [[nodiscard]] std::string_view version() const {
    const auto* const f =
        device_of().extras() == nullptr ? nullptr : device_of().extras()->firmware();
    return f == nullptr ? std::string_view{} : f->machine().version();
  }
  [[nodiscard]] hal::flash_chip& chip() { return slot->board.flash->chip; }
  /// What runs is one of the two images, whole, and the one it says it is.
  [[nodiscard]] bool runs_a_whole_image() {
    const auto& running = slot->board.flash->running;
    std::vector<std::uint8_t> old_image(old_bytes);
    ota::fill_generated(7, 0, old_image);
    const auto& whole = running.image.version() == "2.0" ? new_image : old_image;
    std::vector<std::uint8_t> is(whole.size());
    const auto& g = chip().geometry();
    return running.starts() && version() == running.image.version()
           && chip().read(hal::range_of_slot(g, running.slot).first_block * g.block_bytes, is)
                  == hal::flash_status::done
           && is == whole;
  }
  [[nodiscard]] const device& device_of() const { return const_cast<updatable*>(this)->it(); }

  support::file_server server;
  std::vector<std::uint8_t> new_image;
  std::string url = "http://127.0.0.1:8080/fw?token=t";
};

} // namespace fleet::actors::test
