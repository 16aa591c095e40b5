// TLS of a run: who proves itself to whom, before anything starts.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// Makes what products with TLS or DTLS need: the devices' side, and of the embedded twin that of
/// TLS.
std::optional<startup_error> secure(const run_options& options, prepared& out);

/// TLS of devices that behave so. Strict ones resume the session of their connection before; the
/// vendor's SDK keeps none unless built with TLS_SAVE_TICKET, so each of its handshakes is a full
/// one. After secure().
stream_filter_factory* security_for(actors::behaviour behaviour, const prepared& ready);

/// The same without its memory: for whoever looks at a target and is no device, and so neither
/// takes a device's session nor leaves one. Null stays null.
stream_filter_factory* forgetful(stream_filter_factory* security);

/// DTLS of the embedded twin, with the key of each identity (aliyun-iot.md §17.1); after secure().
result<std::unique_ptr<datagram_filter_door>, startup_error>
secure_datagrams(const run_options& options, const prepared& ready,
                 std::function<std::string(std::string_view identity)> key_of);

} // namespace fleet::program
