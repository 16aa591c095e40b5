// What OpenSSL's error queue has to say, for both kinds of session. Internal to this folder.
#pragma once

#include <string>

namespace fleet::tls {

/// The queue belongs to the thread: what another session left there must not become our reason.
/// Asked first, since clearing an empty one costs 5 % of sending a record.
void forget_errors();

/// The words for what the queue holds, which is emptied: the first complaint of the protocol
/// itself, since ciphers below it complain in their own words.
std::string explain_queue();

} // namespace fleet::tls
