// A stand-in for TLS in tests of streams: octets are XORed, a handshake takes two round trips, and
// either end can be told to fail. Protects nothing.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/remembering_filters.hpp"
#include "protocol/base/stream_filter.hpp"

namespace fleet::support {

/// Frames of a type, a 16-bit length and that many XORed octets.
class toy_filter final : public stream_filter {
public:
  static constexpr std::uint8_t key = 0x5a;

  toy_filter(bool client, std::string failure) : client_(client), failure_(std::move(failure)) {}

  filter_state start(byte_buffer& out) override {
    if (client_) {
      frame('1', {}, out);
    }
    return state_;
  }

  filter_state receive(bytes_view cipher, byte_buffer& plain, byte_buffer& out) override {
    pending_.append(cipher);
    while (pending_.size() >= 3 && state_ != filter_state::failed
           && state_ != filter_state::ended) {
      const std::size_t length = static_cast<std::size_t>(pending_[1]) << 8 | pending_[2];
      if (pending_.size() < 3 + length) {
        break;
      }
      take(pending_[0], pending_.view().subspan(3, length), plain, out);
      pending_.consume(3 + length);
    }
    return state_;
  }

  filter_state send(bytes_view plain, byte_buffer& out) override {
    while (!plain.empty()) {
      const auto part = plain.first(std::min<std::size_t>(plain.size(), 16384));
      frame('d', part, out);
      plain = plain.subspan(part.size());
    }
    return state_;
  }

  void close(byte_buffer& out) override { frame('c', {}, out); }

  [[nodiscard]] std::string error() const override { return error_; }

private:
  static void frame(char type, bytes_view plain, byte_buffer& out) {
    out.push(static_cast<std::uint8_t>(type));
    out.append_u16(static_cast<std::uint16_t>(plain.size()));
    for (const std::uint8_t octet : plain) {
      out.push(octet ^ key);
    }
  }

  void take(std::uint8_t type, bytes_view body, byte_buffer& plain, byte_buffer& out) {
    const char expected = client_ ? (step_ == 0 ? '2' : '4') : (step_ == 0 ? '1' : '3');
    if (state_ == filter_state::handshaking && type == expected) {
      if (!failure_.empty()) {
        frame('a', {}, out);
        fail_with(failure_);
        return;
      }
      if (expected != '4') {
        frame(static_cast<char>(expected + 1), {}, out);
      }
      state_ = step_++ == 1 ? filter_state::open : filter_state::handshaking;
    } else if (state_ == filter_state::open && type == 'd') {
      for (const std::uint8_t octet : body) {
        plain.push(octet ^ key);
      }
    } else if (state_ == filter_state::open && type == 'c') {
      close(out);
      state_ = filter_state::ended;
    } else {
      fail_with(type == 'a' ? "the peer raised an alert" : "a frame nobody expected");
    }
  }

  void fail_with(std::string why) {
    error_ = std::move(why);
    state_ = filter_state::failed;
  }

  bool client_;
  std::string failure_;
  std::string error_;
  byte_buffer pending_;
  int step_ = 0;
  filter_state state_ = filter_state::handshaking;
};

/// Makes toy filters; a `failure` makes each of them refuse the peer with that sentence.
class toy_security final : public stream_filter_factory {
public:
  explicit toy_security(bool client, std::string failure = {})
      : client_(client), failure_(std::move(failure)) {}

  std::unique_ptr<stream_filter> make(std::string_view server_name) override {
    ++made;
    last_name = server_name;
    return std::make_unique<toy_filter>(client_, failure_);
  }
  [[nodiscard]] const filter_model& model() const override { return model_; }

  int made = 0;
  std::string last_name;

private:
  bool client_;
  std::string failure_;
  filter_model model_;
};

/// Notes for which devices it makes a client's filters.
class toy_memory final : public remembering_filter_factory {
public:
  std::unique_ptr<stream_filter> make(std::string_view server_name) override {
    return make_for(server_name, {}, 0);
  }
  std::unique_ptr<stream_filter> make_for(std::string_view server_name, std::string_view place,
                                          std::uint64_t who) override {
    devices.push_back(who);
    last_place = place;
    return plain_.make(server_name);
  }
  stream_filter_factory& forgetful() override { return plain_; }
  [[nodiscard]] const filter_model& model() const override { return plain_.model(); }

  std::vector<std::uint64_t> devices;
  std::string last_place;

private:
  toy_security plain_{true};
};

} // namespace fleet::support
