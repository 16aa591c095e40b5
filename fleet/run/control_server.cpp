// Sockets that never block, one pass a slice.
#include "fleet/run/control_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace fleet::program {

namespace {

std::string trouble(const std::string& path, std::string_view what) {
  return "control: cannot " + std::string{what} + " " + path + ": " + std::strerror(errno)
         + "; choose another with --control PATH, or --control off";
}

bool address_of(const std::string& path, sockaddr_un& out) {
  out = {};
  out.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof out.sun_path) {
    return false;
  }
  std::memcpy(out.sun_path, path.data(), path.size());
  return true;
}

/// Makes the folder where it is not there; one of ours must be nobody else's.
result<bool, std::string> prepare_folder(const std::string& path) {
  const auto folder = std::filesystem::path{path}.parent_path().string();
  if (folder.empty() || folder != control_folder()) {
    return true; // the user's own choice: it is there, or bind() says so
  }
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(trouble(folder, "make"));
  }
  struct stat seen {};
  if (::lstat(folder.c_str(), &seen) != 0 || !S_ISDIR(seen.st_mode) || seen.st_uid != ::getuid()
      || (seen.st_mode & 077U) != 0) {
    return fail("control: " + folder
                + " is not a folder that this user alone may open; remove it, or --control PATH");
  }
  return true;
}

/// Whether somebody listens at a path.
bool answered(const sockaddr_un& at) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool there = probe >= 0
                     && (::connect(probe, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0
                         || errno == EAGAIN);
  if (probe >= 0) {
    ::close(probe);
  }
  return there;
}

bool is_socket(const std::string& path) {
  struct stat seen {};
  return ::lstat(path.c_str(), &seen) == 0 && S_ISSOCK(seen.st_mode);
}

} // namespace

std::string control_folder() {
  return control_folders().front();
}

std::vector<std::string> control_folders() {
  const std::string user = std::to_string(::getuid());
  std::vector<std::string> out;
  const auto add = [&out](std::string folder) {
    if (std::find(out.begin(), out.end(), folder) == out.end()) {
      out.push_back(std::move(folder));
    }
  };
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  std::error_code ignored;
  if (runtime != nullptr && runtime[0] == '/' && std::filesystem::is_directory(runtime, ignored)) {
    add(std::string{runtime} + "/fleet");
  }
  const char* const temporary = std::getenv("TMPDIR");
  if (temporary != nullptr && temporary[0] == '/') {
    add(std::string{temporary} + "/fleet-" + user);
  }
  add("/tmp/fleet-" + user);
  add("/run/user/" + user + "/fleet"); // where a log-in would have XDG_RUNTIME_DIR
  return out;
}

std::string control_path_of_this_process() {
  return control_folder() + "/run-" + std::to_string(::getpid()) + ".sock";
}

result<std::unique_ptr<control_server>, std::string>
control_server::listen(const std::string& path) {
  sockaddr_un at{};
  if (!address_of(path, at)) {
    return fail("control: " + path + " is too long for a socket; it takes 1 to 107 octets");
  }
  if (const auto folder = prepare_folder(path); !folder) {
    return fail(folder.error());
  }
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made < 0) {
    return fail(trouble(path, "make a socket for"));
  }
  // The mode of the socket is there before anybody can connect: nobody may until listen().
  auto bound = ::bind(made, reinterpret_cast<const sockaddr*>(&at), sizeof at);
  if (bound != 0 && errno == EADDRINUSE && is_socket(path) && !answered(at)) {
    ::unlink(path.c_str());
    bound = ::bind(made, reinterpret_cast<const sockaddr*>(&at), sizeof at);
  }
  if (bound != 0) {
    auto sentence = trouble(path, "listen at");
    ::close(made);
    return fail(std::move(sentence));
  }
  std::unique_ptr<control_server> out{new control_server{path, made}};
  if (::chmod(path.c_str(), 0600) != 0 || ::listen(made, clients_max) != 0) {
    return fail(trouble(path, "listen at"));
  }
  return out;
}

control_server::~control_server() {
  for (const auto& c : clients_) {
    ::close(c.socket);
  }
  ::close(socket_);
  ::unlink(path_.c_str());
}

/// For one that waits, where all places are taken.
void control_server::make_room(double now_s) {
  pollfd door{socket_, POLLIN, 0};
  if (clients_.size() < clients_max || ::poll(&door, 1, 0) != 1) {
    return;
  }
  const auto silent = std::ranges::min_element(clients_, {}, &client::active_s);
  if (now_s - silent->active_s >= silence_s) {
    ::close(silent->socket);
    clients_.erase(silent);
  }
}

void control_server::accept_all(double now_s) {
  make_room(now_s);
  while (clients_.size() < clients_max) {
    const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) {
      return;
    }
    auto& fresh = clients_.emplace_back();
    fresh.socket = socket;
    fresh.active_s = now_s;
  }
}

void control_server::hear(client& c, const answerer& answer, double now_s) {
  constexpr int reads_a_turn = 16; // the run goes on, however much somebody has to say
  std::array<char, 4096> octets{};
  for (int reads = 0; reads < reads_a_turn && !c.ending; ++reads) {
    const auto got = ::recv(c.socket, octets.data(), octets.size(), 0);
    if (got < 0) {
      c.ending = errno != EAGAIN && errno != EINTR;
      break;
    }
    c.active_s = now_s;
    const bool whole = c.lines.take({octets.data(), static_cast<std::size_t>(got)});
    for (auto line = c.lines.next(); line; line = c.lines.next()) {
      const auto order = parse_control_line(*line, reader_);
      c.unsent += order ? answer(order.value()) : control_refusal(order.error());
    }
    if (!whole) {
      c.unsent += control_refusal("a line is at most 16,384 octets");
    }
    c.ending = got == 0 || !whole || c.unsent.size() > unsent_most;
  }
}

void control_server::tell(client& c, double now_s) {
  while (!c.unsent.empty()) {
    const auto sent = ::send(c.socket, c.unsent.data(), c.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN && errno != EINTR) {
        c.ending = true;
        c.unsent.clear();
      }
      return;
    }
    c.active_s = now_s;
    c.unsent.erase(0, static_cast<std::size_t>(sent));
  }
}

void control_server::turn(const answerer& answer, double now_s) {
  accept_all(now_s);
  for (auto& c : clients_) {
    hear(c, answer, now_s);
    tell(c, now_s);
  }
  std::erase_if(clients_, [](const client& c) {
    const bool over = c.ending && (c.unsent.empty() || c.unsent.size() > unsent_most);
    if (over) {
      ::close(c.socket);
    }
    return over;
  });
}

} // namespace fleet::program
