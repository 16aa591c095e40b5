// Sessions written down, and the certificate cut out of what OpenSSL writes.
#include "protocol/tls/resumption_store.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::tls {

namespace {

constexpr int peer_tag = 3;     // of the server's certificate in OpenSSL's SSL_SESSION
constexpr int malformed = 0x80; // what ASN1_get_object() answers then

/// The elements of a SEQUENCE but for the certificate, as a SEQUENCE; what is none stays as it is.
std::string without_peer(std::string whole) {
  const auto* at = reinterpret_cast<const unsigned char*>(whole.data());
  long length = 0;
  int tag = 0;
  int kind = 0;
  if ((ASN1_get_object(&at, &length, &tag, &kind, static_cast<long>(whole.size())) & malformed)
      != 0) {
    return whole;
  }
  std::string body;
  for (const unsigned char* const end = at + length; at < end;) {
    const unsigned char* const from = at;
    if ((ASN1_get_object(&at, &length, &tag, &kind, end - at) & malformed) != 0) {
      return whole;
    }
    at += length;
    if (kind != V_ASN1_CONTEXT_SPECIFIC || tag != peer_tag) {
      body.append(reinterpret_cast<const char*>(from), static_cast<std::size_t>(at - from));
    }
  }
  const auto size = static_cast<int>(body.size());
  std::string out(static_cast<std::size_t>(ASN1_object_size(1, size, V_ASN1_SEQUENCE)), 0);
  auto* into = reinterpret_cast<unsigned char*>(out.data());
  ASN1_put_object(&into, 1, size, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
  std::copy(body.begin(), body.end(), into);
  return out;
}

std::string written_down(const SSL_SESSION& session) {
  const int size = i2d_SSL_SESSION(&session, nullptr);
  if (size <= 0) {
    return {};
  }
  std::string octets(static_cast<std::size_t>(size), 0);
  auto* into = reinterpret_cast<unsigned char*>(octets.data());
  i2d_SSL_SESSION(&session, &into);
  return without_peer(std::move(octets));
}

session_ptr read_back(std::string_view octets) {
  const auto* at = reinterpret_cast<const unsigned char*>(octets.data());
  return session_ptr{d2i_SSL_SESSION(nullptr, &at, static_cast<long>(octets.size()))};
}

} // namespace

resumption_store::resumption_store(std::size_t sessions_max)
    : lock_(CRYPTO_THREAD_lock_new()), sessions_max_(sessions_max) {
  FLEET_CHECK(lock_ != nullptr);
}

resumption_store::~resumption_store() {
  CRYPTO_THREAD_lock_free(lock_);
}

std::size_t resumption_store::number_of(std::string_view name, std::string_view place) {
  std::string server{name}; // none of the two has a line's end in it
  server += '\n';
  server += place;
  CRYPTO_THREAD_write_lock(lock_);
  const auto at = std::ranges::find(servers_, server);
  const auto number = static_cast<std::size_t>(at - servers_.begin());
  const bool fresh = at == servers_.end();
  if (fresh && number < servers_max) {
    servers_.push_back(std::move(server));
  }
  CRYPTO_THREAD_unlock(lock_);
  return number;
}

void resumption_store::keep(std::size_t server, std::uint64_t who, const SSL_SESSION& session,
                            const session_term& term) {
  if (server >= servers_max) {
    return;
  }
  std::string octets = written_down(session);
  if (octets.empty()) {
    return;
  }
  CRYPTO_THREAD_write_lock(lock_);
  const auto at = sessions_.find(key(server, who));
  if (at != sessions_.end()) {
    octets_ += octets.size() - at->second.octets.size();
    at->second = {std::move(octets), term};
  } else if (sessions_.size() < sessions_max_) {
    octets_ += octets.size();
    sessions_.emplace(key(server, who), kept{std::move(octets), term});
  }
  CRYPTO_THREAD_unlock(lock_);
}

former_session resumption_store::take(std::size_t server, std::uint64_t who, std::int64_t now) {
  if (server >= servers_max) {
    return {};
  }
  kept found;
  CRYPTO_THREAD_write_lock(lock_);
  const auto at = sessions_.find(key(server, who));
  if (at != sessions_.end()) {
    found = std::move(at->second);
    octets_ -= found.octets.size();
    sessions_.erase(at);
  }
  CRYPTO_THREAD_unlock(lock_);
  if (!found.term.allows(now)) {
    return {};
  }
  return {read_back(found.octets), found.term};
}

std::size_t resumption_store::size() const {
  CRYPTO_THREAD_read_lock(lock_);
  const std::size_t count = sessions_.size();
  CRYPTO_THREAD_unlock(lock_);
  return count;
}

std::size_t resumption_store::octets() const {
  CRYPTO_THREAD_read_lock(lock_);
  const std::size_t count = octets_;
  CRYPTO_THREAD_unlock(lock_);
  return count;
}

} // namespace fleet::tls
