// A file to a twin, piece by piece: what an upload that was cut left there is gone on with, and the
// twin's digests are compared with those of the file.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "fleet/console/console_talk.hpp"
#include "fleet/console/onlooker.hpp"
#include "fleet/console/rollout_options.hpp"
#include "fleet/console/rollout_render.hpp"
#include "protocol/base/content_hash.hpp"

namespace fleet::program {

/// Times in a row that a connection may end without a piece getting through.
inline constexpr unsigned upload_losses_max = 3;
/// How often a firmware is asked for whose digests the twin is still making, and how many times.
inline constexpr duration digest_period = std::chrono::milliseconds{200};
inline constexpr unsigned digest_looks_max = 3000;

class firmware_upload final : console_talk {
public:
  /// All outlive it.
  firmware_upload(const rollout_options& what, admin_api& api, const std::string& where,
                  onlooker& watcher)
      : console_talk({to_string(what.verb), what.json}, api, where), what_(what.firmware),
        watcher_(watcher) {}

  console_outcome run();

private:
  struct closer {
    void operator()(std::FILE* f) const noexcept { (void)std::fclose(f); }
  };
  bool open();
  bool begin();
  bool adopt(const admin_answer& answer);
  bool add();
  bool send();
  bool go_to(std::uint64_t offset);
  bool read_piece();
  bool lost(const std::string& why);
  bool await_digests();
  bool finish();
  void show();

  const new_firmware& what_;
  onlooker& watcher_;
  std::unique_ptr<std::FILE, closer> file_;
  std::uint64_t size_ = 0;
  std::uint64_t hashed_ = 0; ///< octets from the start that the digests have
  content_hash md5_{content_digest::md5};
  content_hash sha256_{content_digest::sha256};
  std::string piece_;
  firmware_view there_; ///< what the twin has
  std::string answer_;  ///< its last view as JSON
  bool resumed_ = false;
  std::uint64_t sent_ = 0;
  double began_s_ = 0;
  unsigned losses_ = 0;
  unsigned looks_ = 0; ///< while the twin makes its digests
};

} // namespace fleet::program
