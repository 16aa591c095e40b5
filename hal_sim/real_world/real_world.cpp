// Threads for homes.
#include "hal_sim/real_world/real_world.hpp"

#include <pthread.h>

#include <algorithm>
#include <csignal>

#include "protocol/base/check.hpp"

namespace fleet::hal {

real_world::real_world(const real_world_options& options) : name_(options.name) {
  FLEET_CHECK(options.homes > 0 && options.pending_connects_max > 0);
  real_home_options each;
  each.source_addresses = options.source_addresses;
  each.loopback_sources = options.loopback_sources;
  each.places_in_turn = options.places_in_turn;
  each.read_buffer_bytes = options.read_buffer_bytes;
  each.started -= options.head_start;
  each.started_wall -=
      std::chrono::duration_cast<std::chrono::system_clock::duration>(options.head_start);
  for (std::size_t i = 0; i < options.homes; ++i) {
    const std::size_t spare = i < options.pending_connects_max % options.homes ? 1 : 0;
    each.pending_connects_max =
        std::max<std::size_t>(options.pending_connects_max / options.homes + spare, 1);
    homes_.push_back(std::make_unique<real_home>(each));
  }
}

real_world::~real_world() {
  stop(duration::zero());
}

void real_world::start() {
  FLEET_CHECK(threads_.empty());
  // Threads inherit the mask: signals are for the main thread.
  sigset_t all;
  sigset_t former;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &former);
  for (std::size_t i = 0; i < homes_.size(); ++i) {
    threads_.emplace_back([home = homes_[i].get()] { home->run(); });
    const std::string name = name_.substr(0, 10) + "-" + std::to_string(i);
    ::pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
  ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
}

void real_world::stop(duration grace) {
  if (threads_.empty()) {
    return;
  }
  for (const auto& home : homes_) {
    home->stop(grace);
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

} // namespace fleet::hal
