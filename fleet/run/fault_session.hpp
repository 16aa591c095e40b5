// The faults of a run while it lasts: its desk, those who carry them out, and the control socket
// by which more are ordered. Lives in the director, on its thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/actor.hpp>

#include "fleet/live/order_box.hpp"
#include "fleet/run/control_server.hpp"
#include "fleet/run/fault_desk.hpp"
#include "fleet/run/fault_hands.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

class fault_session {
public:
  /// All outlive it.
  fault_session(const run_options& options, const prepared& ready,
                const std::vector<actors::shard*>& shards)
      : options_(options), ready_(ready), shards_(shards) {}

  /// Who carries faults of cloud and firmware out; null, as it is without this: nobody.
  void cloud_by(fault_hand* hand) { cloud_ = hand; }
  /// Told of each order that was carried out here; says who else does not have it, and why.
  using relayer = std::function<std::vector<std::string>(const control_order&)>;
  void relay_by(relayer relay) { relay_ = std::move(relay); }
  /// Carries an order out at once; the answer is a line of JSON.
  std::string answer(const control_order& order);
  /// The same, of one that was given `since` ago elsewhere; answers why not, or nothing.
  std::string carry_out(const control_order& order, duration since);
  /// Orders come by that, too.
  void also_take(order_box& box) { box_ = &box; }
  /// Opens the control socket, if the run has one. One that was asked for must be had.
  std::optional<startup_error> open();
  /// Before the devices run: the faults that the run begins with. The first that nobody can carry
  /// out comes back as a sentence, and ends it there.
  std::optional<std::string> begin(const caf::actor& root);
  /// Each slice; `now` since the devices run.
  void turn(duration now);
  /// Faults that were carried out and are no more, though nobody has removed them; told once each.
  std::vector<std::string> take_lost();
  /// The run drains: nothing is in force any more, and nothing new is taken.
  void quiet(duration now);
  /// The actors are gone.
  void close();

  /// Its rows() may be read by any thread, while it is there.
  [[nodiscard]] const fault_desk& desk() const noexcept { return desk_; }
  /// Empty: there is none.
  [[nodiscard]] std::string control_path() const { return control_ ? control_->path() : ""; }

private:
  struct added {
    std::vector<std::string> told;
    std::optional<fault_refusal> refusal; ///< then none of them is there
    std::string refused;                  ///< the name of the one that it is about
  };
  std::string refuse(std::string why);
  /// What is answered where others do not have it; nothing: they do.
  std::optional<std::string> relay(const control_order& order);
  std::string add(const std::string& words);
  added add_all(std::vector<planned_fault> faults);
  std::string remove(const std::vector<std::string>& names);

  const run_options& options_;
  const prepared& ready_;
  shard_hand shards_;
  fault_hand* cloud_ = nullptr;
  fault_desk desk_;
  std::unique_ptr<control_server> control_;
  order_box* box_ = nullptr;
  relayer relay_;       ///< none: nobody
  std::string refusal_; ///< of the last order
  duration now_{0};
  bool running_ = false; ///< between begin() and quiet()
};

} // namespace fleet::program
