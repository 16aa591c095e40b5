// Everything one device by hand needs that can fail before anything starts: files, names,
// certificates. No thread and no socket yet, but for looking up the target's name.
#pragma once

#include "fleet/hand/hand_device.hpp"
#include "fleet/options.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// A triple that stands for itself.
class one_credential final : public alink::credential_source {
public:
  explicit one_credential(alink::identity who) : who_(std::move(who)) {}
  [[nodiscard]] std::uint32_t count() const noexcept override { return 1; }
  [[nodiscard]] alink::identity at(std::uint32_t) const override { return who_; }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override {
    return product_key == who_.product_key && device_name == who_.device_name
               ? std::optional<std::uint32_t>{0}
               : std::nullopt;
  }

private:
  alink::identity who_;
};

struct hand_plan {
  run_options run;  ///< of a run of this one device, for what runs have already
  prepared ready;   ///< credentials for the embedded twin, and TLS
  hand_setup setup; ///< but for the peer, with the embedded twin
};

/// A failure is one sentence and an exit code.
result<hand_plan, startup_error> plan_hand(const device_options& options);

} // namespace fleet::program
