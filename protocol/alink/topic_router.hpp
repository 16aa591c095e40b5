// Which handlers a message is for, on the device's side (aliyun-iot.md §8.2, §19: register and
// unregister at run time over one connection). It knows tokens, not functions, and sends nothing:
// what must be subscribed it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"

namespace fleet::alink {

/// What a handler is called; its owner knows what it means.
using handler_token = std::uint32_t;

/// The device whose names a filter's `{productKey}` and `{deviceName}` stand for.
struct own_names {
  std::string_view product_key;
  std::string_view device_name;
};

inline constexpr std::size_t max_filter = 128; ///< octets of a filter (§2)
inline constexpr std::size_t max_routes = 100; ///< of one device, the shared ones included (§8.1)
inline constexpr std::size_t max_base_routes = 64; ///< of one shared table

/// §8.2: begins with a slash, characters 32 to 126, `+` alone in its level, `#` alone in the last.
bool valid_route(std::string_view filter) noexcept;

/// Whether a filter selects a topic (MQTT 3.1.1, 4.7); a level `{productKey}` or `{deviceName}` is
/// the device's own. Linear, never recursive.
bool route_matches(std::string_view filter, std::string_view topic,
                   const own_names& names) noexcept;

enum class route_error : std::uint8_t {
  bad_filter, ///< the SDK's -41
  full        ///< the SDK's -42
};

struct route {
  std::string filter;
  handler_token token = 0;
  std::uint8_t qos = 0;     ///< to subscribe with
  std::uint64_t serial = 0; ///< order of registration
};

/// The routes all devices of a product have: filled once, then shared.
class route_table {
public:
  /// False if the filter is the same as one that stood there with that token already.
  result<bool, route_error> add(std::string_view filter, handler_token token, std::uint8_t qos);
  [[nodiscard]] const std::vector<route>& routes() const noexcept { return routes_; }

private:
  std::vector<route> routes_;
};

class topic_router;

/// The handlers of one message, in order of registration, shared ones first. Whatever happens to
/// the router meanwhile, it stays valid: what is unregistered before its turn has no turn, what is
/// registered during the walk has none in it. Router, topic and names must outlive it.
class route_cursor {
public:
  std::optional<handler_token> next() noexcept;

private:
  friend class topic_router;
  route_cursor(const topic_router& router, std::string_view topic, const own_names& names) noexcept;
  const topic_router* router_;
  std::string_view topic_;
  own_names names_;
  std::uint64_t masked_;  ///< shared routes that were off when it began
  std::uint64_t at_ = 0;  ///< the serial to look at next
  std::uint64_t end_ = 0; ///< what is registered from here on came too late
};

enum class route_removal : std::uint8_t {
  unknown, ///< there was none
  removed, ///< others with this filter are left: stay subscribed
  last     ///< nobody wants this filter any more: unsubscribe
};

/// One device's routes: those of its product, less what it gave up, and its own.
class topic_router {
public:
  /// `base` may be null; it must outlive the router and not change any more.
  explicit topic_router(const route_table* base) noexcept : base_(base) {}

  /// Adds a handler, or takes a shared one back that was removed. True if the filter must be
  /// subscribed: nobody wanted it before. The same filter and token twice is one.
  result<bool, route_error> add(std::string_view filter, handler_token token, std::uint8_t qos);
  route_removal remove(std::string_view filter, handler_token token);

  /// Who gets this message. Nobody: it is for whoever takes the rest.
  [[nodiscard]] route_cursor match(std::string_view topic, const own_names& names) const noexcept {
    return {*this, topic, names};
  }

  /// How many routes there are.
  [[nodiscard]] std::size_t size() const noexcept;
  /// Appends the filter of the n-th, names put in, and answers the QoS to subscribe it with; none
  /// if an earlier route has the same filter. `n` is less than size().
  std::optional<std::uint8_t> append_filter(byte_buffer& out, std::size_t n,
                                            const own_names& names) const;
  /// Octets on the heap, the shared table left out.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  friend class route_cursor;
  [[nodiscard]] const route* live(std::size_t n) const noexcept;
  [[nodiscard]] bool wanted(std::string_view filter) const noexcept;
  [[nodiscard]] std::optional<std::size_t> base_index(std::string_view filter,
                                                      handler_token token) const noexcept;
  const route_table* base_;
  std::uint64_t masked_ = 0; ///< shared routes this device gave up, a bit each
  std::uint64_t next_serial_ = max_base_routes;
  std::vector<route> own_;
};

/// CMP's kinds of URI (§19).
enum class uri_kind : std::uint8_t { system, ext, verbatim };

/// The filter that CMP registers for a URI: `/sys/{productKey}/{deviceName}/URI`, `/ext/URI`, URI.
std::string cmp_filter(uri_kind kind, std::string_view uri);

} // namespace fleet::alink
