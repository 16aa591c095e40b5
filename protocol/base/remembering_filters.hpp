// Filters that know their server from the stream before: what a factory offers beside
// stream_filter_factory when each device has a memory of its own there.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "protocol/base/stream_filter.hpp"

namespace fleet {

class remembering_filter_factory : public stream_filter_factory {
public:
  /// As make(), for the device `who`. `place` names where it connects, any octets that are others
  /// for another host or port: who answers there need not know what was agreed elsewhere.
  virtual std::unique_ptr<stream_filter> make_for(std::string_view server_name,
                                                  std::string_view place, std::uint64_t who) = 0;
  /// Whose filters remember nothing; as long as this one lives.
  virtual stream_filter_factory& forgetful() = 0;
};

} // namespace fleet
