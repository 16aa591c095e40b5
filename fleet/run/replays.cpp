// Reading tables, and finding out what their columns are.
#include "fleet/run/replays.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "actors/device/plain_model.hpp"
#include "fleet/run/replay_words.hpp"
#include "fleet/scenario/reading.hpp"
#include "fleet/scenario/words.hpp"
#include "fleet/text/nearest.hpp"
#include "fleet/text/quantities.hpp"
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

/// The end of a sentence about a table whose names are separated by something else.
std::string commas_for(std::string_view separator) {
  return separator.empty() ? ""
                           : fmt::format("; its first line has {} between the names, and a table "
                                         "has commas",
                                         separator);
}

result<std::shared_ptr<const csv_table>, mistakes> read_table(const std::string& path,
                                                              table_shelf& tables) {
  if (const auto known = tables.known.find(path); known != tables.known.end()) {
    return known->second;
  }
  auto text = tables.files->read(path, csv_octets_most);
  if (!text) {
    return fail(mistakes{path + ": " + text.error()});
  }
  if (is_utf_16(text.value())) {
    return fail(mistakes{placed(path, csv_place{}, "the table is UTF-16; save it as UTF-8")});
  }
  auto table = csv_table::parse(text.value());
  if (!table) {
    mistakes out;
    for (const auto& wrong : table.error()) {
      out.push_back(placed(path, wrong.at, wrong.message));
    }
    out.front() += commas_for(other_separator(text.value()));
    return fail(std::move(out));
  }
  auto shared = std::make_shared<const csv_table>(std::move(table).value());
  tables.known.emplace(path, shared);
  return shared;
}

/// A column that names nothing, with the nearest that is.
std::string hint_for(std::string_view name, std::span<const std::string> columns) {
  std::vector<std::string_view> names{columns.begin(), columns.end()};
  const auto near = text::nearest(name, names);
  return near ? "the nearest is " + std::string{*near} : "it has " + text::enumerate(names);
}

std::string commas_of(const csv_table& table) {
  return table.columns().size() == 1 ? commas_for(other_separator(table.columns().front())) : "";
}

/// What every note about a report begins with.
std::string report_of(const scenario_product& product, const report_rule& rule) {
  return fmt::format("product {}, report {}: ", product.name,
                     word_for(rule.what, report_kind_words));
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
                       + " has no such column; " + hint_for(*unknown, table.columns())
                       + commas_of(table))};
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
        if (const auto* type = type_of(name)) {
          read(out.back(), *type);
        }
      }
    }
    return out;
  }
  [[nodiscard]] mistakes& wrong() noexcept { return wrong_; }

private:
  /// Of a property, or of its member; complains where it has no such.
  const tsl::data_type* type_of(const std::string& name) {
    const std::size_t point = std::min(name.find('.'), name.size());
    const auto& type = model_.find_property(name.substr(0, point))->type;
    if (point == name.size()) {
      return &type;
    }
    const std::size_t member = type.member_index(name.substr(point + 1));
    if (member < type.members.size()) {
      return &type.members[member].type;
    }
    std::vector<std::string> names;
    for (const auto& one : type.members) {
      names.push_back(one.identifier);
    }
    wrong_.push_back(
        placed(path_, csv_place{},
               fmt::format("column {}: property {} has no such member; it has {}", name,
                           name.substr(0, point), names.empty() ? "none" : names_said(names))));
    return nullptr;
  }

  [[nodiscard]] bool fits(const std::string& identifier, std::string_view cell, bool as_text) {
    byte_buffer quoted;
    if (as_text) {
      append_json_text(quoted, cell);
    }
    return state_.set(identifier, as_text ? as_text_of(quoted) : cell).ok();
  }
  static std::string_view as_text_of(const byte_buffer& b) { return as_text(b.view()); }

  /// Whether its cells are texts, by the first that is not empty; and that all of them fit.
  void read(actors::replay_column& column, const tsl::data_type& type) {
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
        wrong_.push_back(
            placed(path_, table_.place_of(row, column.column),
                   fmt::format("this cell is no value of property {}: {}; it "
                               "takes {}",
                               column.identifier, shown_value(cell), value_said(type))));
      }
    }
  }

  const std::string& path_;
  const csv_table& table_;
  tsl::thing_state state_;
  const tsl::model& model_;
  mistakes wrong_;
};

/// Columns that are no property, each with the nearest that no column is.
std::vector<std::string> strangers(const csv_table& table, const tsl::model& thing) {
  std::vector<std::string_view> free;
  for (const auto& property : thing.properties()) {
    if (!table.find_column(property.identifier)) {
      free.push_back(property.identifier);
    }
  }
  std::vector<std::string> out;
  for (const auto& name : table.columns()) {
    if (thing.find_property(name.substr(0, name.find('.'))) == nullptr) {
      const auto near = text::nearest(name, free);
      out.push_back(name + (near ? " (the nearest is " + std::string{*near} + ")" : ""));
    }
  }
  return out;
}

/// Whether a report of some properties has that column's.
bool holds(const report_rule& rule, const actors::replay_column& column) {
  const auto property = column.identifier.substr(0, column.identifier.find('.'));
  const auto& all = rule.identifiers;
  return all.empty() || std::find(all.begin(), all.end(), property) != all.end();
}

/// What a report takes out of its table, and what it does not.
std::string replayed(const report_rule& rule, const tsl::model& thing,
                     const actors::replay_plan& plan) {
  std::vector<std::string> taken;
  std::vector<std::string> left;
  for (const auto& column : plan.properties) {
    (holds(rule, column) ? taken : left).push_back(column.identifier);
  }
  const std::size_t rows = plan.rows->rows();
  auto out = fmt::format("replays {} of {} row{}", names_said(taken), text::format_count(rows),
                         rows == 1 ? "" : "s");
  if (!left.empty()) {
    out += "; columns that are not among its identifiers: " + names_said(left);
  }
  if (const auto others = strangers(*plan.rows, thing); !others.empty()) {
    out += "; columns that are no property: " + names_said(others);
  }
  return out;
}

mistakes hold_properties(const std::string& scenario_file, const scenario_product& product,
                         const report_rule& rule, const tsl::model* model,
                         actors::replay_plan& plan, std::vector<std::string>* notes) {
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
                       + "; it has " + text::enumerate(names) + commas_of(*plan.rows))};
  }
  if (std::none_of(plan.properties.begin(), plan.properties.end(),
                   [&](const actors::replay_column& column) { return holds(rule, column); })) {
    return {placed(scenario_file, rule.replay->file_at,
                   "replay changes nothing: no column of " + rule.replay->file
                       + " is among the identifiers of the report, "
                       + names_said(rule.identifiers))};
  }
  if (notes != nullptr) {
    notes->push_back(report_of(product, rule) + replayed(rule, thing, plan));
  }
  return std::move(columns.wrong());
}

} // namespace

result<replay_list, mistakes> read_replays(const std::string& scenario_file,
                                           const scenario_product& product, const tsl::model* model,
                                           table_shelf& tables, std::vector<std::string>* notes) {
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
                         : hold_properties(scenario_file, product, rule, model, *plan, notes);
    if (!wrong.empty()) {
      return fail(std::move(wrong));
    }
    if (written && notes != nullptr) {
      for (const auto& broken : broken_json(rule.payload, *plan->rows)) {
        notes->push_back(report_of(product, rule) + broken);
      }
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
