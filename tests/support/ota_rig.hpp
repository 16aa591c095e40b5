// A device with flash, boot loader and updater, whose actions are written into a log and whose
// downloads are played by the test: what a server would send, and what becomes of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/ota/updater.hpp"
#include "tests/support/flash_rig.hpp"

namespace fleet::ota {

/// An updater's storage on simulated flash. The note is lost with nothing but its own erasure.
class flash_storage final : public storage {
public:
  explicit flash_storage(hal::flash_rig& on) : on_(&on) {}

  storage_status open(std::uint32_t size, std::uint32_t from) override {
    writer_.reset();
    if (size > hal::slot_bytes(on_->geometry)) {
      return storage_status::too_large;
    }
    const storage_status status = status_of(on_->loader.open_slot(slot_));
    if (status == storage_status::done) {
      writer_.emplace(on_->chip, slot_, size, from);
    }
    return status;
  }
  storage_status write(bytes_view octets) override { return status_of(writer_->append(octets)); }
  std::uint32_t resumable() const override { return writer_->resumable(); }
  storage_status finish() override { return status_of(writer_->finish()); }
  bool read(std::uint32_t at, std::span<std::uint8_t> out) const override {
    const auto first = hal::range_of_slot(on_->geometry, slot_).first_block;
    return on_->chip.read(first * on_->geometry.block_bytes + at, out) == hal::flash_status::done;
  }
  storage_status stage(const firmware& f) override {
    if (rots_before_stage) {
      random_stream chance{1, 0, "rot"};
      on_->chip.rot(chance, hal::range_of_slot(on_->geometry, slot_).first_block, 1, 1);
    }
    hal::slot_record record;
    record.size = f.size;
    record.digest = f.digest;
    EXPECT_TRUE(record.set_version(f.version));
    return status_of(on_->loader.stage(record));
  }
  void keep(bytes_view note) override { note_.assign(note.begin(), note.end()); }
  bytes_view kept() const override { return note_; }
  void forget() override { note_.clear(); }

  bool rots_before_stage = false;

private:
  static storage_status status_of(hal::flash_status status) {
    return status == hal::flash_status::done         ? storage_status::done
           : status == hal::flash_status::power_lost ? storage_status::power_lost
                                                     : storage_status::failed;
  }
  static storage_status status_of(hal::boot_step step) {
    return step == hal::boot_step::done         ? storage_status::done
           : step == hal::boot_step::power_lost ? storage_status::power_lost
           : step == hal::boot_step::in_trial   ? storage_status::not_yet
           : step == hal::boot_step::bad_image  ? storage_status::differs
                                                : storage_status::failed;
  }

  hal::flash_rig* on_;
  std::uint8_t slot_ = 1;
  std::optional<hal::slot_writer> writer_;
  std::vector<std::uint8_t> note_;
};

inline time_point at(std::int64_t ms) {
  return time_point{std::chrono::milliseconds{ms}};
}

inline firmware offer_of(bytes_view image, std::string version,
                         content_digest kind = content_digest::md5) {
  return {.version = std::move(version),
          .size = static_cast<std::uint32_t>(image.size()),
          .digest = digest_of(kind, image),
          .url = "https://h/fw?t=1"};
}

/// One boot of a device. The flash and the storage outlive it.
struct booted_device {
  updater machine;
  std::string log;
  bool fetching = false; ///< a fetch or follow is open
  std::uint32_t from = 0;
  bool reboots = false;
  unsigned asks = 0;

  booted_device(storage& board, std::string version, const updater_settings& settings)
      : machine(settings, board, std::move(version), random_stream{1, 1, "ota"}) {}

  void drain() {
    while (const auto next = machine.next_action()) {
      std::visit([this](const auto& what) { take(what); }, *next);
    }
  }
  void take(const action::say_version&) { log += "version\n"; }
  void take(const action::confirm&) { log += "confirm\n"; }
  void take(const action::ask&) {
    log += "ask\n";
    ++asks;
  }
  void take(const action::say_progress& what) {
    log += std::to_string(what.step);
    log += what.desc && !what.desc->empty() ? " " + std::string{*what.desc} + "\n" : "\n";
  }
  void open(std::string_view verb, std::string_view where, std::optional<std::uint32_t> range) {
    EXPECT_FALSE(fetching) << "one fetch at a time";
    fetching = true;
    from = range.value_or(0);
    log.append(verb).append(" ").append(where);
    log += range ? " from " + std::to_string(*range) + "\n" : "\n";
  }
  void take(const action::fetch& what) { open("fetch", what.url, what.range_from); }
  void take(const action::follow& what) {
    fetching = false;
    open("follow", what.location, what.range_from);
  }
  void take(const action::drop_fetch&) {
    log += "drop\n";
    fetching = false;
  }
  void take(const action::reboot&) {
    log += "reboot\n";
    reboots = true;
  }

  void connect(time_point now) {
    machine.connected(now);
    drain();
  }
  void offer(const firmware& f, time_point now) {
    machine.offered(f, now);
    drain();
  }
  void head(const response_head& what, time_point now) {
    machine.head(what, now);
    drain();
  }
  /// Sends octets of a body in pieces as long as they are wanted.
  void give(bytes_view octets, time_point now, std::size_t piece = 100) {
    for (std::size_t i = 0; fetching && i < octets.size(); i += piece) {
      machine.body(octets.subspan(i, std::min(piece, octets.size() - i)), now);
      drain();
    }
  }
  void end_body(time_point now) {
    if (fetching) {
      fetching = false;
      machine.body_ended(now);
      drain();
    }
  }
  void cut(time_point now) {
    if (fetching) {
      fetching = false;
      machine.fetch_failed(now);
      drain();
    }
  }
  void refuse(time_point now) {
    fetching = false;
    machine.unreachable(now);
    drain();
  }
  /// A server that does ranges answers the open fetch: `most` octets, then it breaks off.
  void serve(bytes_view image, time_point now, std::size_t most = SIZE_MAX) {
    const std::uint32_t first = from;
    const auto rest = image.subspan(first);
    if (first == 0) {
      head({.status = 200, .length = image.size()}, now);
    } else {
      head(
          {.status = 206, .length = rest.size(), .range_first = first, .range_total = image.size()},
          now);
    }
    give(rest.first(std::min(most, rest.size())), now);
    if (most < rest.size()) {
      cut(now);
    } else {
      end_body(now);
    }
  }
  /// Lets time pass until the machine's next wait ends.
  time_point wait() {
    const time_point due = machine.next_timeout();
    EXPECT_NE(due, never);
    machine.handle_timeout(due);
    drain();
    return due;
  }
  /// What was logged since the last call.
  std::string news() {
    std::string out;
    out.swap(log);
    return out;
  }
};

inline constexpr hal::flash_geometry ota_geometry{
    .block_bytes = 512, .blocks = 18, .write_bytes = 64};
inline const auto old_image = hal::image_of(1, 3'000);
inline const auto new_image = hal::image_of(2, 4'000);

/// A manufactured board that runs "1.0".
struct ota_rig {
  hal::flash_rig flash{ota_geometry};
  flash_storage board{flash};
  updater_settings settings;
  std::optional<booted_device> device;

  explicit ota_rig(const updater_settings& s = {}) : settings(s) {
    EXPECT_EQ(flash.loader.manufacture(old_image, "1.0"), hal::boot_step::done);
    boot();
  }
  void boot() {
    const hal::boot_outcome outcome = flash.loader.boot();
    ASSERT_TRUE(outcome.starts());
    device.emplace(board, std::string{outcome.image.version()}, settings);
  }
  booted_device& operator*() { return *device; }
  booted_device* operator->() { return &*device; }
};

/// No progress but the first and the last.
inline updater_settings quiet() {
  updater_settings out;
  out.percent_step = 100;
  return out;
}

} // namespace fleet::ota
