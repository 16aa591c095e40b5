// Where the OTA sample puts an image: a file, or nowhere, as the manual's does (2.1.3: downloaded
// and verified, never burnt). Not a flash: it keeps no note and nothing of a download that failed.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "protocol/base/content_hash.hpp"
#include "protocol/ota/storage.hpp"

namespace fleet::program {

class ota_file final : public ota::storage {
public:
  /// `path` empty: nowhere. The image stands beside it as `.part` until it is whole and good.
  explicit ota_file(std::string path) : path_(std::move(path)) {}
  ~ota_file() override { drop(); }

  /// Which digest digest() is to be of; before each download.
  void expect(content_digest kind) { hash_.emplace(kind); }
  /// Of what was written since it was opened; ends it.
  [[nodiscard]] digest_value digest() { return hash_->finish(); }
  [[nodiscard]] std::uint32_t written() const noexcept { return written_; }
  /// What the system said of a file that cannot be written; empty: nothing.
  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }
  /// Takes away what has not become whole.
  void drop() noexcept;

  ota::storage_status open(std::uint32_t size, std::uint32_t from) override;
  ota::storage_status write(bytes_view octets) override;
  [[nodiscard]] std::uint32_t resumable() const override { return 0; }
  ota::storage_status finish() override;
  [[nodiscard]] bool read(std::uint32_t, std::span<std::uint8_t>) const override { return false; }
  ota::storage_status stage(const ota::firmware& f) override;
  void keep(bytes_view) override {}
  [[nodiscard]] bytes_view kept() const override { return {}; }
  void forget() override {}

private:
  struct closer {
    void operator()(std::FILE* f) const noexcept { (void)std::fclose(f); }
  };
  [[nodiscard]] std::string part() const { return path_ + ".part"; }
  ota::storage_status failed();

  std::string path_;
  std::unique_ptr<std::FILE, closer> file_;
  std::optional<content_hash> hash_;
  std::string complaint_;
  std::uint32_t written_ = 0; ///< octets
  bool partly_ = false;       ///< the part is there
};

} // namespace fleet::program
