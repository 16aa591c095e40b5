// Somebody who listens on the virtual network. Inner part of it.
#pragma once

#include "hal_sim/world/home.hpp"

namespace fleet::hal {

class virtual_network;

class virtual_listener final : public listener {
public:
  virtual_listener(virtual_network& network, const listen_options& options, accept_events& events)
      : net_(&network), at_(options.at), security_(options.security), events_(&events) {}
  virtual_listener(const virtual_listener&) = delete;
  virtual_listener& operator=(const virtual_listener&) = delete;
  ~virtual_listener() override;

  [[nodiscard]] address at() const override { return at_; }
  [[nodiscard]] stream_filter_factory* security() const noexcept { return security_; }
  [[nodiscard]] accept_events& events() const noexcept { return *events_; }

private:
  friend class virtual_network;
  virtual_network* net_; ///< none: the world has ended first
  address at_;
  stream_filter_factory* security_;
  accept_events* events_;
};

} // namespace fleet::hal
