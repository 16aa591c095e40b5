// Building X.509 version 3 certificates (RFC 5280 §4).
#include "protocol/tls/authority.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>

#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "protocol/base/check.hpp"
#include "protocol/tls/openssl.hpp"

namespace fleet::tls {

namespace {

constexpr std::int64_t day_s = 86400;
constexpr std::size_t most_names = 64;
constexpr std::size_t longest_common_name = 64; // RFC 5280 A.1, ub-common-name
constexpr unsigned rsa_bits = 2048;

/// Everything a certificate is made of but its issuer.
struct draft {
  std::string common_name;
  std::vector<std::string> names;
  validity valid;
  EVP_PKEY* key = nullptr;
  bool is_authority = false;
  const char* purpose = "serverAuth";
  const EVP_MD* digest = EVP_sha256();
};

key_ptr new_key(key_kind kind) {
  key_ptr key{kind == key_kind::p256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(rsa_bits)};
  FLEET_CHECK(key != nullptr);
  return key;
}

/// Puts one extension in OpenSSL's configuration notation; never with text from outside.
bool extend(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX how{};
  X509V3_set_ctx(&how, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &how, nid, value);
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool add_name(GENERAL_NAMES* names, const std::string& name) {
  GENERAL_NAME* entry = GENERAL_NAME_new();
  FLEET_CHECK(entry != nullptr);
  if (ip_ptr address = parse_ip(name)) {
    GENERAL_NAME_set0_value(entry, GEN_IPADD, address.release());
  } else {
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    FLEET_CHECK(text != nullptr);
    FLEET_CHECK(ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())) == 1);
    GENERAL_NAME_set0_value(entry, GEN_DNS, text);
  }
  return sk_GENERAL_NAME_push(names, entry) > 0;
}

bool add_names(X509* certificate, const std::vector<std::string>& names) {
  GENERAL_NAMES* list = GENERAL_NAMES_new();
  FLEET_CHECK(list != nullptr);
  bool good = true;
  for (const std::string& name : names) {
    good = good && add_name(list, name);
  }
  good = good && X509_add1_ext_i2d(certificate, NID_subject_alt_name, list, 0, 0) == 1;
  GENERAL_NAMES_free(list);
  return good;
}

bool set_serial(X509* certificate) {
  // 127 random bits, positive and never zero: unique without a register (RFC 5280 §4.1.2.2).
  std::array<std::uint8_t, 16> octets{};
  if (RAND_bytes(octets.data(), static_cast<int>(octets.size())) != 1) {
    return false;
  }
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x7fU) | 0x40U);
  BIGNUM* number = BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr);
  const bool set = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

bool set_subject(X509* certificate, const std::string& common_name) {
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  X509_NAME* subject = X509_get_subject_name(certificate);
  return common_name.empty()
         || X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, text,
                                       static_cast<int>(common_name.size()), -1, 0)
                == 1;
}

bool set_validity(X509* certificate, validity valid) {
  const auto set = [](ASN1_TIME* at, std::int64_t unix_s) {
    return ASN1_TIME_adj(at, static_cast<std::time_t>(unix_s), 0, 0) != nullptr;
  };
  return set(X509_getm_notBefore(certificate), valid.from_unix_s)
         && set(X509_getm_notAfter(certificate), valid.until_unix_s);
}

/// A signed certificate; `issuer` null means signed with its own key. Null when a time or a name
/// does not fit into one.
x509_ptr sign(const draft& what, X509* issuer, EVP_PKEY* issuer_key) {
  x509_ptr made{X509_new()};
  FLEET_CHECK(made != nullptr);
  X509* c = made.get();
  X509* by = issuer != nullptr ? issuer : c;
  const bool rsa = EVP_PKEY_is_a(what.key, "RSA") == 1;
  const char* usage = what.is_authority ? "critical,keyCertSign,cRLSign"
                      : rsa             ? "critical,digitalSignature,keyEncipherment"
                                        : "critical,digitalSignature";
  bool good =
      X509_set_version(c, X509_VERSION_3) == 1 && set_serial(c) && set_subject(c, what.common_name)
      && set_validity(c, what.valid) && X509_set_pubkey(c, what.key) == 1
      && X509_set_issuer_name(c, X509_get_subject_name(by)) == 1
      && extend(c, by, NID_basic_constraints,
                what.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE")
      && extend(c, by, NID_key_usage, usage) && extend(c, by, NID_subject_key_identifier, "hash")
      && extend(c, by, NID_authority_key_identifier, "keyid");
  if (!what.is_authority) {
    good = good && extend(c, by, NID_ext_key_usage, what.purpose) && add_names(c, what.names);
  }
  good = good && X509_sign(c, issuer != nullptr ? issuer_key : what.key, what.digest) > 0;
  ERR_clear_error();
  return good ? std::move(made) : nullptr;
}

std::string text_in(BIO* bio) {
  const char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string{};
}

std::string pem_of(X509* certificate) {
  const bio_ptr to{BIO_new(BIO_s_mem())};
  FLEET_CHECK(to && PEM_write_bio_X509(to.get(), certificate) == 1);
  return text_in(to.get());
}

std::string pem_of(EVP_PKEY* key) {
  const bio_ptr to{BIO_new(BIO_s_secmem())};
  FLEET_CHECK(
      to && PEM_write_bio_PrivateKey(to.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_in(to.get());
}

/// Empty, or what is wrong with a name for a certificate.
std::string complaint_about(const std::string& name) {
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_'
           || c == '*';
  };
  const bool sound = !name.empty() && name.size() <= 253 && std::ranges::all_of(name, allowed);
  return sound || parse_ip(name) ? std::string{}
                                 : "a certificate cannot bear the name \"" + name + "\"";
}

std::string complaint_about(validity valid) {
  return valid.from_unix_s < valid.until_unix_s ? std::string{}
                                                : "a certificate must end after it begins";
}

/// Empty, or what is wrong with the request.
std::string complaint_about(const leaf_request& request) {
  if (request.names.empty() || request.names.size() > most_names) {
    return "a certificate bears 1 to 64 names";
  }
  for (const std::string& name : request.names) {
    if (std::string why = complaint_about(name); !why.empty()) {
      return why;
    }
  }
  return complaint_about(request.valid);
}

/// Gives a draft the flaws that lie in the certificate itself.
void spoil(draft& leaf, flaw how) {
  const std::int64_t span_s = leaf.valid.until_unix_s - leaf.valid.from_unix_s;
  switch (how) {
    case flaw::none:
    case flaw::weak_key:       // of the key, made elsewhere
    case flaw::unknown_issuer: // of the signature, as the next two
    case flaw::self_signed:
    case flaw::issuer_not_authority: break;
    case flaw::expired:
      leaf.valid.until_unix_s = leaf.valid.from_unix_s - day_s;
      leaf.valid.from_unix_s = leaf.valid.until_unix_s - span_s;
      break;
    case flaw::not_yet_valid:
      leaf.valid.from_unix_s = leaf.valid.until_unix_s + day_s;
      leaf.valid.until_unix_s = leaf.valid.from_unix_s + span_s;
      break;
    case flaw::wrong_name: leaf.names = {"somebody-else.invalid"}; break;
    case flaw::weak_signature: leaf.digest = EVP_sha1(); break;
    case flaw::wrong_purpose: leaf.purpose = "clientAuth"; break;
  }
}

} // namespace

struct authority::keys {
  x509_ptr certificate;
  key_ptr key;

  /// The chain for `leaf` as PEM, signed by whom `how` says; empty when it cannot be made.
  [[nodiscard]] std::string chain_for(const draft& leaf, flaw how) const {
    const auto chain = [&leaf](X509* issuer, EVP_PKEY* issuer_key) {
      const x509_ptr made = sign(leaf, issuer, issuer_key);
      return made ? pem_of(made.get()) : std::string{};
    };
    if (how == flaw::self_signed) {
      return chain(nullptr, nullptr);
    }
    if (how != flaw::unknown_issuer && how != flaw::issuer_not_authority) {
      return chain(certificate.get(), key.get());
    }
    const bool stranger = how == flaw::unknown_issuer;
    const key_ptr between_key = new_key(key_kind::rsa2048);
    draft between = leaf;
    between.common_name = stranger ? "an authority nobody knows" : "not an authority";
    between.key = between_key.get();
    between.is_authority = stranger;
    const x509_ptr issuer =
        stranger ? sign(between, nullptr, nullptr) : sign(between, certificate.get(), key.get());
    std::string text = issuer ? chain(issuer.get(), between_key.get()) : std::string{};
    return text.empty() || stranger ? text : text + pem_of(issuer.get());
  }
};

authority::authority(std::unique_ptr<keys> held) : keys_(std::move(held)) {}
authority::authority(authority&&) noexcept = default;
authority& authority::operator=(authority&&) noexcept = default;
authority::~authority() = default;

result<authority, std::string> authority::make(std::string_view common_name, validity valid) {
  if (std::string why = complaint_about(valid); !why.empty()) {
    return fail(std::move(why));
  }
  if (common_name.empty() || common_name.size() > longest_common_name) {
    return fail(std::string{"an authority's name has 1 to 64 octets"});
  }
  auto held = std::make_unique<keys>();
  held->key = new_key(key_kind::rsa2048);
  draft self;
  self.common_name = common_name;
  self.valid = valid;
  self.key = held->key.get();
  self.is_authority = true;
  held->certificate = sign(self, nullptr, nullptr);
  if (!held->certificate) {
    return fail(std::string{"an authority of this name and validity cannot be made"});
  }
  return authority{std::move(held)};
}

result<authority, std::string> authority::load(std::string_view certificate_pem,
                                               std::string_view key_pem) {
  auto held = std::make_unique<keys>();
  std::vector<x509_ptr> found = read_certificates(certificate_pem);
  if (found.size() != 1) {
    return fail(std::string{"the authority's certificate is not one PEM certificate"});
  }
  held->certificate = std::move(found.front());
  held->key = read_key(key_pem);
  if (!held->key) {
    return fail(std::string{"the authority's key is not PEM, is damaged, or is locked"});
  }
  if (X509_check_private_key(held->certificate.get(), held->key.get()) != 1) {
    ERR_clear_error();
    return fail(std::string{"the authority's key does not belong to its certificate"});
  }
  if (X509_check_ca(held->certificate.get()) != 1) {
    return fail(std::string{"the certificate may not issue others (CA:FALSE)"});
  }
  return authority{std::move(held)};
}

std::string authority::certificate_pem() const {
  return pem_of(keys_->certificate.get());
}

std::string authority::key_pem() const {
  return pem_of(keys_->key.get());
}

result<key_pair, std::string> authority::issue(const leaf_request& request) const {
  if (std::string why = complaint_about(request); !why.empty()) {
    return fail(std::move(why));
  }
  const key_ptr key =
      request.spoiled_by == flaw::weak_key ? key_ptr{EVP_RSA_gen(1024U)} : new_key(request.key);
  FLEET_CHECK(key != nullptr);
  draft leaf;
  leaf.names = request.names;
  leaf.valid = request.valid;
  leaf.key = key.get();
  spoil(leaf, request.spoiled_by);
  const auto named = std::ranges::find_if(leaf.names, [](const std::string& name) {
    return name.size() <= longest_common_name && !parse_ip(name);
  });
  leaf.common_name = named != leaf.names.end() ? *named : std::string{"fleet"};
  std::string chain = keys_->chain_for(leaf, request.spoiled_by);
  if (chain.empty()) {
    return fail(std::string{"a certificate of these names and this validity cannot be made"});
  }
  return key_pair{std::move(chain), pem_of(key.get())};
}

} // namespace fleet::tls
