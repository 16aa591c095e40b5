// Preamble, mark, and what lies between.
#include "protocol/alink/id2_stream.hpp"

#include <algorithm>

#include "protocol/base/hmac.hpp"

namespace fleet::alink {

namespace {

constexpr std::string_view magic = "ID2M";
constexpr char version = 1;
constexpr std::size_t mark_octets = 5;
constexpr std::size_t connack_octets = 4;
constexpr std::uint8_t connack_head = 0x20;

std::string digits_of(std::span<const std::uint8_t> octets) {
  std::string out;
  for (const std::uint8_t octet : octets) {
    out += "0123456789abcdef"[octet >> 4];
    out += "0123456789abcdef"[octet & 15];
  }
  return out;
}

std::optional<aes_ctr> direction(std::string_view key, std::string_view name,
                                 const std::string& nonce) {
  const auto both = hmac_hex(hmac_hash::sha256, key, std::string{name} + nonce);
  const auto half = both.size() / 2;
  const auto cipher_key = read_stream_key(std::string_view{both}.substr(0, half));
  const auto counter = read_stream_key(std::string_view{both}.substr(half));
  if (!cipher_key || !counter) {
    return std::nullopt;
  }
  return aes_ctr{*cipher_key, *counter};
}

} // namespace

void append_id2_preamble(byte_buffer& out, const id2_preamble& what) {
  out.append(magic);
  out.push(version);
  out.push(static_cast<std::uint8_t>(what.secure_mode));
  for (const auto* name : {&what.product_key, &what.device_name}) {
    out.push(static_cast<std::uint8_t>(name->size()));
    out.append(*name);
  }
  out.append(bytes_view{what.nonce});
}

std::optional<id2_ciphers> make_id2_ciphers(std::string_view key, const id2_preamble& of) {
  if (!read_stream_key(key)) {
    return std::nullopt;
  }
  const auto nonce = digits_of(of.nonce);
  auto up = direction(key, "up ", nonce);
  auto down = direction(key, "down ", nonce);
  if (!up || !down) {
    return std::nullopt;
  }
  return id2_ciphers{std::move(*up), std::move(*down)};
}

id2_client_stream::id2_client_stream(id2_preamble who, id2_ciphers ciphers)
    : who_(std::move(who)), ciphers_(std::move(ciphers)) {}

void id2_client_stream::begin(byte_buffer& out) {
  append_id2_preamble(out, who_);
}

void id2_client_stream::seal(std::span<std::uint8_t> leaving) {
  ciphers_.up.apply(leaving);
}

bool id2_client_stream::open(bytes_view arrived, byte_buffer& plain) {
  while (state_ == state::waiting && !arrived.empty()) {
    first_[held_++] = arrived.front();
    arrived = arrived.subspan(1);
    look(plain);
  }
  switch (state_) {
    case state::waiting: return true;
    case state::broken: return false;
    case state::refused: return true; // nothing more is believed
    case state::marked: break;
  }
  const auto from = plain.size();
  plain.append(arrived);
  if (!arrived.empty()) {
    ciphers_.down.apply({&plain[from], arrived.size()});
  }
  return true;
}

/// Judges the first octets as far as they came.
void id2_client_stream::look(byte_buffer& plain) {
  const bytes_view came{first_.data(), held_};
  if (came.front() == connack_head) {
    if (held_ == connack_octets) {
      const bool refuses = came[1] == 2 && came[3] != 0;
      state_ = refuses ? state::refused : state::broken;
      if (refuses) {
        plain.append(came);
      }
    }
    return;
  }
  const std::string mark = std::string{magic} + version;
  if (as_text(came) != std::string_view{mark}.substr(0, held_)) {
    state_ = state::broken;
  } else if (held_ == mark_octets) {
    state_ = state::marked;
  }
}

id2_server_stream::progress id2_server_stream::take(bytes_view& arrived) {
  auto so_far = progress::incomplete;
  while (so_far == progress::incomplete && !arrived.empty()) {
    held_.push_back(static_cast<char>(arrived.front()));
    arrived = arrived.subspan(1);
    so_far = read();
  }
  return so_far;
}

/// Reads the preamble again with each octet: it has at most 76, once a connection.
id2_server_stream::progress id2_server_stream::read() {
  const std::string_view all{held_};
  const std::string head = std::string{magic} + version;
  if (all.substr(0, head.size()) != std::string_view{head}.substr(0, all.size())) {
    return progress::broken;
  }
  std::size_t at = head.size();
  if (all.size() <= at) {
    return progress::incomplete;
  }
  who_.secure_mode = static_cast<unsigned char>(all[at++]);
  if (!id2_encrypts(who_.secure_mode)) {
    return progress::broken;
  }
  struct field {
    std::string* into;
    std::size_t limit;
  };
  for (const auto& f :
       {field{&who_.product_key, max_product_key}, field{&who_.device_name, max_device_name}}) {
    if (all.size() <= at) {
      return progress::incomplete;
    }
    const std::size_t length = static_cast<unsigned char>(all[at++]);
    if (length > f.limit) {
      return progress::broken;
    }
    if (all.size() < at + length) {
      return progress::incomplete;
    }
    *f.into = all.substr(at, length);
    at += length;
    if (!valid_name(*f.into, f.limit)) {
      return progress::broken;
    }
  }
  if (all.size() < at + who_.nonce.size()) {
    return progress::incomplete;
  }
  std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(at), who_.nonce.size(), who_.nonce.begin());
  std::string{}.swap(held_);
  return progress::named;
}

bool id2_server_stream::unlock(std::string_view key, byte_buffer& out) {
  ciphers_ = make_id2_ciphers(key, who_);
  if (!ciphers_) {
    return false;
  }
  out.append(magic);
  out.push(version);
  return true;
}

void id2_server_stream::seal(std::span<std::uint8_t> leaving) {
  ciphers_->down.apply(leaving);
}

void id2_server_stream::open(bytes_view arrived, byte_buffer& plain) {
  const auto from = plain.size();
  plain.append(arrived);
  if (!arrived.empty()) {
    ciphers_->up.apply({&plain[from], arrived.size()});
  }
}

} // namespace fleet::alink
