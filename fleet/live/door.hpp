// What is asked of a process over HTTP, and who may: /metrics, the page, its figures, and orders. A
// handler over cloud_sim/web's service; opens no socket.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cloud_sim/web/service.hpp"
#include "fleet/live/order_box.hpp"
#include "protocol/base/json.hpp"

namespace fleet::program {

/// What is shown. All of it is asked on the door's own thread, and so may only read what any thread
/// may; and outlives the door.
struct page_parts {
  std::string html;                     ///< of `/`
  std::function<std::string()> metrics; ///< of `/metrics`
  /// Of `/live.json`, whose rows begin with number `from`; none: there is no such thing.
  std::function<std::string(std::uint64_t from)> figures;
  order_box* orders = nullptr; ///< none: the page only shows
  std::string token;           ///< asked for with orders; not empty where there are any
};

/// Routes: `GET /`, `GET /metrics`, `GET /live.json[?from=N]`, `POST /orders` with a line of the
/// control socket's. Whoever may connect may read; on loopback, only by an address or `localhost`,
/// so that no name that was made to resolve to this machine lets a browser's page read, /metrics
/// apart, which Prometheus reads by any name. Orders are taken from nobody but the page itself or
/// a program (Origin, Sec-Fetch-Site), by an address or `localhost`, with `Authorization: Bearer`
/// and the token: 401 without, 403 with another.
class page_door final : public cloud::web_handler {
public:
  page_door(hal::home& where, page_parts parts) : home_(where), parts_(std::move(parts)) {}

  /// Where it is; before the first request.
  void at(const hal::address& own) { own_ = own; }
  void on_request(const cloud::web_request& request, const cloud::responder& reply) override;

  /// What a service for it is willing to hold: a page is a connection, and so is a Prometheus.
  static cloud::web_limits limits();

private:
  [[nodiscard]] cloud::web_answer shown(const cloud::web_request& request,
                                        std::string_view path) const;
  void take_order(const cloud::web_request& request, const cloud::responder& reply);

  hal::home& home_;
  const page_parts parts_;
  hal::address own_;
  json_reader reader_;
};

} // namespace fleet::program
