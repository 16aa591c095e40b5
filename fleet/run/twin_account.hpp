// The far side of a run whose target is a twin in another process: what fetch_books() brought,
// beside what was there when the run began.
#pragma once

#include <algorithm>

#include "fleet/run/far_side.hpp"
#include "fleet/run/twin_books.hpp"

namespace fleet::program {

class twin_account final : public far_side {
public:
  /// `corrupted`: as begin_books() found it.
  explicit twin_account(std::uint64_t corrupted) : corrupted_before_(corrupted) {}

  /// After the homes ended.
  void keep(twin_books books) { books_ = std::move(books); }

  // The twin sends its commands by its own lights, and nobody here knows how many.
  void quiet() override {}
  [[nodiscard]] std::uint64_t commands() const override { return 0; }
  void stop() override {}
  [[nodiscard]] const ledger::receiver_account* uplink_of(std::uint32_t index) const override {
    return index < books_.devices.size() && books_.devices[index].uplink
               ? &*books_.devices[index].uplink
               : nullptr;
  }
  [[nodiscard]] const ledger::sender_account* downlink_of(std::uint32_t index) const override {
    return index < books_.devices.size() && books_.devices[index].downlink
               ? &*books_.devices[index].downlink
               : nullptr;
  }
  [[nodiscard]] std::uint32_t downlink_since(std::uint32_t index) const override {
    const auto* const sent = downlink_of(index);
    return sent == nullptr ? 0 : sent->epoch();
  }
  [[nodiscard]] std::uint64_t corrupted() const override {
    // A twin that died on the way has counted from 0 since.
    return books_.corrupted < corrupted_before_ ? books_.corrupted
                                                : books_.corrupted - corrupted_before_;
  }
  [[nodiscard]] bool sees_dup() const override { return true; }
  void sample(std::vector<metrics::sample>&) const override {}

private:
  std::uint64_t corrupted_before_;
  twin_books books_;
};

} // namespace fleet::program
