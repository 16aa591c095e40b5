// One blocking connection; a run answers within a slice.
#include "fleet/fault/control_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "fleet/console/display.hpp"

namespace fleet::program {

namespace {

constexpr std::size_t answer_most = 8UL << 20;
constexpr timeval patience{30, 0}; // a virtual run's slice may take seconds

/// A socket that closes itself.
class connection {
public:
  connection() = default;
  explicit connection(int socket) : socket_(socket) {}
  ~connection() {
    if (socket_ >= 0) {
      ::close(socket_);
    }
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  [[nodiscard]] int get() const noexcept { return socket_; }

private:
  int socket_ = -1;
};

/// 0, or errno.
int connect_to(const std::string& path, int socket) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (socket < 0 || path.size() >= sizeof at.sun_path) {
    return ENAMETOOLONG;
  }
  std::memcpy(at.sun_path, path.data(), path.size());
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 ? 0 : errno;
}

control_trouble broken(const std::string& path, const std::string& why) {
  return {exit_code::environment_failed, "the run at " + path + " " + why};
}

/// What a run says of itself, for a list of several.
std::string identity_of(const std::string& path) {
  const auto said = ask_run(path, {});
  json_reader reader;
  if (!said || reader.read(as_bytes(said.value())) != json_error::none) {
    return path;
  }
  std::string scenario;
  if (const auto* const name = reader.find("scenario")) {
    (void)append_json_string(scenario, name->value);
  }
  const auto* const devices = reader.find("devices");
  const auto* const elapsed = reader.find("elapsed_s");
  return fmt::format("{}  {}{} devices, for {:.0f} s", path,
                     scenario.empty() ? "" : "scenario " + printable(scenario) + ", ",
                     devices == nullptr ? "?" : devices->value,
                     elapsed == nullptr ? 0 : json_number(elapsed->value).value_or(0));
}

void add_living(const std::string& folder, std::vector<std::string>& out) {
  std::error_code wrong;
  struct stat seen {};
  if (::lstat(folder.c_str(), &seen) != 0 || seen.st_uid != ::getuid()) {
    return; // not ours: whatever is there, we ask nothing of it
  }
  for (std::filesystem::directory_iterator at{folder, wrong}, end; !wrong && at != end;
       at.increment(wrong)) {
    std::error_code ignored;
    if (!at->is_socket(ignored) || at->path().extension() != ".sock") {
      continue;
    }
    const connection probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const int got = connect_to(at->path().string(), probe.get());
    if (got == 0 || got == EAGAIN) {
      out.push_back(at->path().string());
    } else if (got == ECONNREFUSED) {
      std::filesystem::remove(at->path(), ignored);
    }
  }
}

} // namespace

std::vector<std::string> living_runs(const std::vector<std::string>& folders) {
  std::vector<std::string> out;
  for (const auto& folder : folders) {
    add_living(folder, out);
  }
  std::sort(out.begin(), out.end());
  return out;
}

result<std::string, control_trouble> ask_run(const std::string& path, const control_order& order) {
  const connection to{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (const int wrong = connect_to(path, to.get()); wrong != 0) {
    return fail(broken(path, std::string{"does not answer: "} + std::strerror(wrong)));
  }
  (void)::setsockopt(to.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string line = control_line_of(order);
  while (!line.empty()) {
    const auto sent = ::send(to.get(), line.data(), line.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      return fail(broken(path, "took no order: " + std::string{std::strerror(errno)}));
    }
    line.erase(0, static_cast<std::size_t>(sent));
  }
  order_splitter lines{answer_most};
  std::array<char, 16384> octets{};
  while (true) {
    const auto got = ::recv(to.get(), octets.data(), octets.size(), 0);
    if (got <= 0) {
      const bool late = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
      return fail(broken(path, late ? "did not answer within 30 s" : "ended before it answered"));
    }
    if (!lines.take({octets.data(), static_cast<std::size_t>(got)})) {
      return fail(broken(path, "answered more than 8 MiB"));
    }
    if (auto answer = lines.next()) {
      return std::move(*answer);
    }
  }
}

result<std::string, control_trouble> find_run(const std::string& chosen,
                                              const std::vector<std::string>& folders) {
  if (!chosen.empty()) {
    return chosen;
  }
  const auto all = living_runs(folders);
  if (all.empty()) {
    return fail(control_trouble{exit_code::environment_failed,
                                fmt::format("no run of this user goes on (none listens in {}); "
                                            "start one, or name its socket by --run PATH",
                                            fmt::join(folders, ", "))});
  }
  if (all.size() > 1) {
    std::string message = "several runs go on; choose one by --run PATH:";
    for (const auto& path : all) {
      message += "\n  " + identity_of(path);
    }
    return fail(control_trouble{exit_code::wrong_usage, message});
  }
  return all.front();
}

} // namespace fleet::program
