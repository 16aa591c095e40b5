// From a twin's counters to samples.
#include <string>

#include "fleet/metrics/label_words.hpp"
#include "fleet/run/twin_host.hpp"

namespace fleet::program {

using metrics::family;

namespace {

class sampler {
public:
  sampler(const cloud::twin_counters& c, std::vector<metrics::sample>& out) : c_(c), out_(out) {}

  void connections() const {
    put(family::twin_connections, c_.connections_open);
    put(family::twin_devices, c_.devices_online);
    put(family::twin_sessions, c_.sessions);
    put(family::twin_accepts, c_.connections, {{"result", "taken"}});
    put(family::twin_accepts, c_.connections_over_limit, {{"result", "over_limit"}});
    put(family::twin_accepts, c_.connections_withheld, {{"result", "withheld"}});
    for (std::size_t i = 0; i < c_.connects.size(); ++i) {
      put(family::twin_connects, c_.connects[i], {{"code", std::to_string(i)}});
    }
    for (std::size_t i = 0; i < c_.ends.size(); ++i) {
      put(family::twin_ends, c_.ends[i], {{"reason", std::string{metrics::end_reason_words[i]}}});
    }
    double violations = 0;
    for (const auto& each : c_.violations) {
      violations += static_cast<double>(cloud::value(each));
    }
    out_.push_back({family::twin_violations, {}, violations, nullptr});
    put(family::twin_received_octets, c_.bytes_received);
    put(family::twin_sent_octets, c_.bytes_sent);
  }

  void messages() const {
    for (std::size_t q = 0; q < c_.received.size(); ++q) {
      put(family::twin_messages_received, c_.received[q], {{"qos", std::to_string(q)}});
      put(family::twin_messages_sent, c_.delivered[q], {{"qos", std::to_string(q)}});
    }
    put(family::twin_messages_acknowledged, c_.acknowledged);
    put(family::twin_messages_dropped, c_.queue_drops, {{"reason", "queue"}});
    put(family::twin_messages_dropped, c_.offline_drops, {{"reason", "away"}});
    put(family::twin_messages_dropped, c_.slow_drops, {{"reason", "slow"}});
    put(family::twin_publishes_refused, c_.publishes_refused);
    put(family::twin_over_bound, c_.publishes_over_bound, {{"what", "publish"}});
    put(family::twin_over_bound, c_.downlinks_over_bound, {{"what", "downlink"}});
    put(family::twin_over_bound, c_.connects_over_rate, {{"what", "connect"}});
    put(family::twin_subscribes, c_.subscribes_granted, {{"result", "granted"}});
    put(family::twin_subscribes, c_.subscribes_refused, {{"result", "refused"}});
    put(family::twin_replies, c_.replies);
    put(family::twin_malformed, c_.malformed_requests);
    put(family::twin_downlinks, c_.downlinks, {{"result", "sent"}});
    put(family::twin_downlinks, c_.downlinks_skipped, {{"result", "skipped"}});
    put(family::twin_command_replies, c_.command_replies);
  }

  void services() const {
    put(family::twin_configs, c_.configs_taken, {{"result", "taken"}});
    put(family::twin_configs, c_.configs_failed, {{"result", "failed"}});
    put(family::twin_firmware_offers, c_.firmware_offers, {{"result", "sent"}});
    put(family::twin_firmware_offers, c_.firmware_offers_unsent, {{"result", "unsent"}});
    put(family::twin_firmware_downloads, c_.firmware_downloads, {{"result", "served"}});
    put(family::twin_firmware_downloads, c_.firmware_refused, {{"result", "refused"}});
    put(family::twin_firmware_octets, c_.firmware_octets);
    put(family::twin_commits, c_.commits, {{"result", "ok"}});
    put(family::twin_commits, c_.commits_failed, {{"result", "failed"}});
    put(family::twin_tags, c_.tags_intact, {{"result", "booked"}});
    put(family::twin_tags, c_.tags_corrupted, {{"result", "corrupted"}});
    put(family::twin_tags, c_.tags_unkept, {{"result", "no_room"}});
    put(family::twin_tags, c_.tags_foreign, {{"result", "foreign"}});
  }

  void posts() const {
    for (std::size_t i = 0; i < cloud::post_protocol_count; ++i) {
      const auto& by = c_.posting[i];
      const std::pair<std::string, std::string> of{
          "protocol", std::string{cloud::to_string(static_cast<cloud::post_protocol>(i))}};
      put(family::twin_posting_devices, by.online, {of});
      put(family::twin_post_logons, by.tokens, {of, {"result", "given"}});
      put(family::twin_post_logons, by.logons_refused, {of, {"result", "refused"}});
      put(family::twin_posts, by.posts, {of, {"result", "taken"}});
      put(family::twin_posts, by.tokens_refused, {of, {"result", "token"}});
      put(family::twin_posts, by.refused, {of, {"result", "refused"}});
      put(family::twin_unjudged, by.unjudged, {of});
    }
    put(family::twin_coap_requests, c_.coap_requests);
    put(family::twin_peers_displaced, c_.coap_peers_displaced, {{"way", "coap"}});
    put(family::twin_peers_displaced, c_.dtls.displaced, {{"way", "dtls"}});
    put(family::twin_hellos, c_.dtls.hellos);
    put(family::twin_handshakes, c_.dtls.opened, {{"result", "opened"}});
    put(family::twin_handshakes, c_.dtls.refused, {{"result", "refused"}});
    put(family::twin_handshakes, c_.dtls.turned_away, {{"result", "turned_away"}});
  }

private:
  void put(family f, const cloud::counter& from, metrics::labels with = {}) const {
    out_.push_back({f, std::move(with), static_cast<double>(cloud::value(from)), nullptr});
  }

  const cloud::twin_counters& c_;
  std::vector<metrics::sample>& out_;
};

} // namespace

void sample_faults(const std::array<cloud::counter, faults::effect_count>& counts,
                   std::vector<metrics::sample>& out) {
  for (const auto& info : faults::effects()) {
    const auto& count = counts[static_cast<std::size_t>(info.what)];
    if (info.of == faults::domain::cloud || info.of == faults::domain::firmware) {
      out.push_back({family::twin_faults,
                     {{"effect", std::string{info.word}}},
                     static_cast<double>(cloud::value(count)),
                     nullptr});
    }
  }
}

void sample_downlinks(const std::vector<downlink_meter>& commands,
                      std::vector<metrics::sample>& out) {
  auto times = std::make_shared<actors::histogram_snapshot>();
  for (const auto& of_home : commands) {
    of_home.times().read(*times);
  }
  out.push_back({family::downlink_duration, {{"protocol", "mqtt"}}, 0, std::move(times)});
}

void sample_twin(const cloud::twin_counters& c, std::vector<metrics::sample>& out) {
  const sampler s{c, out};
  s.connections();
  s.messages();
  s.services();
  s.posts();
}

} // namespace fleet::program
