// Owning pointers for OpenSSL's objects and reading of PEM text. Internal to this folder: no public
// header includes it, so that nobody else sees OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace fleet::tls {

/// Calls the C function that frees an object; as a type, so that the pointer stays one word.
template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;
using ctx_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using session_ptr = std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>>;
using ssl_ptr = std::unique_ptr<SSL, freed_by<SSL_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using ip_ptr = std::unique_ptr<ASN1_OCTET_STRING, freed_by<ASN1_OCTET_STRING_free>>;

/// All certificates of a PEM text, in order; empty when there is none or one is damaged.
std::vector<x509_ptr> read_certificates(std::string_view pem);

/// The private key of a PEM text; null when there is none, it is damaged or locked by a password.
key_ptr read_key(std::string_view pem);

/// The address as 4 or 16 octets when `name` is an IP literal (RFC 6125 B.2), null otherwise.
ip_ptr parse_ip(std::string_view name);

} // namespace fleet::tls
