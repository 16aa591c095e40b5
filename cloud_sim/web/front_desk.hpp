// Two desks behind one door: firmware for whoever asks for its path, log-ons for all others. No
// answers of its own.
#pragma once

#include "cloud_sim/web/firmware_desk.hpp"
#include "cloud_sim/web/logon_desk.hpp"

namespace fleet::cloud {

class front_desk final : public web_handler {
public:
  /// Both must outlive it.
  front_desk(logon_desk& logons, firmware_desk& firmware) : logons_(logons), firmware_(firmware) {}

  void on_request(const web_request& request, const responder& reply) override {
    if (request.target.starts_with(firmware_path)) {
      firmware_.on_request(request, reply);
    } else {
      logons_.on_request(request, reply);
    }
  }

private:
  logon_desk& logons_;
  firmware_desk& firmware_;
};

} // namespace fleet::cloud
