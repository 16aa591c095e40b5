// What the cloud's traffic says: topics and payloads from templates, or made up from the thing
// model where a scenario leaves them open. Sends nothing.
#pragma once

#include <optional>
#include <string>

#include "fleet/scenario/scenario.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/alink/template.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/random.hpp"
#include "protocol/tsl/model.hpp"

namespace fleet::program {

/// For whom one message is.
struct traffic_subject {
  alink::identity who; ///< without its secret
  std::uint32_t index = 0;
  std::uint64_t sequence = 0; ///< of this traffic, from 1
  std::int64_t wall_ms = 0;
};

class traffic_text {
public:
  /// `model` may be null and must outlive the object; the templates are those of a read scenario.
  traffic_text(const cloud_traffic& traffic, program::profile profile, const tsl::model* model);

  /// Replaces `out` with the payload: the template's; else values of the model for what the kind
  /// acts upon; else a small JSON object.
  void payload(const traffic_subject& to, random_stream& random, byte_buffer& out) const;
  /// The topic as broker and devices see it: `/broadcast/PK/…` (§9.1), `/PK/DN/…`, or as written
  /// with profile mqtt.
  [[nodiscard]] std::string topic(const traffic_subject& to, random_stream& random) const;
  /// property_get: the JSON array of the names asked for (§11.4).
  [[nodiscard]] std::string names() const;

private:
  [[nodiscard]] bool meant(std::string_view identifier) const;
  void append_properties(byte_buffer& out, random_stream& random) const;
  void append_arguments(byte_buffer& out, random_stream& random) const;

  const cloud_traffic& traffic_;
  program::profile profile_;
  const tsl::model* model_;
  std::optional<alink::payload_template> payload_;
  alink::payload_template topic_;
};

} // namespace fleet::program
