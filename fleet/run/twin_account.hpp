// The far side of a run whose target is a twin in another process: what fetch_books() brought,
// beside what was there when the run began.
#pragma once

#include <algorithm>

#include "fleet/run/far_side.hpp"
#include "fleet/run/twin_books.hpp"

namespace fleet::program {

class twin_account final : public far_side {
public:
  /// `before`: as begin_books() found it.
  explicit twin_account(const unbooked_tags& before) : before_(before) {}

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
  [[nodiscard]] const ledger::receiver_account* refused_of(std::uint32_t index) const override {
    return index < books_.devices.size() && books_.devices[index].refused
               ? &*books_.devices[index].refused
               : nullptr;
  }
  [[nodiscard]] std::uint64_t doubled(std::uint32_t index) const override {
    return index < books_.devices.size() ? books_.devices[index].doubled : 0;
  }
  [[nodiscard]] std::uint32_t downlink_since(std::uint32_t index) const override {
    const auto* const sent = downlink_of(index);
    return sent == nullptr ? 0 : sent->epoch();
  }
  [[nodiscard]] std::uint64_t corrupted() const override {
    return since(before_.corrupted, books_.unbooked.corrupted);
  }
  [[nodiscard]] std::uint64_t unkept() const override {
    return since(before_.unkept, books_.unbooked.unkept);
  }
  [[nodiscard]] std::uint64_t over_bound() const override {
    return since(before_.over_bound, books_.unbooked.over_bound);
  }
  [[nodiscard]] bool sees_dup() const override { return true; }
  void sample(std::vector<metrics::sample>&) const override {}

private:
  /// A twin that died on the way has counted from 0 since.
  static std::uint64_t since(std::uint64_t before, std::uint64_t now) noexcept {
    return now < before ? now : now - before;
  }

  unbooked_tags before_;
  twin_books books_;
};

} // namespace fleet::program
