// One HTTP front door for a twin on several homes: its connections are the first home's, and each
// request goes to the home of the device that it names, whose desks answer it; one that names
// nobody is answered by the first home's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "cloud_sim/neighbours.hpp"
#include "cloud_sim/post_door.hpp"
#include "cloud_sim/web/message.hpp"

namespace fleet::cloud {

class web_ferry final : public web_handler {
public:
  /// As coap_ferry::settle.
  using settle = std::function<bool(std::uint32_t home)>;

  /// `first` is the first home's; each home's own handler in `each`. All outlive it.
  web_ferry(neighbours& all, post_door& first, settle keep, std::vector<web_handler*> each);
  ~web_ferry();
  web_ferry(const web_ferry&) = delete;
  web_ferry& operator=(const web_ferry&) = delete;

  /// On the first home.
  void on_request(const web_request& request, const responder& reply) override;

private:
  struct carried;
  class pier;

  [[nodiscard]] std::optional<std::uint64_t> place_of(const web_request& request);

  neighbours& all_;
  post_door& door_;
  settle keep_;
  std::vector<web_handler*> each_;
  std::vector<std::shared_ptr<pier>> piers_; ///< one for each home
  json_reader json_;
};

} // namespace fleet::cloud
