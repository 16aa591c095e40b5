// Limits of control groups, of version 2 and 1. A limit holds for all below it, so the way up is
// gone to its end; in a container it ends at the container's own.
#include <algorithm>
#include <functional>
#include <string>

#include "fleet/doctor/facts.hpp"
#include "fleet/doctor/words.hpp"

namespace fleet::doctor {

namespace {

/// Where a controller has its files: the mount and the group below it.
struct hierarchy {
  std::string mount;
  std::string group; ///< empty, or with a slash in front
  bool second = false;
};

bool names(std::string_view list, std::string_view controller) {
  while (!list.empty()) {
    if (take_until(list, ",") == controller) {
      return true;
    }
  }
  return false;
}

/// Lines are `number:controllers:path`; that of version 2 has no controllers.
std::optional<hierarchy> hierarchy_of(const machine_files& files, std::string_view controller) {
  const auto text = files.read("/proc/self/cgroup");
  if (!text) {
    return std::nullopt;
  }
  std::optional<hierarchy> out;
  std::string_view rest = *text;
  while (!rest.empty()) {
    auto line = take_until(rest, "\n");
    const auto number = take_until(line, ":");
    const auto controllers = take_until(line, ":");
    const std::string group{line == "/" ? std::string_view{} : line};
    if (names(controllers, controller)) {
      return hierarchy{"/sys/fs/cgroup/" + std::string{controller}, group, false};
    }
    if (number == "0" && controllers.empty()) {
      out = hierarchy{"/sys/fs/cgroup", group, true};
    }
  }
  return out;
}

/// Calls `look` with the folder of the group and of each above it, the mount's own the last.
void climb(const hierarchy& at, const std::function<void(const std::string&)>& look) {
  std::string group = at.group;
  while (true) {
    look(at.mount + group);
    if (group.empty()) {
      return;
    }
    group.resize(group.find_last_of('/') == std::string::npos ? 0 : group.find_last_of('/'));
  }
}

std::optional<std::uint64_t> first_number(const machine_files& files, const std::string& path) {
  const auto text = files.read(path);
  if (!text) {
    return std::nullopt;
  }
  std::string_view rest = *text;
  return number_of(take_word(rest));
}

/// Pages of files that lie there and were not used lately: the group drops them when it is short.
std::uint64_t droppable(const machine_files& files, const std::string& folder, bool second) {
  const auto text = files.read(folder + "/memory.stat");
  if (!text) {
    return 0;
  }
  auto rest = behind(*text, second ? "inactive_file" : "total_inactive_file");
  return number_of(take_word(rest)).value_or(0);
}

} // namespace

std::optional<memory_group> read_memory_group(const machine_files& files) {
  // Version 1 writes a number as large as fits where there is no limit.
  constexpr std::uint64_t no_limit = std::uint64_t{1} << 62;
  const auto at = hierarchy_of(files, "memory");
  if (!at) {
    return std::nullopt;
  }
  std::optional<memory_group> out;
  climb(*at, [&](const std::string& folder) {
    const auto file = folder + (at->second ? "/memory.max" : "/memory.limit_in_bytes");
    const auto limit = first_number(files, file);
    if (!limit || *limit >= no_limit) {
      return;
    }
    const auto used =
        first_number(files, folder + (at->second ? "/memory.current" : "/memory.usage_in_bytes"))
            .value_or(0);
    const auto kept = used - std::min(used, droppable(files, folder, at->second));
    const auto free = *limit - std::min(*limit, kept);
    if (!out || free < out->free_bytes) {
      out = memory_group{file, *limit, free};
    }
  });
  return out;
}

std::optional<double> read_processor_quota(const machine_files& files) {
  const auto at = hierarchy_of(files, "cpu");
  if (!at) {
    return std::nullopt;
  }
  std::optional<double> out;
  climb(*at, [&](const std::string& folder) {
    std::optional<std::uint64_t> quota;
    std::optional<std::uint64_t> period;
    if (at->second) {
      const auto text = files.read(folder + "/cpu.max").value_or("");
      std::string_view rest = text;
      quota = number_of(take_word(rest)); // `max`: none
      period = number_of(take_word(rest));
    } else {
      quota = first_number(files, folder + "/cpu.cfs_quota_us"); // -1: none
      period = first_number(files, folder + "/cpu.cfs_period_us");
    }
    if (quota && period && *period != 0) {
      const double most = static_cast<double>(*quota) / static_cast<double>(*period);
      out = std::min(out.value_or(most), most);
    }
  });
  return out;
}

} // namespace fleet::doctor
