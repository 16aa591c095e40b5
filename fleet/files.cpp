// From disk by credential_file's reader, from memory by name.
#include "fleet/files.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "fleet/credential_file.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

class disk final : public file_source {
public:
  result<std::string, std::string> read(const std::string& path, std::size_t most) override {
    return read_whole_file(path, most);
  }
  bool is_there(const std::string& path) override {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored);
  }
};

result<std::string, std::string> copy_of(const std::string& text, std::size_t most) {
  if (text.size() > most) {
    return fail("is larger than " + text::format_size(most));
  }
  return text;
}

} // namespace

file_source& disk_files() noexcept {
  static disk files;
  return files;
}

result<std::string, std::string> kept_files::read(const std::string& path, std::size_t most) {
  here_.erase(path); // others have a use for it, too
  return once(path, most);
}

result<std::string, std::string> kept_files::read_here(const std::string& path, std::size_t most) {
  if (!kept_.contains(path)) {
    here_.insert(path);
  }
  return once(path, most);
}

result<std::string, std::string> kept_files::once(const std::string& path, std::size_t most) {
  if (const auto known = kept_.find(path); known != kept_.end()) {
    return copy_of(known->second, most);
  }
  auto text = disk_files().read(path, most);
  if (text && !left_out_.contains(path)) {
    kept_[path] = text.value();
  }
  return text;
}

bool kept_files::is_there(const std::string& path) {
  return disk_files().is_there(path);
}

std::vector<named_file> kept_files::take() {
  std::vector<named_file> out;
  for (auto& [name, text] : kept_) {
    if (here_.contains(name)) {
      out.push_back({name, {}, text.size()});
    } else {
      out.push_back({name, std::move(text)});
    }
  }
  kept_.clear();
  here_.clear();
  std::sort(out.begin(), out.end(),
            [](const named_file& a, const named_file& b) { return a.name < b.name; });
  return out;
}

const named_file* sent_files::find(const std::string& path) const {
  const auto found = std::find_if(files_.begin(), files_.end(),
                                  [&path](const named_file& f) { return f.name == path; });
  return found == files_.end() ? nullptr : &*found;
}

result<std::string, std::string> sent_files::read(const std::string& path, std::size_t most) {
  const auto* const file = find(path);
  if (file == nullptr) {
    return fail(std::string{"was not sent by the coordinator"});
  }
  if (file->octets != 0) {
    return fail(std::string{"was not sent by the coordinator, but for its length"});
  }
  return copy_of(file->text, most);
}

std::optional<std::uint64_t> sent_files::length_alone(const std::string& path) {
  const auto* const file = find(path);
  return file == nullptr || file->octets == 0 ? std::nullopt : std::optional{file->octets};
}

} // namespace fleet::program
