// The certificate of a twin that serves TLS: from the user's files, or from the twin's own
// authority, made on first start and kept in its data folder.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/options.hpp"
#include "fleet/run/prepare.hpp"
#include "protocol/base/datagram_filter.hpp"
#include "protocol/base/stream_filter.hpp"

namespace fleet::program {

/// What encrypts for the twin; both by one certificate.
struct twin_security {
  std::unique_ptr<stream_filter_factory> streams;
  std::unique_ptr<datagram_filter_door> datagrams; ///< null: no listener asks for it
};

/// The key of a DTLS client that calls itself so; empty: nobody's.
using dtls_key_finder = std::function<std::string(std::string_view identity)>;

/// For whom the twin's own certificate speaks: this machine's own loopback, --advertise, the
/// addresses of the listeners over TLS and DTLS, and where one of these is on all addresses,
/// `machine`, which is this machine's name.
std::vector<std::string> certificate_names(const cloud_options& options,
                                           const std::string& machine);

/// For the TLS and DTLS listeners. With a data folder the authority lives in `ca.pem` and,
/// readable by its owner alone, `ca.key`; without one it is forgotten, and clients can only connect
/// unverified.
result<twin_security, startup_error> make_twin_security(const cloud_options& options,
                                                        dtls_key_finder key_of);

} // namespace fleet::program
