// The platform as devices see it that only post, by CoAP or HTTP (aliyun-iot.md §17, §18): log-on,
// tokens, the AES mode, presence, and the answer that comes with each post. Knows no transport;
// what a message means is the platform's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cloud_sim/platform_options.hpp"
#include "cloud_sim/platform_state.hpp"
#include "cloud_sim/switchboard.hpp"
#include "protocol/alink/post_logon.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/sip_hash.hpp"

namespace fleet::cloud {

/// What became of a message that was within a token's rights or not.
enum class post_verdict : std::uint8_t { taken, forbidden, over_bound };

/// What the door needs of the platform.
class post_platform {
public:
  /// A message on a topic of `as`, which has no session; what it would be told goes into `answer`.
  virtual post_verdict take_post(platform_client& as, const mqtt::message_view& message,
                                 std::uint32_t link, answer_box& answer) = 0;
  /// It posted, or it has not for too long.
  virtual void on_posting(platform_client& who, post_protocol by, bool online) = 0;

protected:
  ~post_platform() = default;
};

/// Why there is no token.
enum class logon_denial : std::uint8_t {
  unauthorized, ///< no such device, or a wrong sign
  disabled,     ///< told to the device alone
  by_fault,     ///< a fault would have it so: told as `unauthorized`, and nobody's mistake
  too_many,     ///< it comes too often
  no_room       ///< no token can be had now
};

/// What a log-on is worth.
struct post_grant {
  std::string token;
  std::string random;                ///< AES mode; else empty
  std::uint32_t sequence_offset = 0; ///< likewise
  bool separate = false; ///< it wants answers in messages of their own (§17.2, `ackMode`)
};

/// Views are needed for the call only.
struct post_request {
  post_protocol by = post_protocol::coap;
  std::string_view token{};
  std::string_view topic{};
  bytes_view payload{};
  std::optional<bytes_view> sequence{}; ///< AES mode: the option as it came (§17.4)
  /// The device that the connection belongs to by its key; none: any may post.
  std::optional<device_index> owner{};
  /// Names the connection, or what comes next to one: another number, and what it repeats is no
  /// mistake. HTTP has none: who hears no answer there asks for a new token.
  std::uint64_t way = 0;
};

enum class post_result : std::uint8_t {
  taken,
  no_token,
  unknown_token, ///< of nobody, or replaced by one in use; tokens do not outlive the twin
  expired_token,
  bad_sequence,   ///< used, or below the offset (§17.4)
  undecipherable, ///< not what the AES mode makes, or without what it needs
  not_owner,      ///< another device's connection
  forbidden,      ///< a topic that is not the device's to publish on
  over_bound,     ///< beyond platform_bounds
  too_large,
  no_room ///< nothing can be kept now
};

struct post_outcome {
  post_result what = post_result::no_token;
  bytes_view answer{};          ///< until the next call; encrypted in AES mode; may be empty
  std::uint64_t message_id = 0; ///< of one that was taken
  device_index device = 0;      ///< likewise
  bool separate = false;        ///< as post_grant
};

/// The number that a token begins with, whoever made it; nothing: it is no token.
std::optional<device_index> device_in_token(std::string_view token) noexcept;

class post_door final : private hal::timer {
public:
  struct parts {
    broker& core;
    registry& devices;
    platform_state& state;
    switchboard& lines;
    const platform_options& options; ///< must outlive this
  };
  post_door(const parts& from, post_platform& platform);
  ~post_door();
  post_door(const post_door&) = delete;
  post_door& operator=(const post_door&) = delete;

  /// What tokens are made from; without it there are none. Whoever has it can make tokens.
  void sign_with(std::string key) { key_ = std::move(key); }

  /// A question of form, judged: its device's secret must have signed it. A token takes the place
  /// of the device's former one when it is used: a log-on can be repeated by who only heard it.
  /// `owner` as in post_request.
  result<post_grant, logon_denial> authenticate(const alink::post_logon_request& asked,
                                                post_protocol by,
                                                std::optional<device_index> owner = {});
  /// One message; O(1) in the number of devices.
  post_outcome post(const post_request& what);

  /// The key of a DTLS client that calls itself so (§17.1). Of nobody, or a disabled device: one
  /// that nobody has, so that it cannot be told which devices there are; empty without a key.
  [[nodiscard]] std::string psk_key(std::string_view identity) const;
  /// The device that such an identity names.
  [[nodiscard]] std::optional<device_index> psk_owner(std::string_view identity) const;
  /// What peers are kept by (hal::peer_table), made of what tokens are made from: nobody can guess
  /// it, and a twin of the same seed has the same.
  [[nodiscard]] hash_key places() const;
  /// While the store fails nothing may be answered.
  [[nodiscard]] bool withholding() const noexcept;

  /// Where a device lives (neighbours.hpp); nothing: there is none of that number.
  [[nodiscard]] std::optional<std::uint64_t> place_of(device_index device) const;
  /// Whose token it is, good or not any more; nothing: nobody's.
  [[nodiscard]] std::optional<device_index> token_owner(std::string_view token) const noexcept;
  /// The device that says so of itself, or fault_desk::nobody.
  [[nodiscard]] std::uint32_t number_of(const alink::post_logon_request& asked) const;
  /// Null, while nobody ordered a fault.
  [[nodiscard]] fault_desk* faults() const noexcept { return parts_.core.faults(); }
  /// The tokens of these devices are too old from now on; answers how many had one.
  std::uint32_t expire(const fault_choice& whom);
  /// These devices have none any more, and are offline until they ask for another; likewise.
  std::uint32_t kick(const fault_choice& whom);

  /// Advice that these post next: what a post needs to know of each is fetched, all at once.
  void expect(std::span<const device_index> devices) const noexcept;

  /// It came online otherwise: its posts do not count as presence.
  void displaced(device_index device);
  /// Its token is worth nothing any more, and it is offline.
  void withdraw(device_index device);
  /// Everybody is offline; tokens go.
  void stop();

  [[nodiscard]] std::size_t tokens() const noexcept { return posters_.size(); }
  /// The twin's: for those who stand between the network and this door.
  [[nodiscard]] twin_counters& counters() const noexcept { return parts_.core.counters(); }

private:
  struct talk;
  struct poster;
  [[nodiscard]] poster* find(std::string_view token) const noexcept;
  [[nodiscard]] std::string derive(std::string_view purpose, device_index device);
  [[nodiscard]] bool make_room();
  void forget(device_index device);
  [[nodiscard]] std::vector<device_index> chosen(const fault_choice& whom) const;
  post_result judge(const post_request& what, poster*& whose);
  /// Decrypts the payload into plain_.
  post_result unseal(const post_request& what, talk& whose);
  void begin(poster& who);
  void touch(poster& who);
  void unlink(poster& who) noexcept;
  void leave(poster& who);
  void on_wake(time_point now) override;
  [[nodiscard]] post_counters& counted(post_protocol by) const noexcept;

  parts parts_;
  post_platform& platform_;
  std::string key_;
  std::unordered_map<device_index, std::unique_ptr<poster>> posters_; ///< never walked
  std::vector<poster*> places_; ///< the same by index, null for others: one step to each
  std::set<std::pair<time_point, device_index>> by_expiry_;
  std::vector<std::unique_ptr<poster>> gone_; ///< freed when nobody can be inside them
  poster* oldest_ = nullptr;                  ///< of those online, by their last post
  poster* newest_ = nullptr;
  device_rates logons_;
  answer_box answer_;
  byte_buffer plain_;
  byte_buffer sealed_;
  std::uint64_t made_ = 0; ///< tokens
  std::uint64_t last_message_ = 0;
};

} // namespace fleet::cloud
