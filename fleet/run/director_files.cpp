// The director and the files that a run leaves.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "fleet/report/earlier.hpp"
#include "fleet/report/files.hpp"
#include "fleet/run/director.hpp"

namespace fleet::program {

bool director::write(const std::string& path, const std::string& text) {
  if (report::write_whole(path, text)) {
    return true;
  }
  std::fprintf(stderr, "fleet run: cannot write %s: %s\n", path.c_str(), std::strerror(errno));
  return false;
}

bool director::write_json() {
  const auto& told = options_.told;
  const bool more = !told.html.empty() || !told.junit.empty() || !told.csv.empty();
  if (options_.json_file.empty() && !more) {
    return true;
  }
  auto text = report::to_json(facts_);
  if (company_.others) {
    text = company_.others->with_workers(std::move(text));
  }
  bool ok = options_.json_file.empty() || write(options_.json_file, text);
  if (more) {
    const auto run = report::earlier_run::read("this run", text);
    FLEET_CHECK(run.ok());
    ok = (told.html.empty() || write(told.html, to_page(run.value()))) && ok;
    ok = (told.junit.empty() || write(told.junit, to_junit(run.value()))) && ok;
    ok = (told.csv.empty() || write(told.csv, to_csv(run.value()))) && ok;
  }
  return ok;
}

std::string director::ledger_lines() const {
  std::string lines;
  for (const actors::shard* s : shard_list_) {
    const auto accounts = s->accounts();
    for (std::uint32_t i = 0; i < s->options.count; ++i) {
      const std::uint32_t index = s->devices.at(i);
      const auto* const far = far_of(index);
      if (facts_.products[ready_.product_of(index)].uplink_tagged) {
        ledger::append_lines(lines, "uplink", index, &accounts[i]->uplink,
                             far ? far->uplink_of(index) : nullptr, 0,
                             far ? far->refused_of(index) : nullptr);
      }
      ledger::append_lines(lines, "downlink", index, far ? far->downlink_of(index) : nullptr,
                           &accounts[i]->downlink, far ? far->downlink_since(index) : 0);
    }
  }
  return lines;
}

bool director::write_files() {
  const bool ok = write_json();
  if (options_.ledger_file.empty()) {
    return ok;
  }
  const auto lines = company_.leads() ? company_.others->ledger_lines() : ledger_lines();
  return write(options_.ledger_file, lines) && ok;
}

} // namespace fleet::program
