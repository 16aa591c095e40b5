// What the peer programs of this folder have in common: their words, lines in and lines out. Not
// for users.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "protocol/tls/dtls.hpp"

namespace fleet::interop {

inline std::string file_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline std::string from_hex(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return out;
}

/// What a peer was told on its command line.
struct settings {
  std::string identity;
  std::string key;
  std::string name;
  std::string ca;
  std::string ciphers;
  tls::key_pair pair;
  std::string capture;    ///< file for what is sent, in the clear
  std::uint8_t block = 6; ///< size exponent
  bool hasty = false;     ///< gives handshakes up soon

  [[nodiscard]] bool secure() const {
    return !key.empty() || !name.empty() || !pair.chain_pem.empty();
  }
};

inline settings read_words(const std::vector<std::string>& given) {
  settings s;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const bool two = i + 2 < given.size();
    if (given[i] == "key" && two) {
      s.identity = given[i + 1];
      s.key = from_hex(given[i + 2]);
    } else if (given[i] == "name" && two) {
      s.name = given[i + 1];
      s.ca = file_text(given[i + 2]);
    } else if (given[i] == "certificate" && two) {
      s.pair = {file_text(given[i + 1]), file_text(given[i + 2])};
    } else if (given[i] == "ciphers" && i + 1 < given.size()) {
      s.ciphers = given[i + 1];
    } else if (given[i] == "--capture" && i + 1 < given.size()) {
      s.capture = given[i + 1];
    } else if (given[i] == "hasty") {
      s.hasty = true;
    } else if (given[i] == "block" && i + 1 < given.size()) {
      s.block = static_cast<std::uint8_t>(std::stoi(given[i + 1]));
    }
  }
  return s;
}

inline void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

/// Whole lines of standard input so far, their ends left out; false at its end.
class line_reader {
public:
  line_reader() { ::fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK); }
  bool read(std::vector<std::string>& lines) {
    char buffer[4096];
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got == 0) {
      return false;
    }
    kept_.append(buffer, got < 0 ? 0 : static_cast<std::size_t>(got));
    for (auto end = kept_.find('\n'); end != std::string::npos; end = kept_.find('\n')) {
      lines.push_back(kept_.substr(0, end));
      kept_.erase(0, end + 1);
    }
    return true;
  }

private:
  std::string kept_;
};

inline tls::dtls_common common_options(const settings& s) {
  tls::dtls_common common;
  common.ciphers = s.ciphers;
  if (s.hasty) {
    common.patience = {std::chrono::milliseconds{100}, std::chrono::milliseconds{200}, 3};
  }
  return common;
}

inline tls::dtls_client_options client_options(const settings& s) {
  tls::dtls_client_options options;
  options.ca_pem = s.ca;
  options.verify = !s.ca.empty();
  options.common = common_options(s);
  return options;
}

/// `s` must outlive what is made with it.
inline tls::dtls_server_options server_options(const settings& s) {
  tls::dtls_server_options options;
  options.identity = s.pair;
  options.common = common_options(s);
  if (!s.identity.empty()) {
    options.key_of = [&s](std::string_view who) {
      return who == s.identity ? s.key : std::string{};
    };
  }
  return options;
}

} // namespace fleet::interop
