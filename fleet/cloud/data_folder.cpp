// Opening the data folder, and its two messages.
#include "fleet/cloud/data_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace fleet::program {

namespace {

/// The key that signs log-on tokens: a token outlives the twin that gave it, as its device does.
std::optional<startup_error> keep_logon_key(const std::string& file, std::string& key) {
  if (::access(file.c_str(), F_OK) == 0) {
    auto text = read_file(file);
    if (!text) {
      return text.error();
    }
    if (text.value().empty()) {
      return startup_error{exit_code::environment_failed,
                           file + " is empty; take it away, and a new key is made"};
    }
    key = std::move(text).value();
  } else if (!write_file_with_mode(file, key, 0600)) {
    return startup_error{exit_code::environment_failed,
                         fmt::format("cannot write {}: {}", file, std::strerror(errno))};
  }
  return std::nullopt;
}

} // namespace

bool write_file_with_mode(const std::string& path, const std::string& text, mode_t mode) {
  const std::string beside = path + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) {
    return false;
  }
  const bool whole = fchmod(fd, mode) == 0
                     && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return close(fd) == 0 && whole && std::rename(beside.c_str(), path.c_str()) == 0;
}

result<std::unique_ptr<data_folder>, startup_error> data_folder::open(const std::string& path,
                                                                      cloud::twin_options& into) {
  auto opened = cloud::store::open(path);
  if (!opened) {
    return fail(startup_error{exit_code::environment_failed, opened.error().message});
  }
  if (auto error = keep_logon_key(path + "/logon.key", into.logon_key)) {
    return fail(std::move(*error));
  }
  std::unique_ptr<data_folder> made{new data_folder{path}};
  into.store = std::make_shared<cloud::store>(std::move(opened).value());
  into.store_told = made.get();
  return made;
}

void data_folder::attach(std::uint64_t unused, web_host& web, hal::home* office) {
  web_ = &web;
  many_ = office != nullptr;
  if (many_) {
    office->watch_sends(*this);
  }
  if (unused != 0) {
    std::fprintf(stderr,
                 "note: %llu rows of %s are of devices that are not known here; they stay there\n",
                 static_cast<unsigned long long>(unused), path_.c_str());
  }
}

// Of several homes each tells by itself, on its thread; people are told once.
void data_folder::on_withheld(const cloud::store_failure& why, bool first) {
  if (web_ != nullptr) {
    many_ ? web_->reset_front_soon() : web_->reset_all();
  }
  if (first && failing_++ == 0) {
    std::fprintf(stderr,
                 "fleet cloud serve: %s; connections are ended and nothing is acknowledged until "
                 "it can be kept\n",
                 why.message.c_str());
  }
}

void data_folder::on_recovered() {
  if (--failing_ == 0) {
    std::fprintf(stderr, "fleet cloud serve: %s can be written again\n", path_.c_str());
  }
}

// The office has nothing to keep, and what it sends may speak of what a home could not.
void data_folder::on_sending() {
  if (failing_ != 0 && web_ != nullptr) {
    web_->reset_admin();
  }
}

} // namespace fleet::program
