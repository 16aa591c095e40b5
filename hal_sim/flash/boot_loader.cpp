// Each decision is a record written before it is acted on: whoever boots next decides from there.
#include "hal_sim/flash/boot_loader.hpp"

#include "protocol/base/check.hpp"

namespace fleet::hal {

const boot_settings& boot_loader::default_settings() noexcept {
  static const boot_settings settings;
  return settings;
}

boot_loader::boot_loader(flash_chip& chip, const boot_settings& settings)
    : chip_(&chip), settings_(&settings), area_(chip, 0) {
  FLEET_CHECK(range_of_slot(chip.geometry(), 1).blocks != 0 && settings.tries != 0);
}

boot_step boot_loader::store(boot_record& record) {
  const flash_status status = area_.store(record);
  chip_->seal();
  if (status == flash_status::power_lost) {
    return boot_step::power_lost;
  }
  return status == flash_status::done ? boot_step::done : boot_step::failed;
}

bool boot_loader::keep(boot_record& record) {
  return store(record) != boot_step::power_lost;
}

boot_step boot_loader::manufacture(bytes_view image, std::string_view version) {
  boot_record record;
  slot_record& made = record.slots[0];
  if (image.size() > slot_bytes(chip_->geometry()) || !made.set_version(version)) {
    return boot_step::bad_image;
  }
  made.state = slot_state::good;
  made.size = static_cast<std::uint32_t>(image.size());
  made.digest = digest_of(content_digest::sha256, image);
  slot_writer writer{*chip_, 0, made.size};
  auto status = writer.append(image);
  status = status == flash_status::done ? writer.finish() : status;
  if (status != flash_status::done) {
    return status == flash_status::power_lost ? boot_step::power_lost : boot_step::failed;
  }
  return store(record);
}

boot_outcome boot_loader::start(const boot_record& record, boot_verdict verdict) {
  return {verdict, record.active, record.slots[record.active]};
}

boot_outcome boot_loader::boot() {
  if (area_.repair() == flash_status::power_lost) {
    return {.verdict = boot_verdict::power_lost, .slot = 0, .image = {}};
  }
  chip_->seal();
  const auto record = area_.newest();
  return record ? boot_by(*record) : boot_outcome{};
}

boot_outcome boot_loader::boot_by(boot_record record) {
  constexpr boot_outcome lost{.verdict = boot_verdict::power_lost, .slot = 0, .image = {}};
  slot_record& other = record.slots[record.inactive()];
  boot_verdict verdict = boot_verdict::booted;
  if (!record.trial && other.state == slot_state::candidate) {
    boot_record next = record;
    next.active = record.inactive();
    next.trial = true;
    next.tries_left = static_cast<std::uint8_t>(settings_->tries - 1);
    const bool verified = verify_slot(*chip_, next.active, other);
    const boot_step step = verified ? store(next) : boot_step::bad_image;
    if (step == boot_step::done) {
      return start(next, boot_verdict::switched);
    }
    // Also where the record cannot be written: a trial that is not counted could last for ever.
    other.state = slot_state::bad;
    if (step == boot_step::power_lost || !keep(record)) {
      return lost;
    }
    verdict = boot_verdict::refused;
  } else if (record.trial) {
    if (record.tries_left == 0) {
      return fall_back(record);
    }
    --record.tries_left;
    if (const auto step = store(record); step != boot_step::done) {
      return step == boot_step::power_lost ? lost : fall_back(record);
    }
    verdict = boot_verdict::trying;
  }
  if (!verify_slot(*chip_, record.active, record.slots[record.active])) {
    return fall_back(record);
  }
  return start(record, verdict);
}

boot_outcome boot_loader::fall_back(boot_record record) {
  const std::uint8_t to = record.inactive();
  const slot_state state = record.slots[to].state;
  if (state == slot_state::empty || state == slot_state::bad
      || !verify_slot(*chip_, to, record.slots[to])) {
    // The other way round there is nothing: an image that never came up is better than none.
    if (record.trial && verify_slot(*chip_, record.active, record.slots[record.active])) {
      return start(record, boot_verdict::trying);
    }
    return {};
  }
  record.slots[record.active].state = slot_state::bad;
  record.slots[to].state = slot_state::good;
  record.active = to;
  record.trial = false;
  record.tries_left = 0;
  if (!keep(record)) {
    return {.verdict = boot_verdict::power_lost, .slot = 0, .image = {}};
  }
  return start(record, boot_verdict::fell_back);
}

boot_step boot_loader::confirm(std::uint8_t running) {
  auto record = area_.newest();
  if (!record) {
    return boot_step::no_record;
  }
  if (record->active != running) {
    return boot_step::failed;
  }
  if (!record->trial) {
    return boot_step::done;
  }
  record->trial = false;
  record->tries_left = 0;
  record->slots[record->active].state = slot_state::good;
  return store(*record);
}

boot_step boot_loader::open_slot(std::uint8_t& slot) {
  auto record = area_.newest();
  if (!record) {
    return boot_step::no_record;
  }
  if (record->trial) {
    return boot_step::in_trial;
  }
  slot = record->inactive();
  if (record->slots[slot].state == slot_state::empty) {
    return boot_step::done;
  }
  record->slots[slot] = {};
  return store(*record);
}

boot_step boot_loader::stage(const slot_record& image) {
  auto record = area_.newest();
  if (!record) {
    return boot_step::no_record;
  }
  if (record->trial) {
    return boot_step::in_trial;
  }
  const std::uint8_t slot = record->inactive();
  if (!verify_slot(*chip_, slot, image)) {
    return chip_->powered() ? boot_step::bad_image : boot_step::power_lost;
  }
  record->slots[slot] = image;
  record->slots[slot].state = slot_state::candidate;
  return store(*record);
}

} // namespace fleet::hal
