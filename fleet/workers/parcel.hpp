// What a worker is sent of the run's files: all that the coordinator has read, but of credentials
// the rows of its own devices, and of what the coordinator alone has a use for the length. Holds
// secrets; prints none.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/files.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/scenario/plan.hpp"
#include "protocol/alink/identity.hpp"

namespace fleet::program {

/// Octets of all files that one worker is sent.
inline constexpr std::size_t parcel_octets_most = std::size_t{64} << 20;

class parcel_maker {
public:
  parcel_maker() = default;
  /// `files`: as they were read, but for those two that are made anew: the files of credentials and
  /// of products' secrets, which hold more than workers need.
  parcel_maker(const run_options& options, const prepared& ready, std::vector<named_file> files);

  /// For a worker of these devices, in ranges that rise.
  [[nodiscard]] std::vector<named_file> of(const std::vector<device_range>& devices) const;

private:
  [[nodiscard]] std::string rows_of(const std::vector<device_range>& devices) const;

  std::vector<named_file> files_;
  std::string credentials_file_; ///< empty: generated
  std::shared_ptr<const alink::credential_source> credentials_;
  std::vector<device_range> with_rows_; ///< by product
};

/// Why this is too much for one message, in a sentence; nothing: it is not.
std::optional<std::string> too_large(const std::vector<named_file>& files);

} // namespace fleet::program
