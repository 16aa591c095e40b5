// The tables that a scenario's reports replay: read once each, held against thing models and
// payloads, and told by their places where they do not fit.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/device/replay_plan.hpp"
#include "fleet/credential_file.hpp"
#include "fleet/files.hpp"
#include "fleet/scenario/scenario.hpp"
#include "protocol/base/result.hpp"
#include "protocol/tsl/model.hpp"

namespace fleet::program {

/// Of each report of a product; null for those that replay nothing.
using replay_list = std::vector<std::shared_ptr<const actors::replay_plan>>;

/// Tables by their path; all products that name one share it.
struct table_shelf {
  std::map<std::string, std::shared_ptr<const csv_table>> known;
  file_source* files = &disk_files();
};

/// The replays of a product with its reports filled in, or its mistakes, a line each with their
/// place. `scenario_file` is for those; `model`: none, the plain device's. `notes`, where it is
/// there, gets sentences about what is valid: what is replayed, and what may not be meant.
result<replay_list, mistakes> read_replays(const std::string& scenario_file,
                                           const scenario_product& product, const tsl::model* model,
                                           table_shelf& tables,
                                           std::vector<std::string>* notes = nullptr);

/// The row of most octets; none without a replay.
std::span<const std::string_view> longest_row(const actors::replay_plan* replay);

} // namespace fleet::program
