// Threads and their order: the homes turn before the device boots, and outlive it.
#include "fleet/hand/device_command.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fleet/cloud/web_host.hpp"
#include "fleet/hand/hand_plan.hpp"
#include "fleet/hand/post_hand.hpp"
#include "fleet/hand/terminal.hpp"
#include "fleet/hand/waiter.hpp"
#include "fleet/hand/watched_tls.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/run/twin_host.hpp"
#include "hal_sim/real_world/resolve.hpp"

namespace fleet::program {

namespace {

constexpr int standard_input = 0;
/// Lines handed to the device and not carried out; more stay where they come from.
constexpr std::size_t lines_ahead_max = 64;

class hand_run final : public hand_watcher {
public:
  explicit hand_run(const device_options& options)
      : options_(options), scripted_(options.scripted || !is_terminal(standard_input)),
        terminal_(!scripted_) {}

  exit_code execute();

private:
  std::optional<startup_error> set_up();
  std::optional<startup_error> open_twin();
  void announce();
  void converse();
  void hand_over();
  void stop();
  void tear_down();
  template <class Job>
  void post(Job job) {
    home().post([this, job = std::move(job)] { job(*device_); });
  }
  exit_code complain(const startup_error& error) const {
    std::fprintf(stderr, "fleet device %s start: %s\n",
                 options_.ota ? "ota" : std::string{to_string(options_.run.protocol)}.c_str(),
                 error.message.c_str());
    return error.code;
  }
  void answer_questions();
  [[nodiscard]] hal::home& home() { return *world_->device_homes().front(); }

  void on_line(const std::string& line) override;
  void on_taken() override;
  void on_question(const std::string& host) override;
  void on_ended(exit_code code, const std::string& why) override;

  const device_options& options_;
  stop_signals signals_; // before any thread exists
  bool scripted_;
  terminal terminal_;
  waiter waiter_;
  line_splitter input_;
  hand_plan plan_;
  std::unique_ptr<watched_tls> tls_;
  std::unique_ptr<run_world> world_;
  std::unique_ptr<twin_host> twin_;
  std::unique_ptr<web_host> web_;
  std::unique_ptr<hand_face> device_;
  std::mutex guard_;
  std::vector<std::string> questions_; ///< hosts to be looked up, under guard_
  std::atomic<std::size_t> ahead_{0};
  std::atomic<bool> done_{false};
  startup_error outcome_; ///< complete once done_
  bool input_told_over_ = false;
  bool stopping_ = false;
};

void hand_run::on_line(const std::string& line) {
  terminal_.say(line);
  if (terminal_.broken()) {
    waiter_.nudge();
  }
}

void hand_run::on_taken() {
  ahead_.fetch_sub(1, std::memory_order_relaxed);
  terminal_.ask();
  waiter_.nudge();
}

void hand_run::on_question(const std::string& host) {
  {
    const std::lock_guard lock{guard_};
    questions_.push_back(host);
  }
  waiter_.nudge();
}

/// Looks names up on this thread, which may wait for it.
void hand_run::answer_questions() {
  std::vector<std::string> hosts;
  {
    const std::lock_guard lock{guard_};
    hosts.swap(questions_);
  }
  for (const auto& host : hosts) {
    constexpr std::uint16_t any_port = 443; // the device takes the URL's
    auto found = hal::resolve(host, any_port);
    const auto at = found ? result<hal::address, std::string>{found.value().front()}
                          : result<hal::address, std::string>{fail(found.error())};
    post([host, at](hand_face& d) { d.found(host, at); });
  }
}

void hand_run::on_ended(exit_code code, const std::string& why) {
  terminal_.finish();
  outcome_ = {code, why};
  done_.store(true, std::memory_order_release);
  waiter_.nudge();
}

std::optional<startup_error> hand_run::open_twin() {
  auto twin = twin_host::start(*world_, plan_.run, plan_.ready, plan_.run.profile);
  if (!twin) {
    return twin.error();
  }
  twin_ = std::move(twin).value();
  plan_.setup.peers = {plan_.ready.products.front().settings.peer};
  plan_.setup.logon = plan_.ready.products.front().settings.logon;
  cloud_options served;
  served.profile = plan_.run.profile;
  served.admin = options_.admin;
  if (options_.ota) { // where it downloads
    served.https = {hal::parse_address("127.0.0.1:0").value()};
  }
  auto web =
      web_host::start(world_->twin_home(),
                      {twin_->twin(), plan_.setup.peers, plan_.ready.twin_security.get()}, served);
  if (!web) {
    return web.error();
  }
  web_ = std::move(web).value();
  return std::nullopt;
}

std::optional<startup_error> hand_run::set_up() {
  auto plan = plan_hand(options_);
  if (!plan) {
    return plan.error();
  }
  plan_ = std::move(plan).value();
  plan_.setup.scripted = scripted_;
  const bool embedded = plan_.run.target.scheme == text::scheme::embedded;
  world_ = make_real_world(plan_.run, embedded);
  if (embedded) {
    if (auto error = open_twin()) {
      return error;
    }
  }
  if (plan_.setup.security != nullptr) {
    tls_ = std::make_unique<watched_tls>(*plan_.setup.security, !plan_.run.insecure,
                                         [this](const std::string& text) { device_->note(text); });
    plan_.setup.security = tls_.get();
  }
  return std::nullopt;
}

void hand_run::announce() {
  const auto& names = plan_.setup.names;
  const bool platform = names.profile != profile::mqtt;
  terminal_.say(fmt::format("fleet {}: device {}{}{}, profile {}, {}", version,
                            platform ? names.product_key : "", platform ? "/" : "",
                            names.device_name, to_string(names.profile), plan_.setup.target_text));
  if (!web_) {
    return;
  }
  for (const auto& line : web_->lines()) {
    terminal_.say("the twin's " + line);
  }
}

void hand_run::hand_over() {
  if (input_.overlong()) {
    post([](hand_face& d) {
      d.complain(fmt::format("a line of over {} KiB was thrown away", typed_line_max / 1024));
    });
  }
  while (!input_.empty() && ahead_.load(std::memory_order_relaxed) < lines_ahead_max) {
    ahead_.fetch_add(1, std::memory_order_relaxed);
    terminal_.answered();
    post([line = *input_.next()](hand_face& d) { d.take(line); });
  }
  if (input_.over() && !std::exchange(input_told_over_, true)) {
    terminal_.finish();
    if (!options_.ota) { // which ends by itself
      post([](hand_face& d) { d.end_of_input(); });
    }
  }
}

void hand_run::stop() {
  if (std::exchange(stopping_, true)) {
    std::_Exit(static_cast<int>(exit_code::interrupted));
  }
  post([](hand_face& d) { d.interrupt(); });
}

void hand_run::converse() {
  if (options_.scripted) {
    ahead_.fetch_add(1, std::memory_order_relaxed);
    post([script = options_.script](hand_face& d) { d.take(script); });
    input_.feed({});
  }
  while (!done_.load(std::memory_order_acquire)) {
    hand_over();
    const bool reads = !options_.scripted && input_.empty() && !input_.over();
    answer_questions();
    const auto news = waiter_.wait(reads ? standard_input : -1);
    if (news.readable) {
      input_.feed(read_some(standard_input));
    }
    if (news.signal || (terminal_.broken() && !stopping_)) {
      stop();
    }
  }
}

void hand_run::tear_down() {
  world_->call(home(), [this] { device_.reset(); });
  if (twin_) {
    world_->call(world_->twin_home(), [this] {
      twin_->stop(); // what waits for devices is answered by this, so before the web goes
      web_->stop();
    });
  }
  world_->stop(std::chrono::seconds{1});
}

exit_code hand_run::execute() {
  if (auto error = set_up()) {
    return complain(*error);
  }
  announce();
  world_->start();
  world_->call(home(), [this] {
    if (plan_.setup.posts == nullptr) {
      device_ = std::make_unique<hand_device>(home(), plan_.setup, *this);
    } else {
      device_ = std::make_unique<post_hand>(home(), plan_.setup, *this);
    }
    device_->boot();
  });
  terminal_.ask();
  converse();
  tear_down();
  if (terminal_.broken()) {
    outcome_ = {exit_code::environment_failed, "standard output takes no more"};
  }
  return outcome_.message.empty() ? outcome_.code : complain(outcome_);
}

} // namespace

exit_code execute_device(const device_options& options) {
  return hand_run{options}.execute();
}

} // namespace fleet::program
