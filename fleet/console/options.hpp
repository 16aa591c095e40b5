// What a `fleet cloud …` subcommand was asked to do, apart from `serve`: plain data, read off the
// command line. No file is open and nothing is sent yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/time.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::program {

/// What is asked of the twin; one subcommand each.
enum class console_verb : std::uint8_t {
  products,
  devices,
  device,
  set,
  get,
  desired,
  call,
  rrpc,
  shadow,
  publish,
  broadcast,
  invite,
  permit,
  kick,
  disable,
  enable,
  remove, ///< `delete`
  product,
  add,
  import,
  config,
  topic,
  status
};
inline constexpr std::size_t console_verb_count = 23;

/// The subcommand's word: `set`, `delete` and so on.
std::string_view to_string(console_verb verb) noexcept;

/// Where the admin API is and how it is spoken to.
struct console_reach {
  std::string admin;      ///< URL or `host:port`; empty: $FLEET_ADMIN, or the default
  std::string token_file; ///< empty: $FLEET_ADMIN_TOKEN, or no token
  std::string ca_file;    ///< PEM, for https; empty: the system's authorities
  /// How long a device may take to answer; the twin is given a little more.
  duration timeout = std::chrono::seconds{5};
  std::string_view flag = "--admin"; ///< by which `admin` was given
};

/// One request in the user's words.
struct console_options {
  console_verb verb = console_verb::status;
  console_reach reach;
  bool json = false; ///< the answer as it came

  std::string device;             ///< `PK/DN`, or `DN` where one product alone has it
  std::string product;            ///< ProductKey
  std::string state;              ///< of `devices`; empty: any
  std::uint32_t limit = 0;        ///< of `devices`, how many at most; 0: all
  std::vector<std::string> words; ///< assignments, property names, devices to invite
  std::string service;            ///< of `call`
  std::string topic;
  std::string payload;
  std::string file; ///< the payload's, the credentials', the configuration's; empty: none
  mqtt::qos qos = mqtt::qos::at_most_once;
  std::int64_t version = 0;                 ///< of a shadow's update; 0: whichever it has (§13)
  std::string name;                         ///< of a product
  std::string model_file;                   ///< of a product; empty: none
  std::string node_type;                    ///< of a product; empty: it stays
  std::string secret_file;                  ///< of a new device; empty: the twin makes one
  bool push = false;                        ///< of `config`: to who is online, too
  duration span = std::chrono::seconds{60}; ///< of `permit`
  std::string allow;  ///< of `topic`: pub, sub or both; empty: nothing is added
  bool erase = false; ///< of `topic`; of `product`: its thing model
};

} // namespace fleet::program
