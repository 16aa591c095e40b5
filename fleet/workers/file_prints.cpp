// Names from options and plan, prints from content.
#include "fleet/workers/file_prints.hpp"

#include <filesystem>
#include <set>

#include "protocol/base/hmac.hpp"

namespace fleet::program {

namespace {

std::set<std::string> names_of(const run_options& o, const prepared& ready) {
  std::set<std::string> out{o.scenario_file, o.credentials_file,       o.product_secrets_file,
                            o.ca_file,       o.mqtt_text.payload_file, o.mqtt_text.password_file};
  for (const auto& product : ready.products) {
    out.insert(product.plan.product.model);
    if (const auto& rules = product.plan.product.report) {
      for (const auto& rule : *rules) {
        out.insert(rule.replay ? rule.replay->file : std::string{});
      }
    }
  }
  out.erase(std::string{});
  return out;
}

/// Empty: it cannot be read, or not again.
std::string print_of(const std::string& name, const std::string& token) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(name, ignored)) {
    return {}; // a pipe is read once
  }
  const auto content = read_file(name);
  return content ? hmac_hex(hmac_hash::sha256, token, "fleet file " + content.value())
                 : std::string{};
}

} // namespace

std::vector<file_print> prints_of(const run_options& options, const prepared& ready,
                                  const std::string& token) {
  std::vector<file_print> out;
  for (const auto& name : names_of(options, ready)) {
    if (auto print = print_of(name, token); !print.empty()) {
      out.push_back({name, std::move(print)});
    }
  }
  return out;
}

std::optional<std::string> differing_file(const std::vector<file_print>& there,
                                          const std::string& token) {
  for (const auto& file : there) {
    const auto here = print_of(file.name, token);
    if (here.empty()) {
      return "cannot read " + file.name + ", which the coordinator has";
    }
    if (here != file.print) {
      return file.name + " is another one here than the coordinator's; copy it to each machine";
    }
  }
  return std::nullopt;
}

} // namespace fleet::program
