// One device that only posts (aliyun-iot.md §17, §18) on its home, driven by typed lines: it logs
// on, posts what is asked and tells everything as lines. What goes over which transport is its
// post_channel's; where lines come from and go to is its owner's business.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "actors/device/post_channel.hpp"
#include "actors/device/speech_scratch.hpp"
#include "fleet/hand/hand_face.hpp"
#include "fleet/hand/hand_setup.hpp"
#include "fleet/hand/post_commands.hpp"
#include "fleet/hand/post_log.hpp"
#include "fleet/hand/retry.hpp"
#include "fleet/hand/sample.hpp"

namespace fleet::program {

/// Posts that wait for their turn or their answer, at most.
inline constexpr std::size_t hand_posts_max = 100;

class post_hand final : public hand_face,
                        actors::post_channel_events,
                        actors::post_onlooker,
                        actors::turn_giver,
                        hal::timer {
public:
  /// `setup.posts` is there. All calls on the thread of `where`, which outlives it, as `watcher`
  /// does.
  post_hand(hal::home& where, hand_setup setup, hand_watcher& watcher);
  ~post_hand() override;
  post_hand(const post_hand&) = delete;
  post_hand& operator=(const post_hand&) = delete;

  void boot() override;
  void take(std::string line) override;
  void complain(std::string_view sentence) override;
  void note(std::string_view text) override { say(line_kind::note, text); }
  void end_of_input() override;
  void interrupt() override;

private:
  enum class phase : std::uint8_t {
    off,
    logging_on, ///< the first time, or after a rest
    online,     ///< perhaps asking for another token
    refused,    ///< it was online, and the platform has no token for it any more
    resting,    ///< until the next attempt
    leaving,    ///< waits for answers
    ended
  };
  struct open_post {
    std::string topic;
    std::string payload;
    std::string what;        ///< for people: `report 7`
    std::uint32_t id = 0;    ///< the channel's; 0: not posted
    std::uint8_t logons = 0; ///< how often the platform refused the token
  };

  // What the channel tells.
  void on_transport_up() override;
  void on_logged_on() override;
  void on_channel_ended(actors::outcome why, std::string_view detail) override;
  void on_begun_anew(std::string_view detail) override { say(line_kind::trouble, detail); }
  void on_post_ended(std::uint32_t id, const actors::post_answer& answer) override;
  void on_way_lost() override;
  void on_ready() override { send_waiting(); }
  void on_resent(std::uint32_t times) override;
  void on_ping_ended(bool answered) override;
  void on_opening() override;
  void on_passed(bool up, bytes_view octets) override { log_.passed(up, octets); }
  void give_part_turn() override;
  void on_wake(time_point now) override;

  void attempt();
  void send_waiting();
  void answered(const std::string& what, bytes_view payload);
  void log_on_again(std::string_view why);
  void drop_posts(std::string_view why);
  void rest(setback what, const std::string& sentence);
  void end_turn();
  void leave(duration grace);
  void leave_if_done();
  void end(exit_code code, const std::string& why = {});
  void say(line_kind kind, std::string_view text);
  void trouble(std::string_view text);
  [[nodiscard]] std::string ending_text(actors::outcome why, std::string_view detail) const;
  [[nodiscard]] std::string_view key_hint() const noexcept;
  [[nodiscard]] bool coap() const noexcept;
  [[nodiscard]] bool encrypted() const noexcept;
  [[nodiscard]] time_point now() const noexcept { return home_.now(); }
  [[nodiscard]] const actors::post_plan& plan() const noexcept { return *product_.post; }

  // What is typed (post_orders.cpp).
  void pump();
  bool next_command();
  void take_up_line();
  [[nodiscard]] bool held_back();
  [[nodiscard]] bool settled() const noexcept;
  [[nodiscard]] bool any_posted() const noexcept;
  void carry_out(const post_command& c);
  void post(std::string topic, std::string payload, std::string what);
  void report();
  void ping();
  void tell_help();

  hal::home& home_;
  hand_setup setup_;
  hand_watcher& watcher_;
  actors::product_settings product_; ///< with the peer of this attempt
  device_protocol spoken_;
  sample_topics topics_;
  secret_mask mask_;
  post_log log_;
  hal::board board_;
  actors::speech_scratch speech_;
  actors::device_surroundings around_;
  std::unique_ptr<actors::post_channel> channel_;
  retry_plan retry_;
  random_stream colours_;
  sample_lamp lamp_;

  phase phase_ = phase::off;
  time_point phase_due_ = never; ///< resting: the next attempt; leaving: the end of grace
  std::vector<open_post> posts_; ///< oldest first
  std::deque<std::string> lines_;
  std::deque<post_command> commands_; ///< of the line under way
  time_point wait_until_{};
  time_point step_due_ = never;   ///< when the command before is waited for no longer
  time_point ping_began_ = never; ///< never: none is open
  std::uint64_t next_id_ = 1;     ///< of Alink requests
  std::uint32_t logons_ = 0;
  bool renewing_ = false; ///< it is online and asks for another token
  bool sending_ = false;
  bool in_turn_ = false;
  bool line_under_way_ = false;
  bool input_over_ = false;
  bool interrupted_ = false;
  bool mistyped_ = false; ///< a line that is none
  bool failed_ = false;   ///< something the user asked for was refused or never answered
};

} // namespace fleet::program
