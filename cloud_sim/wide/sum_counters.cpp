// Every counter by its name; the size of the whole says when one is missing.
#include "cloud_sim/wide/sum_counters.hpp"

#include <array>

namespace fleet::cloud {

namespace {

constexpr std::array singles{
    &twin_counters::connections_open,
    &twin_counters::devices_online,
    &twin_counters::coap_requests,
    &twin_counters::coap_peers_displaced,
    &twin_counters::connections,
    &twin_counters::connections_over_limit,
    &twin_counters::bytes_received,
    &twin_counters::bytes_sent,
    &twin_counters::acknowledged,
    &twin_counters::subscribes_granted,
    &twin_counters::subscribes_refused,
    &twin_counters::publishes_refused,
    &twin_counters::publishes_over_bound,
    &twin_counters::downlinks_over_bound,
    &twin_counters::connects_over_rate,
    &twin_counters::queue_drops,
    &twin_counters::offline_drops,
    &twin_counters::slow_drops,
    &twin_counters::retained_refused,
    &twin_counters::wills_published,
    &twin_counters::commits,
    &twin_counters::commits_failed,
    &twin_counters::connections_withheld,
    &twin_counters::kept_unused,
    &twin_counters::sessions,
    &twin_counters::sessions_expired,
    &twin_counters::malformed_requests,
    &twin_counters::replies,
    &twin_counters::downlinks,
    &twin_counters::downlinks_skipped,
    &twin_counters::command_replies,
    &twin_counters::configs_taken,
    &twin_counters::configs_failed,
    &twin_counters::firmware_offers,
    &twin_counters::firmware_offers_unsent,
    &twin_counters::firmware_downloads,
    &twin_counters::firmware_refused,
    &twin_counters::firmware_octets,
    &twin_counters::tags_intact,
    &twin_counters::tags_corrupted,
    &twin_counters::tags_unkept,
    &twin_counters::tags_foreign,
};
constexpr std::array posts{
    &post_counters::online,   &post_counters::tokens,         &post_counters::logons_refused,
    &post_counters::posts,    &post_counters::tokens_refused, &post_counters::refused,
    &post_counters::unjudged,
};
using door = hal::datagram_door_counters;
constexpr std::array doors{&door::hellos, &door::turned_away, &door::displaced, &door::opened,
                           &door::refused};

// What is added to the counters is to be added here.
static_assert(sizeof(post_counters) == posts.size() * sizeof(counter));
static_assert(sizeof(door) == doors.size() * sizeof(counter));
static_assert(sizeof(twin_counters)
              == (singles.size() + 2 * posts.size() + doors.size() + 6 + end_reason_count
                  + violation_count + 3 + 3)
                     * sizeof(counter));

/// Calls `act` with each counter of the two.
template <class Act>
void walk(const twin_counters& one, twin_counters& two, Act act) {
  const auto walk_all = [&](const auto& from, auto& to) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      act(from[i], to[i]);
    }
  };
  for (const auto each : singles) {
    act(one.*each, two.*each);
  }
  for (std::size_t by = 0; by < one.posting.size(); ++by) {
    for (const auto each : posts) {
      act(one.posting[by].*each, two.posting[by].*each);
    }
  }
  for (const auto each : doors) {
    act(one.dtls.*each, two.dtls.*each);
  }
  walk_all(one.connects, two.connects);
  walk_all(one.ends, two.ends);
  walk_all(one.violations, two.violations);
  walk_all(one.received, two.received);
  walk_all(one.delivered, two.delivered);
}

} // namespace

void add_counters(const twin_counters& one, twin_counters& sum) {
  walk(one, sum, [](const counter& from, counter& to) { add(to, value(from)); });
}

void clear_counters(twin_counters& sum) {
  walk(sum, sum, [](const counter&, counter& to) { to.store(0, std::memory_order_relaxed); });
}

} // namespace fleet::cloud
