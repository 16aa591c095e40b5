// The control socket of a run: its lines, its limits, and both ends over a real socket.
#include "fleet/run/control_server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fleet/fault/control_client.hpp"
#include "fleet/fault/fault_command.hpp"
#include "fleet/run/run_faults.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

std::string parsed(std::string_view line) {
  json_reader reader;
  const auto got = parse_control_line(line, reader);
  return got ? "" : got.error();
}

/// Turns a server on this thread while another one talks to it.
template <class Talk>
void while_served(control_server& server, const control_server::answerer& answer, Talk talk,
                  double now_s = 0) {
  std::atomic<bool> done{false};
  std::thread other{[&] {
    talk();
    done = true;
  }};
  while (!done) {
    server.turn(answer, now_s);
    std::this_thread::yield();
  }
  other.join();
}

std::string words_back(const control_order& order) {
  return order.verb == control_verb::add ? add_answer({order.words}, {}) : list_answer({}, 1500ms);
}

/// A socket file that nobody listens at any more.
void leave_behind(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  path.copy(at.sun_path, sizeof at.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  ::close(socket);
}

} // namespace

TEST(control_lines, are_read_back_as_they_were_written) {
  json_reader reader;
  for (const control_order& order :
       {control_order{control_verb::who, {}, {}}, control_order{control_verb::list, {}, {}},
        control_order{control_verb::add, "loss name=\"x\\", {}},
        control_order{control_verb::remove, {}, {"a", "b\"c"}}}) {
    auto line = control_line_of(order);
    ASSERT_TRUE(line.ends_with('\n'));
    line.pop_back();
    const auto got = parse_control_line(line, reader);
    ASSERT_TRUE(got.ok()) << line << ": " << got.error();
    EXPECT_EQ(got.value().verb, order.verb);
    EXPECT_EQ(got.value().words, order.words);
    EXPECT_EQ(got.value().names, order.names);
  }
}

TEST(control_lines, that_are_no_orders_get_a_sentence) {
  for (const std::string_view line :
       {"", "[]", "nonsense", "{", "{\"do\":1}", "{\"do\":\"dance\"}", "{\"do\":\"add\"}",
        "{\"do\":\"add\",\"words\":7}", "{\"do\":\"remove\"}", "{\"do\":\"remove\",\"names\":[]}",
        "{\"do\":\"remove\",\"names\":[1]}", "{\"do\":\"remove\",\"names\":\"x\"}"}) {
    EXPECT_NE(parsed(line), "") << line;
  }
  EXPECT_EQ(parsed(std::string(control_line_most + 1, ' ')), "a line is at most 16,384 octets");
  std::string many = "{\"do\":\"remove\",\"names\":[\"a\"";
  for (std::size_t i = 0; i < control_names_most; ++i) {
    many += ",\"a\"";
  }
  EXPECT_EQ(parsed(many + "]}"), "remove has a member names, an array of 1 to 500 strings");
}

TEST(control_lines, refuse_without_repeating_octets_that_are_no_text) {
  EXPECT_EQ(control_refusal("no \xFF\"x\""), "{\"ok\":false,\"error\":\"no \\\"x\\\"\"}\n");
}

TEST(order_splitter, gives_lines_however_they_come_and_ends_at_one_too_long) {
  order_splitter lines{4};
  EXPECT_TRUE(lines.take("ab"));
  EXPECT_EQ(lines.next(), std::nullopt);
  EXPECT_TRUE(lines.take("c\r\nd\n"));
  EXPECT_EQ(lines.next(), "abc");
  EXPECT_EQ(lines.next(), "d");
  EXPECT_EQ(lines.next(), std::nullopt);
  EXPECT_TRUE(lines.take("1234"));
  EXPECT_FALSE(lines.take("5"));
  EXPECT_FALSE(lines.take("\n"));
}

TEST(control_server, answers_orders_and_keeps_its_socket_to_its_user) {
  const support::temp_folder folder;
  const std::string path = folder / "run.sock";
  auto server = control_server::listen(path);
  ASSERT_TRUE(server.ok()) << server.error();
  struct stat seen {};
  ASSERT_EQ(::lstat(path.c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777U, 0600U);
  while_served(*server.value(), words_back, [&] {
    control_order add{control_verb::add, "loss share=3%", {}};
    const auto answer = ask_run(path, add);
    EXPECT_TRUE(answer.ok());
    EXPECT_EQ(answer.value(), "{\"ok\":true,\"told\":[\"loss share=3%\"],\"notes\":[]}");
  });
  server.value().reset();
  EXPECT_NE(::lstat(path.c_str(), &seen), 0);
}

TEST(control_server, ends_a_client_that_sends_a_line_without_an_end) {
  const support::temp_folder folder;
  const std::string path = folder / "run.sock";
  auto server = control_server::listen(path);
  ASSERT_TRUE(server.ok()) << server.error();
  while_served(*server.value(), words_back, [&] {
    control_order endless{control_verb::add, std::string(3 * control_line_most, 'x'), {}};
    const auto answer = ask_run(path, endless);
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer.value(), "{\"ok\":false,\"error\":\"a line is at most 16,384 octets\"}");
    EXPECT_TRUE(ask_run(path, {control_verb::list, {}, {}}).ok()); // others are heard as before
  });
}

TEST(control_server, lets_go_of_who_is_silent_where_others_wait) {
  const support::temp_folder folder;
  const std::string path = folder / "run.sock";
  auto server = control_server::listen(path);
  ASSERT_TRUE(server.ok()) << server.error();
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  path.copy(at.sun_path, sizeof at.sun_path - 1);
  std::array<int, control_server::clients_max> silent{};
  for (int& socket : silent) {
    socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  }
  server.value()->turn(words_back, 1);
  while_served(
      *server.value(), words_back,
      [&] {
        EXPECT_TRUE(ask_run(path, {control_verb::list, {}, {}}).ok());
      },
      1 + control_server::silence_s);
  for (const int socket : silent) {
    ::close(socket);
  }
}

TEST(control_server, replaces_a_socket_that_was_left_behind_and_no_other_file) {
  const support::temp_folder folder;
  const std::string path = folder / "run.sock";
  leave_behind(path);
  auto first = control_server::listen(path);
  ASSERT_TRUE(first.ok()) << first.error();
  EXPECT_FALSE(control_server::listen(path).ok()); // somebody answers there now
  const std::string file = folder / "precious";
  ASSERT_TRUE(std::filesystem::create_directory(file));
  EXPECT_FALSE(control_server::listen(file).ok());
  EXPECT_TRUE(std::filesystem::is_directory(file));
  EXPECT_FALSE(control_server::listen(folder / std::string(200, 'x')).ok());
}

TEST(control_client, finds_the_only_run_lists_several_and_clears_away_what_is_gone) {
  const support::temp_folder folder;
  EXPECT_EQ(find_run("", {folder / ""}).error().code, exit_code::environment_failed);
  leave_behind(folder / "run-1.sock");
  auto one = control_server::listen(folder / "run-2.sock");
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(find_run("", {folder / ""}).value(), folder / "run-2.sock");
  EXPECT_FALSE(std::filesystem::exists(folder / "run-1.sock"));
  auto two = control_server::listen(folder / "run-3.sock");
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(living_runs({folder / ""}).size(), 2U);
  EXPECT_EQ(find_run("chosen", {folder / ""}).value(), "chosen");
}

TEST(control_client, looks_in_all_folders_where_a_run_of_this_user_may_listen) {
  const support::temp_folder login;
  const support::temp_folder cron;
  auto one = control_server::listen(cron / "run-2.sock");
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(find_run("", {login / "", cron / ""}).value(), cron / "run-2.sock");
  const auto none = find_run("", {login / "a", login / "b"});
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message.find(login / "a, " + (login / "b")), std::string::npos);
}

TEST(control_folders, begin_with_that_of_this_surrounding_and_hold_the_other) {
  const support::temp_folder runtime;
  const std::string own = runtime / "";
  const char* const before = std::getenv("XDG_RUNTIME_DIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("XDG_RUNTIME_DIR", own.c_str(), 1);
  const auto with = control_folders();
  ::unsetenv("XDG_RUNTIME_DIR");
  const auto without = control_folders();
  if (before != nullptr) {
    ::setenv("XDG_RUNTIME_DIR", kept.c_str(), 1);
  }
  EXPECT_EQ(with.front(), own + "/fleet");
  EXPECT_NE(std::find(with.begin(), with.end(), without.front()), with.end());
  EXPECT_EQ(std::find(without.begin(), without.end(), own + "/fleet"), without.end());
}

TEST(control_client, says_that_nobody_answers) {
  const auto got = ask_run("/nowhere/run.sock", {});
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code, exit_code::environment_failed);
}

TEST(fault_list, is_a_table_of_what_the_run_answered) {
  fault_row row;
  row.name = "evening";
  row.what = faults::effect::loss;
  row.text = "evening (loss) 20% for 30s";
  row.state = faults::timeline::state::in_force;
  row.begins = 2500ms;
  row.figures = {12, 5, 5};
  const auto answer = list_answer({row}, 3s);
  const auto table = faults_table(answer);
  for (const std::string_view part :
       {"evening", "in force", "2.5s", "12", "5", "evening (loss) 20% for 30s"}) {
    EXPECT_NE(table.find(part), std::string::npos) << part << "\n" << table;
  }
  EXPECT_EQ(faults_table(list_answer({}, 3s)), "no faults\n");
  EXPECT_EQ(faults_table("nonsense"), "");
}

} // namespace fleet::program
