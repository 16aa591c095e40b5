// Chain verification and the words for what it found.
#include "protocol/tls/verify.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include "protocol/base/check.hpp"

namespace fleet::tls {

namespace {

constexpr int strength_level = 2;
constexpr std::size_t names_shown = 4;

std::string text_of(const ASN1_STRING* string) {
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, string);
  if (length < 0) {
    return {};
  }
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  return text;
}

/// The common name, quoted, or what stands in for it.
std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) {
    return "(no common name)";
  }
  return quoted(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  const unsigned char* octets = ASN1_STRING_get0_data(address);
  const int length = ASN1_STRING_length(address);
  std::string text;
  std::array<char, 8> part{};
  if (length == 4) {
    for (int i = 0; i < 4; ++i) {
      std::snprintf(part.data(), part.size(), i == 0 ? "%u" : ".%u", unsigned{octets[i]});
      text += part.data();
    }
  } else if (length == 16) {
    for (int i = 0; i < 16; i += 2) {
      const unsigned word = unsigned{octets[i]} << 8 | octets[i + 1];
      std::snprintf(part.data(), part.size(), i == 0 ? "%x" : ":%x", word);
      text += part.data();
    }
  }
  return text;
}

/// What the certificate bears: its alternative names, or its common name when it has none.
std::string names_borne(X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string text;
  std::size_t count = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    std::string one;
    if (name->type == GEN_DNS) {
      one = text_of(name->d.dNSName);
    } else if (name->type == GEN_IPADD) {
      one = address_text(name->d.iPAddress);
    } else {
      continue;
    }
    if (++count <= names_shown) {
      text += (count > 1 ? ", " : "") + quoted(one);
    }
  }
  GENERAL_NAMES_free(names);
  if (count > names_shown) {
    text += " and " + std::to_string(count - names_shown) + " more";
  }
  return count > 0 ? text : common_name(X509_get_subject_name(certificate));
}

std::string moment(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return "an unreadable date";
  }
  std::array<char, 40> text{};
  if (std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
    return "an unreadable date";
  }
  return text.data();
}

std::string key_text(X509* certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) {
    return "an unreadable key";
  }
  const char* type = EVP_PKEY_get0_type_name(key);
  return std::string{type != nullptr ? type : "a key"} + " of "
         + std::to_string(EVP_PKEY_get_bits(key)) + " bits";
}

/// A certificate the peer sent that bears the wanted issuer's name but may not issue.
X509* powerless_issuer(X509_STORE_CTX* store, X509* child) {
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; i < sk_X509_num(sent); ++i) {
    X509* candidate = sk_X509_value(sent, i);
    if (X509_NAME_cmp(X509_get_subject_name(candidate), X509_get_issuer_name(child)) != 0) {
      continue;
    }
    const bool may_sign = (X509_get_key_usage(candidate) & KU_KEY_CERT_SIGN) != 0;
    if (X509_check_ca(candidate) == 0 || !may_sign) {
      return candidate;
    }
  }
  return nullptr;
}

std::string no_authority(X509* issuer) {
  return refusal_sentence(refusal::issuer_not_authority,
                          "it was issued by " + common_name(X509_get_subject_name(issuer))
                              + ", which may not issue certificates");
}

std::string unknown_issuer(X509_STORE_CTX* store, X509* at) {
  if (X509* issuer = powerless_issuer(store, at)) {
    return no_authority(issuer);
  }
  return refusal_sentence(refusal::unknown_issuer, common_name(X509_get_subject_name(at))
                                                       + " was issued by "
                                                       + common_name(X509_get_issuer_name(at))
                                                       + ", which is not trusted here");
}

std::string too_weak(refusal kind, X509* at) {
  const std::string name = common_name(X509_get_subject_name(at));
  if (kind == refusal::weak_key) {
    return refusal_sentence(kind, name + " has " + key_text(at) + ", too few");
  }
  const int algorithm = X509_get_signature_nid(at);
  const char* words = OBJ_nid2ln(algorithm);
  return refusal_sentence(kind, name + " is signed with "
                                    + (words != nullptr ? words : "an unknown algorithm")
                                    + ", which is broken");
}

/// The sentence for OpenSSL's error `code`, found at the certificate `at` of the chain.
std::string describe(X509_STORE_CTX* store, int code, X509* at) {
  const std::string name = common_name(X509_get_subject_name(at));
  switch (code) { // an int of OpenSSL's, not an enum of ours
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return refusal_sentence(refusal::wrong_subject,
                              "expected " + quoted(name_wanted(X509_STORE_CTX_get0_param(store)))
                                  + ", the certificate bears " + names_borne(at));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return unknown_issuer(store, at);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return refusal_sentence(refusal::self_signed,
                              name + " vouches for itself and is not trusted here");
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return refusal_sentence(refusal::expired,
                              name + " was valid until " + moment(X509_get0_notAfter(at)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return refusal_sentence(refusal::not_yet_valid,
                              name + " is not valid before " + moment(X509_get0_notBefore(at)));
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL: return too_weak(refusal::weak_key, at);
    case X509_V_ERR_CA_MD_TOO_WEAK: return too_weak(refusal::weak_signature, at);
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN: return no_authority(at);
    case X509_V_ERR_INVALID_PURPOSE:
      return refusal_sentence(refusal::wrong_purpose, name + " is not made for a server");
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
    case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
      return refusal_sentence(refusal::damaged, "the signature on " + name + " is not that of "
                                                    + common_name(X509_get_issuer_name(at)));
    default:
      return refusal_sentence(refusal::other, name + ": " + X509_verify_cert_error_string(code));
  }
}

} // namespace

std::string_view to_string(refusal kind) noexcept {
  switch (kind) {
    case refusal::wrong_subject: return "wrong subject";
    case refusal::unknown_issuer: return "unknown issuer";
    case refusal::self_signed: return "self-signed";
    case refusal::expired: return "expired";
    case refusal::not_yet_valid: return "not yet valid";
    case refusal::weak_key: return "weak key";
    case refusal::weak_signature: return "weak signature";
    case refusal::issuer_not_authority: return "issuer is no authority";
    case refusal::wrong_purpose: return "wrong purpose";
    case refusal::damaged: return "damaged";
    case refusal::other: return "not acceptable";
  }
  FLEET_CHECK(false);
}

std::string refusal_sentence(refusal kind, std::string_view detail) {
  std::string text = "certificate refused: ";
  text += to_string(kind);
  if (!detail.empty()) {
    text += ": ";
    text += detail;
  }
  return text;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t limit = 80;
  std::string out = "\"";
  for (const char c : text.substr(0, limit)) {
    // Octets above ASCII stay: names may be UTF-8. Controls and quotes could forge a log line.
    const auto octet = static_cast<unsigned char>(c);
    out += (octet < 0x20 || octet == 0x7f || c == '"' || c == '\\') ? '?' : c;
  }
  return out + (text.size() > limit ? "…\"" : "\"");
}

std::string name_wanted(X509_VERIFY_PARAM* how) {
  if (const char* host = X509_VERIFY_PARAM_get0_host(how, 0)) {
    return host;
  }
  char* address = X509_VERIFY_PARAM_get1_ip_asc(how);
  std::string text = address != nullptr ? address : "";
  OPENSSL_free(address);
  return text;
}

std::string judge(X509_STORE_CTX* store, std::optional<std::int64_t> unix_time) {
  X509_VERIFY_PARAM* how = X509_STORE_CTX_get0_param(store);
  X509_VERIFY_PARAM_set_auth_level(how, strength_level);
  if (unix_time) {
    X509_VERIFY_PARAM_set_time(how, static_cast<std::time_t>(*unix_time));
  }
  if (X509_verify_cert(store) == 1) {
    return {};
  }
  const int code = X509_STORE_CTX_get_error(store);
  X509* at = X509_STORE_CTX_get_current_cert(store);
  if (at == nullptr) {
    at = X509_STORE_CTX_get0_cert(store);
  }
  if (at == nullptr) {
    return refusal_sentence(refusal::other, "the peer sent none");
  }
  return describe(store, code == X509_V_OK ? X509_V_ERR_UNSPECIFIED : code, at);
}

} // namespace fleet::tls
