// Where the files that a run names come from: this machine's disk, or what somebody who has read
// them there has sent. May hold secrets; prints none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/base/result.hpp"

namespace fleet::program {

class file_source {
public:
  virtual ~file_source() = default;
  /// A whole file of at most `most` octets, or why not, as the rest of a sentence.
  [[nodiscard]] virtual result<std::string, std::string> read(const std::string& path,
                                                              std::size_t most) = 0;
  /// Likewise of a file that this process alone has a use for: others need its length.
  [[nodiscard]] virtual result<std::string, std::string> read_here(const std::string& path,
                                                                   std::size_t most) {
    return read(path, most);
  }
  /// Octets of a file that is known by its length alone; nothing: it can be read.
  [[nodiscard]] virtual std::optional<std::uint64_t> length_alone(const std::string& /*path*/) {
    return std::nullopt;
  }
  /// Whether there is such a file; what can be read once only is none.
  [[nodiscard]] virtual bool is_there(const std::string& path) = 0;
};

/// Of this machine; for all threads.
file_source& disk_files() noexcept;

/// A file by the name that it is asked for.
struct named_file {
  std::string name;
  std::string text;
  std::uint64_t octets = 0; ///< that it has where it was read and not here; 0: all are in `text`
};

/// Those of this machine, of which it keeps what was read. What was read once is not looked at
/// again, so that it may come from a pipe.
class kept_files final : public file_source {
public:
  /// What this file holds is not kept; an empty name is none.
  void leave_out(const std::string& path) { left_out_.insert(path); }
  result<std::string, std::string> read(const std::string& path, std::size_t most) override;
  result<std::string, std::string> read_here(const std::string& path, std::size_t most) override;
  bool is_there(const std::string& path) override;
  /// All that were read, by name; those for this process alone by their length. It forgets them.
  std::vector<named_file> take();

private:
  result<std::string, std::string> once(const std::string& path, std::size_t most);

  std::map<std::string, std::string> kept_;
  std::set<std::string> here_; ///< of them, those that this process alone has a use for
  std::set<std::string> left_out_;
};

/// These alone, whatever the disk has.
class sent_files final : public file_source {
public:
  /// They outlive it.
  explicit sent_files(const std::vector<named_file>& files) : files_(files) {}
  result<std::string, std::string> read(const std::string& path, std::size_t most) override;
  std::optional<std::uint64_t> length_alone(const std::string& path) override;
  bool is_there(const std::string& path) override { return find(path) != nullptr; }

private:
  [[nodiscard]] const named_file* find(const std::string& path) const;
  const std::vector<named_file>& files_;
};

} // namespace fleet::program
