// Products whose devices post over CoAP or HTTP (aliyun-iot.md §17, §18): what their devices are
// told, and the doors of the embedded twin that they come to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cloud_sim/twin.hpp"
#include "cloud_sim/web/post_desk.hpp"
#include "cloud_sim/web/service.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// What a proxy tells hosts apart by (RFC 9112 §3.2): the target's as it was written, and its port
/// unless that is the scheme's own. Empty for embedded.
std::string host_field(const text::target& target);

/// Fills in how the product's devices post, where they do. With DTLS made.
void apply_posts(const run_options& options, const prepared& ready, prepared_product& product);

/// The embedded twin's doors for one profile.
class embedded_post_front {
public:
  /// Names the CoAP listeners that the products of profile `p` need, but for their addresses.
  static result<std::unique_ptr<embedded_post_front>, startup_error>
  name(const run_options& options, const prepared& ready, profile p, cloud::twin_options& into);

  /// With `twin` started, which outlives the doors: opens those of HTTP, and tells the products
  /// where to go.
  std::optional<startup_error> open(hal::home& home, cloud::twin& twin, prepared& ready, profile p);

  /// Ends all connections; on the home's thread, or after the homes ended.
  void stop();
  /// Frees what hangs on the twin; likewise for one that is killed: no answer leaves any more.
  void close();
  /// With its twin started again: the same doors; false: it cannot listen there.
  bool reopen();

private:
  embedded_post_front() = default;
  std::optional<startup_error> open_http(prepared& ready, profile p);

  cloud::twin* twin_ = nullptr; ///< whose devices' keys DTLS asks for; null: not yet started
  std::unique_ptr<datagram_filter_door> security_;
  std::optional<std::size_t> plain_; ///< of the twin's CoAP listeners
  std::optional<std::size_t> dtls_;
  cloud::web_service& service();

  hal::home* home_ = nullptr;
  cloud::web_limits limits_;
  std::vector<hal::listen_options> http_;
  std::unique_ptr<cloud::post_desk> desk_;
  std::unique_ptr<cloud::web_service> service_;
};

} // namespace fleet::program
