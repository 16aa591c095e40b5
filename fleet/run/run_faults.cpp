// Scene, names, answers.
#include "fleet/run/run_faults.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "fleet/scenario/expected_faults.hpp"
#include "fleet/scenario/fault_words.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/sample.hpp"

namespace fleet::program {

namespace {

std::vector<product_plan> plans_of(const prepared& ready) {
  std::vector<product_plan> out;
  for (const auto& product : ready.products) {
    out.push_back(product.plan);
    out.back().counts = product.model != nullptr && tsl::counts_up(*product.model);
  }
  return out;
}

/// One walk over the fleet, where any rule asks by name.
named_devices names_wanted(const std::vector<fault_rule>& rules, const prepared& ready) {
  std::set<std::string, std::less<>> wanted;
  for (const auto& rule : rules) {
    wanted.insert(rule.select.devices.begin(), rule.select.devices.end());
  }
  named_devices out;
  if (wanted.empty()) {
    return out;
  }
  for (const auto& product : ready.products) {
    const auto& range = product.plan.devices;
    for (std::uint32_t i = range.first; i < range.first + range.count; ++i) {
      if (auto name = product.speech->name(i); wanted.contains(name)) {
        out[std::move(name)].push_back(i);
      }
    }
  }
  return out;
}

fault_scene scene_of(const run_options& o, const prepared& ready,
                     std::span<const product_plan> products) {
  fault_scene scene;
  scene.products = products;
  scene.devices = ready.devices();
  scene.regions = ready.regions;
  if (ready.plan) {
    scene.traffic = ready.plan->cloud_traffic;
    scene.rollouts = ready.plan->rollouts;
  }
  scene.embedded = o.target.scheme == text::scheme::embedded;
  scene.target_admin = !o.target_admin.empty();
  return scene;
}

/// Expectations of the line that name a fault which the run has not; a file's were looked at with
/// its plan.
std::optional<startup_error> check_expected(const run_options& o,
                                            std::span<const planned_fault> faults) {
  for (const auto& line : o.judged.expect) {
    if (const auto wrong = unknown_fault(line, faults)) {
      return startup_error{exit_code::wrong_usage,
                           fmt::format("--expect \"{}\" has a mistake at its column {}: {}", line,
                                       wrong->column, wrong->message)};
    }
  }
  return std::nullopt;
}

std::string quoted_list(const std::vector<std::string>& texts) {
  byte_buffer out;
  out.push('[');
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i != 0) {
      out.push(',');
    }
    append_json_text(out, texts[i]);
  }
  out.push(']');
  return std::string{as_text(out.view())};
}

std::string closed(byte_buffer& out, object_writer& writer) {
  writer.end();
  return std::string{as_text(out.view())} + "\n";
}

} // namespace

std::optional<startup_error> find_faults(const run_options& o, prepared& ready) {
  std::vector<fault_rule> rules;
  if (ready.plan) {
    rules = ready.plan->faults;
    ready.regions = ready.plan->regions;
  } else {
    rules = overrides_of(o).faults;
  }
  ready.region_map = region_map_of(ready.regions);
  if (rules.empty()) {
    return check_expected(o, {});
  }
  const auto products = plans_of(ready);
  const auto names = names_wanted(rules, ready);
  auto scene = scene_of(o, ready, products);
  scene.run_for = o.run_for;
  scene.names = &names;
  auto got = resolve_faults(rules, scene);
  if (!got) {
    const auto& wrong = got.error();
    const auto& at = wrong.wrong.at;
    return startup_error{exit_code::wrong_usage, wrong.words.empty()
                                                     ? fmt::format("{}:{}:{}: {}", o.scenario_file,
                                                                   at.line, at.column, wrong.text())
                                                     : wrong.text()};
  }
  ready.faults = std::move(got.value().faults);
  ready.twin_keeps = std::any_of(ready.faults.begin(), ready.faults.end(), [](const auto& planned) {
    return planned.fault.what == faults::effect::cloud_restart;
  });
  auto& notes = got.value().notes;
  std::move(notes.begin(), notes.end(), std::back_inserter(ready.notes));
  return check_expected(o, ready.faults);
}

faults::draw draw_of(const prepared& ready) {
  return {ready.seed, ready.region_map.size() == 0 ? nullptr : &ready.region_map};
}

std::vector<std::string> fault_lines(const prepared& ready) {
  std::vector<std::string> out;
  const std::uint32_t devices = ready.devices();
  for (const auto& planned : ready.faults) {
    out.push_back(announcement(planned.fault,
                               count_selected(planned.fault, draw_of(ready), devices), devices));
  }
  return out;
}

result<planned_faults, std::string> live_faults(const run_options& o, const prepared& ready,
                                                std::string_view words,
                                                const std::vector<std::string>& taken) {
  auto rule = parse_fault_words(words);
  if (!rule) {
    return fail("the fault " + complaint_of(rule.error()));
  }
  std::set<std::string> names;
  for (const auto& name : taken) {
    names.insert(name.substr(0, name.find('.')));
    names.insert(name);
  }
  const auto name = free_name(rule.value(), names);
  if (!name) {
    return fail("there is a fault " + rule.value().name + " already");
  }
  const auto products = plans_of(ready);
  const auto found = names_wanted({rule.value()}, ready);
  auto scene = scene_of(o, ready, products);
  scene.names = &found;
  auto got = resolve_fault(rule.value(), *name, scene);
  if (!got) {
    return fail("the fault " + complaint_of(got.error()));
  }
  return std::move(got).value();
}

std::string fault_rows_json(const std::vector<fault_row>& rows) {
  byte_buffer list;
  list.push('[');
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i != 0) {
      list.push(',');
    }
    const auto& row = rows[i];
    object_writer writer{list};
    writer.text("name", row.name);
    writer.text("effect", to_string(row.what));
    writer.text("text", row.text);
    writer.text("state", state_text(row));
    writer.thousandths("begins_s", row.begins / std::chrono::milliseconds{1});
    if (row.ended) {
      writer.thousandths("ended_s", *row.ended / std::chrono::milliseconds{1});
    }
    writer.raw("live", row.live ? "true" : "false");
    writer.integer("selected", row.figures.selected);
    writer.integer("hit", row.figures.hit);
    writer.integer("strikes", static_cast<std::int64_t>(row.figures.strikes));
    writer.end();
  }
  list.push(']');
  return std::string{as_text(list.view())};
}

std::string list_answer(const std::vector<fault_row>& rows, duration now) {
  byte_buffer out;
  object_writer writer{out};
  writer.raw("ok", "true");
  writer.thousandths("elapsed_s", now / std::chrono::milliseconds{1});
  writer.raw("faults", fault_rows_json(rows));
  return closed(out, writer);
}

std::string add_answer(const std::vector<std::string>& told,
                       const std::vector<std::string>& notes) {
  byte_buffer out;
  object_writer writer{out};
  writer.raw("ok", "true");
  writer.raw("told", quoted_list(told));
  writer.raw("notes", quoted_list(notes));
  return closed(out, writer);
}

std::string who_answer(const run_identity& who) {
  byte_buffer out;
  object_writer writer{out};
  writer.raw("ok", "true");
  writer.integer("pid", who.pid);
  writer.text("scenario", who.scenario);
  writer.text("seed", std::to_string(who.seed));
  writer.integer("devices", who.devices);
  writer.text("world", who.virtual_world ? "virtual" : "real");
  writer.thousandths("elapsed_s", who.elapsed / std::chrono::milliseconds{1});
  return closed(out, writer);
}

} // namespace fleet::program
