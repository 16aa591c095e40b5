// The folder of `--data DIR`: the twin's store and the key of its log-on tokens, and what people
// are told when the store fails. The certificate beside them is twin_certificate's.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <string>

#include "cloud_sim/persistence.hpp"
#include "cloud_sim/twin.hpp"
#include "fleet/cloud/web_host.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

class data_folder final : private cloud::store_listener, private hal::send_watcher {
public:
  /// Opens the folder, making what is not there, and gives the twin's options what it holds. One
  /// twin at a time has it. The folder must outlive the twin.
  static result<std::unique_ptr<data_folder>, startup_error> open(const std::string& path,
                                                                  cloud::twin_options& into);

  /// The twin has started, and found no use for so many rows: while its store fails, nobody else on
  /// its home makes promises either. Where it has several, `office` is the home of its web.
  void attach(std::uint64_t unused, web_host& web, hal::home* office);
  /// The twin and its web have ended.
  void detach() noexcept { web_ = nullptr; }

private:
  explicit data_folder(std::string path) : path_(std::move(path)) {}
  void on_withheld(const cloud::store_failure& why, bool first) override;
  void on_recovered() override;
  void on_sending() override;

  std::string path_;
  web_host* web_ = nullptr;
  bool many_ = false;                     ///< the twin has several homes
  std::atomic<std::uint32_t> failing_{0}; ///< of them, those that cannot keep what they should
};

/// Writes the file whole or not at all, with `mode` from the start, so that a secret is never
/// readable for a moment.
bool write_file_with_mode(const std::string& path, const std::string& text, mode_t mode);

} // namespace fleet::program
