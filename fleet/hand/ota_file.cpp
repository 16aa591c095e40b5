// Plain stdio, since errno then says why a file cannot be written.
#include "fleet/hand/ota_file.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include "protocol/ota/firmware.hpp"

namespace fleet::program {

using ota::storage_status;

storage_status ota_file::failed() {
  complaint_ = path_ + ": " + std::strerror(errno);
  return storage_status::failed;
}

void ota_file::drop() noexcept {
  file_.reset();
  if (std::exchange(partly_, false)) {
    (void)std::remove(part().c_str());
  }
}

storage_status ota_file::open(std::uint32_t, std::uint32_t) {
  drop();
  written_ = 0;
  hash_->restart();
  if (path_.empty()) {
    return storage_status::done;
  }
  file_.reset(std::fopen(part().c_str(), "wb"));
  partly_ = file_ != nullptr;
  return partly_ ? storage_status::done : failed();
}

storage_status ota_file::write(bytes_view octets) {
  hash_->add(octets);
  written_ += static_cast<std::uint32_t>(octets.size());
  if (file_ && std::fwrite(octets.data(), 1, octets.size(), file_.get()) != octets.size()) {
    return failed();
  }
  return storage_status::done;
}

storage_status ota_file::finish() {
  // Closing is where a full disk may show.
  return file_ == nullptr || std::fclose(file_.release()) == 0 ? storage_status::done : failed();
}

storage_status ota_file::stage(const ota::firmware&) {
  if (!partly_) {
    return storage_status::done;
  }
  partly_ = std::rename(part().c_str(), path_.c_str()) != 0;
  return partly_ ? failed() : storage_status::done;
}

} // namespace fleet::program
