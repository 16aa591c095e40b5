// Three desks behind one door: firmware for whoever asks for its path, posts of devices that have
// no other way, log-ons for all others. No answers of its own.
#pragma once

#include "cloud_sim/web/firmware_desk.hpp"
#include "cloud_sim/web/logon_desk.hpp"
#include "cloud_sim/web/post_desk.hpp"

namespace fleet::cloud {

class front_desk final : public web_handler {
public:
  /// All must outlive it; `posts` may be null: then nobody posts here.
  front_desk(logon_desk& logons, firmware_desk& firmware, post_desk* posts = nullptr)
      : logons_(logons), firmware_(firmware), posts_(posts) {}

  void on_request(const web_request& request, const responder& reply) override {
    if (request.target.starts_with(firmware_path)) {
      firmware_.on_request(request, reply);
    } else if (posts_ != nullptr && post_desk::concerns(request.target)) {
      posts_->on_request(request, reply);
    } else {
      logons_.on_request(request, reply);
    }
  }

private:
  logon_desk& logons_;
  firmware_desk& firmware_;
  post_desk* posts_;
};

} // namespace fleet::cloud
