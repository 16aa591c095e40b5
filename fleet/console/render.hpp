// Answers of the admin API as people read them, and what counts as a no. Prints nothing itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/console/admin_api.hpp"
#include "fleet/console/options.hpp"
#include "fleet/console/request.hpp"

namespace fleet::program {

/// How an answer is to be taken.
enum class answer_kind : std::uint8_t {
  good,
  refused, ///< the cloud or the device said no
  foreign  ///< no admin API answers like that
};

struct judgement {
  answer_kind kind = answer_kind::good;
  std::string sentence; ///< why not, for people; empty where it is good
};

/// Reads status and body: `{"error":"unknown-device","detail":"…"}` beside a status of 400 and
/// more, or a device's own `{"code":460,…}` (aliyun-iot.md §10.1). `who` names whom it is about.
judgement judge(const admin_answer& answer, std::string_view who);

/// Whether the answer is of that error: a word of cloud_sim/operations.hpp.
bool is_error(const admin_answer& answer, std::string_view word);

/// A good answer as text, each line ended; nothing where it has another form than it should.
std::optional<std::string> render(const console_options& what, const device_ref& who,
                                  const admin_answer& answer);

/// One page of devices: its raw objects, and where the next page begins.
struct device_list {
  std::vector<std::string> devices; ///< JSON objects
  std::optional<std::uint64_t> next;
};
std::optional<device_list> read_devices(std::string_view body);
/// The table of all pages; nothing where a device has another form.
std::optional<std::string> render_devices(const std::vector<std::string>& devices);

/// The keys of an answer of products.
std::optional<std::vector<std::string>> read_product_keys(std::string_view body);
/// One product of such an answer as JSON.
std::optional<std::string> find_product(std::string_view body, std::string_view key);
/// It, for people.
std::optional<std::string> render_product(std::string_view product);

/// What the answers to the pieces of an import add up to.
std::optional<std::string> render_import(const std::vector<std::string>& bodies);

} // namespace fleet::program
