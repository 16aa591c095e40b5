// The control socket of a run: a Unix domain socket that its own user alone may open. The
// director's loop turns it, so nothing of it runs beside the run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fleet/run/control_lines.hpp"

namespace fleet::program {

/// `$XDG_RUNTIME_DIR/fleet`, or `fleet-UID` in the temporary directory.
std::string control_folder();

/// Where else runs of this user may listen that were started in other surroundings, as by cron:
/// control_folder() first, none twice.
std::vector<std::string> control_folders();

/// Of a run of this process: `FOLDER/run-PID.sock`.
std::string control_path_of_this_process();

class control_server {
public:
  /// At most so many clients; the next ones wait in the kernel until one ends, or has neither said
  /// nor read anything for `silence_s`.
  static constexpr std::size_t clients_max = 8;
  static constexpr double silence_s = 10;
  /// What is not read by a client that goes on asking.
  static constexpr std::size_t unsent_most = 4UL << 20;

  /// Listens at `path`, mode 0600; its folder is made, mode 0700, where it is not there. A socket
  /// that nobody answers at is replaced. Or a sentence.
  static result<std::unique_ptr<control_server>, std::string> listen(const std::string& path);
  /// Removes the socket.
  ~control_server();
  control_server(const control_server&) = delete;
  control_server& operator=(const control_server&) = delete;

  /// Answers an order with a line, newline included.
  using answerer = std::function<std::string(const control_order&)>;
  /// Takes what has come and says what is to be said; never waits. `now_s` by any clock that only
  /// goes on.
  void turn(const answerer& answer, double now_s);
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
  struct client {
    int socket = -1;
    order_splitter lines{control_line_most};
    std::string unsent;
    double active_s = 0; ///< when it last came, said or read something
    bool ending = false; ///< after what is unsent
  };
  control_server(std::string path, int socket) : path_(std::move(path)), socket_(socket) {}
  void accept_all(double now_s);
  void make_room(double now_s);
  void hear(client& c, const answerer& answer, double now_s);
  static void tell(client& c, double now_s);

  std::string path_;
  int socket_;
  std::vector<client> clients_;
  json_reader reader_;
};

} // namespace fleet::program
