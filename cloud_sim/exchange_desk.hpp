// One home's place at the exchange: what its clients publish goes from here to the homes whose
// clients listen, and what they subscribe to is made known to the others before it counts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cloud_sim/broker.hpp"
#include "cloud_sim/exchange.hpp"
#include "cloud_sim/subscription_tree.hpp"

namespace fleet::cloud {

class exchange_desk {
public:
  /// The home's own clients; its calls come within a turn of the broker.
  class clients {
  public:
    /// A message of another home, for whoever listens here.
    virtual void on_message(const mqtt::stored_message& message, mqtt::qos q) = 0;
    /// All homes know of what announce() told, but for `refused`, for which one of them had no
    /// room. The retained messages are held meanwhile: nothing may be published in the call.
    virtual void on_announced(std::uint64_t ticket, const std::vector<std::string>& refused) = 0;
    /// And now it may.
    virtual void on_settled(std::uint64_t ticket) = 0;

  protected:
    ~clients() = default;
  };

  /// All outlive it. Calls on the broker's home alone.
  exchange_desk(exchange& at, broker& core, clients& own);
  ~exchange_desk();
  exchange_desk(const exchange_desk&) = delete;
  exchange_desk& operator=(const exchange_desk&) = delete;

  /// To the clients of other homes, and to all of them later if it is to be retained. That comes
  /// before the home's own clients are sent it, who are then sent first what other homes retained
  /// before. False: there was no room to retain it.
  bool publish(std::string_view topic, bytes_view payload, mqtt::qos q, bool retain);
  /// What a filter selects of what is retained; within on_announced() alone.
  void find_retained(std::string_view filter, std::vector<retained_messages::kept>& out) const {
    exchange_.retained().find(filter, out);
  }

  /// One more client here wants each of these filters; answers the ticket of on_announced(). Each
  /// is to be released once for each time that it was announced.
  std::uint64_t announce(const std::vector<std::string>& filters);
  void release(std::string_view filter);

  /// Whether others were told of all that clients here listen to, and of nothing else.
  [[nodiscard]] std::size_t announced() const noexcept { return wanted_.size(); }
  /// Filters of other homes that are known here.
  [[nodiscard]] std::size_t known() const noexcept;

  /// For the exchange: something waits.
  void work();

private:
  struct elsewhere final : subscriber {
    std::uint32_t home = 0;
  };
  struct asked {
    std::uint32_t answers = 0;
    std::vector<std::string> refused;
  };
  void tell_others(exchange_item::form what, std::uint64_t ticket,
                   const std::vector<std::string>& filters);
  void take_waiting();
  void handle(exchange_item& item);
  void learn(const exchange_item& item);
  void settle();

  exchange& exchange_;
  broker& core_;
  clients& own_;
  subscription_tree tree_; ///< of the other homes
  std::vector<std::unique_ptr<elsewhere>> others_;
  std::vector<subscription_tree::match> matches_;
  /// How many clients here want a filter; 0 never. Looked up, never walked.
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return static_cast<std::size_t>(hash_text(text));
    }
  };
  struct want {
    std::uint32_t clients = 0;
    bool unknown = false;    ///< another home had no room for it: to be announced again
    std::uint64_t asked = 0; ///< the last announcement that told of it
  };
  std::unordered_map<std::string, want, text_hash, std::equal_to<>> wanted_;
  std::unordered_map<std::uint64_t, asked> asked_; ///< by ticket; likewise
  std::vector<std::uint64_t> ready_;
  std::uint64_t tickets_ = 0;
};

} // namespace fleet::cloud
