// Everything a run needs that can fail before it starts: files, names, certificates, descriptors.
// All of it is looked at before the first device exists; a failure is one sentence and an exit
// code.
#pragma once

#include <memory>
#include <string>

#include "actors/device/dialect.hpp"
#include "actors/device/settings.hpp"
#include "fleet/options.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/stream_filter.hpp"

namespace fleet::program {

struct startup_error {
  exit_code code = exit_code::environment_failed;
  std::string message; ///< one line, without a newline
};

/// What outlives the devices.
struct prepared {
  std::uint64_t seed = 0;
  std::shared_ptr<const alink::credential_source> credentials;
  std::unique_ptr<actors::dialect> speech;
  std::unique_ptr<stream_filter_factory> client_security;
  std::unique_ptr<stream_filter_factory> twin_security; ///< of the embedded twin
  actors::product_settings product;
  std::string target_text; ///< for people
};

/// A whole file, or a sentence that names it.
result<std::string, startup_error> read_file(const std::string& path);

/// Credentials from a file, or generated for `product_key`.
result<std::shared_ptr<const alink::credential_source>, startup_error>
load_credentials(const std::string& file, const std::string& product_key);

result<prepared, startup_error> prepare(const run_options& options);

} // namespace fleet::program
