// A shard without devices that shows what those of other processes have counted, so that all that
// reads a run's shards - line, live view, page, metrics, judges, report - reads them. Workers that
// had the devices one after the other, or have pieces of them at a time, are shown as one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/device/speech_scratch.hpp"
#include "actors/supervision/shard.hpp"
#include "fleet/workers/messages.hpp"

namespace fleet::program {

/// A home on which nothing lives: its meters are another's.
class mirror_home final : public hal::home {
public:
  hal::stream_ptr connect(const hal::connect_options&, hal::stream_events&) override;
  result<std::unique_ptr<hal::listener>, hal::listen_error> listen(const hal::listen_options&,
                                                                   hal::accept_events&) override;
  hal::datagram_ptr open_datagrams(const hal::datagram_options&, hal::datagram_events&) override;
  result<hal::datagram_ptr, hal::listen_error> bind_datagrams(const hal::address&,
                                                              hal::datagram_events&) override;

  void show(const wire_counts& counts);
  /// Jobs that somebody posted, as those who read shards by their home do; on the director's
  /// thread, as everything here.
  void run_jobs() {
    while (run_queued()) {
    }
  }

protected:
  [[nodiscard]] bool on_own_thread() const noexcept override { return true; }
};

class shard_mirror {
public:
  /// `products` outlives it.
  explicit shard_mirror(const actors::product_map& products);

  /// Of the worker that has the piece of this number. False: it is no snapshot of these products,
  /// and nothing has changed. Of a worker that ends its devices what stands, as how many are
  /// online, stays as it was before, unless it is `over`: so the run is judged by those who are not
  /// so far.
  bool show(const crew_snapshot& now, std::size_t piece = 0, bool over = false);
  /// Before it is shown: the devices of this piece are some of those of another, which that began.
  /// Of all others nobody has begun any before.
  void follow(std::size_t piece, std::size_t of);
  /// The worker is gone: nothing of its devices stands any more, and what rose stays. Whoever is
  /// shown next with this number has counted from 0.
  void lose(std::size_t piece = 0);
  /// What the worker that has a piece has counted in all: by counters alone, on a mirror of its
  /// own; and by bins.
  [[nodiscard]] std::unique_ptr<shard_mirror> counts_of(std::size_t piece) const;
  [[nodiscard]] actors::histogram_snapshot latency_of(std::size_t piece,
                                                      actors::latency which) const;
  void run_jobs() { home_.run_jobs(); }

  [[nodiscard]] actors::shard& shard() noexcept { return shard_; }
  [[nodiscard]] const actors::shard& shard() const noexcept { return shard_; }

private:
  [[nodiscard]] bool fits(const crew_snapshot& now) const;
  /// What somebody has counted, without bins.
  struct counted {
    std::vector<wire_counts> products;
    wire_counts troubles;
    wire_counts home;
    std::uint32_t started = 0;
    std::uint32_t stopped = 0;
    std::map<std::string, fault_snapshot> faults;
  };
  /// By histogram and bucket.
  using counted_bins = std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t>;
  struct piece_counts {
    counted now;
    std::vector<counted_bins> bins; ///< by product
  };

  /// What counts devices, and not what they do: who goes on with them counts them again.
  struct devices_counted {
    std::uint32_t started = 0;
    struct fault {
      std::uint32_t selected = 0;
      std::uint32_t hit = 0;
    };
    std::map<std::string, fault> faults;
  };

  static void add(counted& to, const counted& more);
  /// The first piece of those that this one follows, or itself.
  [[nodiscard]] std::size_t first_of(std::size_t piece) const;
  /// Of the pieces that follow each other from this one on.
  [[nodiscard]] devices_counted devices_of(std::size_t first) const;
  void show_all();
  void show_faults(const std::map<std::string, fault_snapshot>& faults);
  void show_bins(std::size_t product, counted_bins& known, const wire_counts& bins, bool whole);

  const actors::product_map& products_;
  mirror_home home_;
  actors::speech_scratch scratch_;
  actors::shard shard_;
  std::vector<actors::fault_mark*> marks_;                ///< those of shard_, in order
  counted before_;                                        ///< by workers that are gone
  std::map<std::size_t, devices_counted> devices_before_; ///< likewise, by first pieces
  std::map<std::size_t, std::size_t> followed_;           ///< first pieces, by those that follow
  std::map<std::size_t, piece_counts> pieces_;
};

} // namespace fleet::program
