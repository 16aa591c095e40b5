// The judge: OpenSSL's chain verification with our clock and strength, and its verdict in words.
// Internal to this folder; verdict.hpp is the part others may read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/tls/openssl.hpp"
#include "protocol/tls/verdict.hpp"

namespace fleet::tls {

/// Verifies the chain in `store` at `unix_time` (seconds; none: OpenSSL's own clock). Answers an
/// empty string when it is good, else the sentence. Strength is judged at level 2 (112 bits)
/// whatever the session's ciphers are.
std::string judge(X509_STORE_CTX* store, std::optional<std::int64_t> unix_time);

/// The host name or the address a session is to be judged for, as OpenSSL keeps it; may be empty.
std::string name_wanted(X509_VERIFY_PARAM* how);

/// Text from a peer made fit for a log: printable characters, quoted, at most 80 of them.
std::string quoted(std::string_view text);

} // namespace fleet::tls
