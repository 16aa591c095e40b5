// The certificate of a twin that serves TLS: from the user's files, or from the twin's own
// authority, made on first start and kept in its data folder.
#pragma once

#include <memory>

#include "fleet/options.hpp"
#include "fleet/run/prepare.hpp"
#include "protocol/base/stream_filter.hpp"

namespace fleet::program {

/// The factory for the TLS listeners. With a data folder the authority lives in `ca.pem` and,
/// readable by its owner alone, `ca.key`; without one it is forgotten, and clients can only connect
/// unverified.
result<std::unique_ptr<stream_filter_factory>, startup_error>
make_twin_security(const cloud_options& options);

} // namespace fleet::program
