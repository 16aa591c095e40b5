// Where to begin, piece by piece, and whether what arrived is what was sent.
#include "fleet/console/firmware_upload.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "fleet/console/rollout_request.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/alink/ota_messages.hpp"

namespace fleet::program {

namespace {

constexpr std::uint64_t size_most = alink::max_firmware_size;

} // namespace

bool firmware_upload::open() {
  file_.reset(std::fopen(what_.file.c_str(), "rb"));
  struct stat facts {};
  if (!file_ || ::fstat(::fileno(file_.get()), &facts) != 0) {
    return wrong(exit_code::wrong_usage,
                 fmt::format("{}: cannot be opened: {}", what_.file, std::strerror(errno)));
  }
  if (!S_ISREG(facts.st_mode)) {
    return wrong(exit_code::wrong_usage, what_.file + " is no file");
  }
  size_ = static_cast<std::uint64_t>(facts.st_size);
  if (size_ == 0 || size_ > size_most) {
    return wrong(exit_code::wrong_usage,
                 fmt::format("{} has {}; an image has 1B to {}", what_.file,
                             text::format_size(size_), text::format_size(size_most)));
  }
  return true;
}

/// Takes the view that an answer is.
bool firmware_upload::adopt(const admin_answer& answer) {
  auto view = read_firmware(answer.body);
  if (!view || view->size != size_ || view->received > size_) {
    return foreign("the firmware has another form than it should");
  }
  there_ = std::move(*view);
  answer_ = answer.body;
  return true;
}

bool firmware_upload::add() {
  const auto answer = ask_well(add_firmware_request(what_, size_, 0));
  return answer && adopt(*answer);
}

/// Goes on with what is there, or adds the firmware.
bool firmware_upload::begin() {
  const auto answer = ask_well(firmware_list_request());
  if (!answer) {
    return false;
  }
  const auto all = read_firmware_list(answer->body);
  if (!all) {
    return foreign("the list of firmware has another form than it should");
  }
  const std::string module = what_.module.empty() ? "default" : what_.module;
  const auto same = std::find_if(all->begin(), all->end(), [&](const firmware_view& f) {
    const bool default_too = f.module.empty() && module == "default";
    return f.state != "ready" && f.product_key == what_.product && f.version == what_.version
           && (f.module == module || default_too);
  });
  if (same == all->end()) {
    return add();
  }
  if (same->size != size_) {
    return wrong(exit_code::expectation_failed,
                 fmt::format("an upload of another file is under way as firmware {}; "
                             "`fleet cloud firmware delete {}` ends it",
                             same->id, same->id));
  }
  const auto view = ask_well(firmware_request(same->id));
  resumed_ = true;
  return view && adopt(*view);
}

/// The next octets of the file into piece_, and into the digests what they have not had.
bool firmware_upload::read_piece() {
  piece_.resize(upload_piece);
  const auto at = static_cast<std::uint64_t>(std::ftell(file_.get()));
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(upload_piece, size_ - at));
  const std::size_t got = std::fread(piece_.data(), 1, most, file_.get());
  piece_.resize(got);
  if (got < most) {
    return wrong(exit_code::environment_failed,
                 what_.file + " changed or cannot be read while it is uploaded");
  }
  if (at + got > hashed_) {
    const auto fresh = as_bytes(piece_).subspan(static_cast<std::size_t>(hashed_ - at));
    md5_.add(fresh);
    sha256_.add(fresh);
    hashed_ = at + got;
  }
  return true;
}

/// The file's next octet is that one, and the digests have all before it.
bool firmware_upload::go_to(std::uint64_t offset) {
  const auto seek = [this](std::uint64_t to) {
    return std::fseek(file_.get(), static_cast<long>(to), SEEK_SET) == 0;
  };
  if (!seek(std::min(hashed_, offset))) {
    return wrong(exit_code::environment_failed, what_.file + " cannot be read");
  }
  while (hashed_ < offset) {
    if (!read_piece()) {
      return false;
    }
  }
  return seek(offset) || wrong(exit_code::environment_failed, what_.file + " cannot be read");
}

void firmware_upload::show() {
  if (!watcher_.redraws()) {
    return;
  }
  const double s = watcher_.now_s() - began_s_;
  watcher_.show(upload_line(there_.received, size_, s > 1 ? static_cast<double>(sent_) / s : 0,
                            watcher_.columns()));
}

/// The connection went: asks how far it came, unless that happens again and again.
bool firmware_upload::lost(const std::string& why) {
  if (++losses_ <= upload_losses_max) {
    if (const auto view = try_to_ask(firmware_request(there_.id)); view) {
      return good(view.value(), "the twin") && adopt(view.value());
    }
  }
  return wrong(exit_code::environment_failed,
               fmt::format("{}; {} of {} are there, and the same command goes on from there", why,
                           text::format_size(there_.received), text::format_size(size_)));
}

/// All octets are there: the twin makes its digests of them.
bool firmware_upload::await_digests() {
  if (++looks_ > digest_looks_max) {
    return foreign("all octets are there and the firmware is not ready");
  }
  if (!watcher_.wait(digest_period)) {
    return wrong(
        exit_code::interrupted,
        fmt::format("firmware {} is there, and ready once the twin has its digests", there_.id));
  }
  const auto view = ask_well(firmware_request(there_.id));
  return view && adopt(*view);
}

bool firmware_upload::send() {
  began_s_ = watcher_.now_s();
  if (resumed_) {
    outcome_.errors += fmt::format("going on with firmware {}, of which {} are there\n", there_.id,
                                   text::format_size(there_.received));
  }
  while (there_.state != "ready") {
    show();
    const std::uint64_t at = there_.received;
    if (at >= size_) {
      if (!await_digests()) {
        return false;
      }
      continue;
    }
    if (!go_to(at) || !read_piece()) {
      return false;
    }
    const auto answer = try_to_ask(content_request(there_.id, at, piece_));
    if (!answer) {
      if (!lost(answer.error())) {
        return false;
      }
      continue;
    }
    if (!good(answer.value(), "the twin") || !adopt(answer.value())) {
      return false;
    }
    if (there_.received <= at) {
      return foreign("what was sent is not there");
    }
    losses_ = 0;
    sent_ += there_.received - at;
  }
  show();
  return true;
}

bool firmware_upload::finish() {
  if (!go_to(size_)) {
    return false;
  }
  const std::string md5 = md5_.finish().hex();
  const std::string sha256 = sha256_.finish().hex();
  if (there_.md5 == md5 && there_.sha256 == sha256) {
    return true;
  }
  const auto gone = ask(delete_firmware_request(there_.id));
  const bool deleted = gone && good(*gone, "the twin");
  return wrong(
      exit_code::expectation_failed,
      fmt::format("what the twin has is not {}: its md5 is {} and the file's {}{}{}", what_.file,
                  there_.md5, md5,
                  resumed_ ? ", so the upload that was gone on with was another file's" : "",
                  deleted ? "; it is deleted there" : ""));
}

console_outcome firmware_upload::run() {
  const bool sent = open() && begin() && send();
  watcher_.finish();
  if (sent && finish()) {
    print(answer_, fmt::format("firmware {} is ready\n", there_.id) + render_firmware(there_));
  }
  return std::move(outcome_);
}

} // namespace fleet::program
