// Reading tables, and finding out what their columns are.
#include "fleet/run/replays.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "actors/device/plain_model.hpp"
#include "fleet/scenario/words.hpp"
#include "fleet/text/nearest.hpp"
#include "protocol/alink/template.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/thing_state.hpp"

namespace fleet::program {

namespace {

constexpr std::size_t cells_told_most = 10; ///< of one table that do not fit

std::string placed(const std::string& file, text_place at, std::string_view message) {
  return fmt::format("{}:{}:{}: {}", file, at.line, at.column, message);
}

std::string placed(const std::string& file, csv_place at, std::string_view message) {
  return fmt::format("{}:{}:{}: {}", file, at.line, at.column, message);
}

result<std::shared_ptr<const csv_table>, mistakes> read_table(const std::string& path,
                                                              table_shelf& tables) {
  if (const auto known = tables.find(path); known != tables.end()) {
    return known->second;
  }
  auto text = read_whole_file(path, csv_octets_most);
  if (!text) {
    return fail(mistakes{path + ": " + text.error()});
  }
  auto table = csv_table::parse(text.value());
  if (!table) {
    mistakes out;
    for (const auto& wrong : table.error()) {
      out.push_back(placed(path, wrong.at, wrong.message));
    }
    return fail(std::move(out));
  }
  auto shared = std::make_shared<const csv_table>(std::move(table).value());
  tables.emplace(path, shared);
  return shared;
}

/// A column that names nothing, with the nearest that is.
std::string hint_for(std::string_view name, std::span<const std::string> columns) {
  std::vector<std::string_view> names{columns.begin(), columns.end()};
  const auto near = text::nearest(name, names);
  return near ? "the nearest is " + std::string{*near} : "it has " + text::enumerate(names);
}

/// Columns of the payload that the table does not have.
mistakes hold_payload(const std::string& scenario_file, const report_rule& rule,
                      const csv_table& table) {
  auto compiled = alink::payload_template::compile(rule.payload);
  FLEET_CHECK(compiled.ok()); // the scenario's reader has looked
  if (!compiled.value().has_columns()) {
    return {placed(scenario_file, rule.replay->file_at,
                   "replay changes nothing: the payload has no {column NAME}")};
  }
  if (const auto unknown = compiled.value().bind(table.columns())) {
    return {placed(scenario_file, rule.payload_at,
                   "payload has {column " + *unknown + "}, and " + rule.replay->file
                       + " has no such column; " + hint_for(*unknown, table.columns()))};
  }
  return {};
}

/// Holds a table's columns against a thing model.
class column_reader {
public:
  column_reader(const std::string& path, const csv_table& table, const tsl::model& model)
      : path_(path), table_(table), state_(model), model_(model) {}

  /// Of those columns that are properties.
  std::vector<actors::replay_column> run() {
    std::vector<actors::replay_column> out;
    for (std::size_t i = 0; i < table_.columns().size(); ++i) {
      const auto& name = table_.columns()[i];
      if (model_.find_property(name.substr(0, name.find('.'))) != nullptr) {
        out.push_back({i, name, false});
        read(out.back());
      }
    }
    return out;
  }
  [[nodiscard]] mistakes& wrong() noexcept { return wrong_; }

private:
  [[nodiscard]] bool fits(const std::string& identifier, std::string_view cell, bool as_text) {
    byte_buffer quoted;
    if (as_text) {
      append_json_text(quoted, cell);
    }
    return state_.set(identifier, as_text ? as_text_of(quoted) : cell).ok();
  }
  static std::string_view as_text_of(const byte_buffer& b) { return as_text(b.view()); }

  /// Whether its cells are texts, by the first that is not empty; and that all of them fit.
  void read(actors::replay_column& column) {
    bool decided = false;
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      const auto cell = table_.row(row)[column.column];
      if (cell.empty()) {
        continue;
      }
      if (!decided) {
        column.as_text = !fits(column.identifier, cell, false);
        decided = true;
      }
      if (!fits(column.identifier, cell, column.as_text) && wrong_.size() < cells_told_most) {
        wrong_.push_back(placed(path_, table_.place_of(row, column.column),
                                "this cell is no value of property " + column.identifier));
      }
    }
  }

  const std::string& path_;
  const csv_table& table_;
  tsl::thing_state state_;
  const tsl::model& model_;
  mistakes wrong_;
};

mistakes hold_properties(const std::string& scenario_file, const scenario_product& product,
                         const report_rule& rule, const tsl::model* model,
                         actors::replay_plan& plan) {
  const auto& thing = model != nullptr ? *model : actors::plain_model();
  column_reader columns{rule.replay->file, *plan.rows, thing};
  plan.properties = columns.run();
  if (plan.properties.empty()) {
    std::vector<std::string_view> names;
    for (const auto& property : thing.properties()) {
      names.push_back(property.identifier);
    }
    return {placed(scenario_file, rule.replay->file_at,
                   "no column of " + rule.replay->file + " is a property of product " + product.name
                       + "; it has " + text::enumerate(names))};
  }
  return std::move(columns.wrong());
}

} // namespace

result<replay_list, mistakes> read_replays(const std::string& scenario_file,
                                           const scenario_product& product, const tsl::model* model,
                                           table_shelf& tables) {
  replay_list out;
  for (const auto& rule : product.report ? *product.report : std::vector<report_rule>{}) {
    out.emplace_back();
    if (!rule.replay) {
      continue;
    }
    auto table = read_table(rule.replay->file, tables);
    if (!table) {
      return fail(table.error());
    }
    auto plan = std::make_shared<actors::replay_plan>();
    plan->rows = table.value();
    plan->ends = rule.replay->ends;
    plan->from_first = rule.replay->from_first;
    const bool written = product.profile == profile::mqtt || !rule.payload.empty();
    auto wrong = written ? hold_payload(scenario_file, rule, *plan->rows)
                         : hold_properties(scenario_file, product, rule, model, *plan);
    if (!wrong.empty()) {
      return fail(std::move(wrong));
    }
    out.back() = std::move(plan);
  }
  return out;
}

std::span<const std::string_view> longest_row(const actors::replay_plan* replay) {
  std::span<const std::string_view> longest;
  std::size_t most = 0;
  for (std::size_t i = 0; replay != nullptr && i < replay->rows->rows(); ++i) {
    const auto row = replay->rows->row(i);
    const auto octets =
        std::accumulate(row.begin(), row.end(), std::size_t{0},
                        [](std::size_t sum, std::string_view cell) { return sum + cell.size(); });
    if (octets >= most) {
      most = octets;
      longest = row;
    }
  }
  return longest;
}

} // namespace fleet::program
