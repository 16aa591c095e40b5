// Reading PEM text into OpenSSL's objects.
#include "protocol/tls/openssl.hpp"

#include <climits>

namespace fleet::tls {

namespace {

bio_ptr memory_of(std::string_view text) {
  if (text.size() > INT_MAX) {
    return nullptr;
  }
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// Refuses to ask for a password: without a callback OpenSSL would prompt on the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return -1;
}

} // namespace

std::vector<x509_ptr> read_certificates(std::string_view pem) {
  std::vector<x509_ptr> found;
  const bio_ptr source = memory_of(pem);
  if (!source) {
    return found;
  }
  ERR_clear_error();
  while (x509_ptr next{PEM_read_bio_X509(source.get(), nullptr, no_password, nullptr)}) {
    found.push_back(std::move(next));
  }
  // The end of the text shows as "no start line"; anything else is a damaged certificate.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    found.clear();
  }
  ERR_clear_error();
  return found;
}

key_ptr read_key(std::string_view pem) {
  const bio_ptr source = memory_of(pem);
  key_ptr key;
  if (source) {
    key.reset(PEM_read_bio_PrivateKey(source.get(), nullptr, no_password, nullptr));
  }
  ERR_clear_error();
  return key;
}

ip_ptr parse_ip(std::string_view name) {
  if (name.empty() || name.find('\0') != std::string_view::npos) {
    return nullptr;
  }
  ip_ptr address{a2i_IPADDRESS(std::string{name}.c_str())};
  ERR_clear_error();
  return address;
}

} // namespace fleet::tls
