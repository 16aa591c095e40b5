// One function for each way of asking: once, page by page, piece by piece.
#include "fleet/console/console_command.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "fleet/console/admin_connection.hpp"
#include "fleet/console/console_talk.hpp"
#include "fleet/console/display.hpp"
#include "fleet/console/render.hpp"
#include "fleet/console/request.hpp"
#include "fleet/credential_file.hpp"

namespace fleet::program {

namespace {

class conversation final : console_talk {
public:
  conversation(const console_options& what, admin_api& api, const std::string& where)
      : console_talk({std::string{to_string(what.verb)}, what.json}, api, where), what_(what) {}

  console_outcome run();

private:
  bool read_inputs();
  bool read(const std::string& file, std::string& into, bool trimmed);
  bool find_device();
  bool find_product_of(const std::vector<std::string>& keys);

  void ask_once();
  bool know_product();
  void list_devices();
  void show_product();
  void import();

  const console_options& what_;
  console_inputs inputs_;
  device_ref who_;
};

bool conversation::read(const std::string& file, std::string& into, bool trimmed) {
  if (file.empty()) {
    return true;
  }
  auto text = read_whole_file(file, admin_body_max);
  if (!text) {
    return wrong(exit_code::wrong_usage, file + ": " + text.error());
  }
  into = std::move(text).value();
  if (trimmed) {
    into.erase(into.find_last_not_of(" \t\r\n") + 1);
  }
  return true;
}

bool conversation::read_inputs() {
  inputs_.payload = what_.payload;
  if (what_.verb != console_verb::import && !read(what_.file, inputs_.payload, false)) {
    return false;
  }
  if (!read(what_.model_file, inputs_.model, true)
      || !read(what_.secret_file, inputs_.secret, true)) {
    return false;
  }
  if (!what_.secret_file.empty() && !alink::valid_secret(inputs_.secret)) {
    return wrong(exit_code::wrong_usage,
                 what_.secret_file + " holds no secret of 1 to 64 visible characters");
  }
  return true;
}

/// Completes the device's name with the one product that has it.
bool conversation::find_device() {
  const auto parsed = parse_device(what_.device);
  if (!parsed) {
    return true; // a verb without a device; the command line refused all other cases
  }
  who_ = *parsed;
  if (!who_.product_key.empty()) {
    return true;
  }
  const auto answer = ask(products_request());
  if (!answer || !good(*answer, "the twin")) {
    return false;
  }
  const auto keys = read_product_keys(answer->body);
  return keys ? find_product_of(*keys) : foreign("the list of products has another form");
}

bool conversation::find_product_of(const std::vector<std::string>& keys) {
  std::vector<std::string> having;
  for (const std::string& key : keys) {
    const auto answer = ask(device_request({key, who_.device_name}));
    if (!answer) {
      return false;
    }
    if (is_error(*answer, "unknown-device")) {
      continue;
    }
    if (!good(*answer, key + "/" + who_.device_name)) {
      return false;
    }
    having.push_back(key);
  }
  if (having.empty()) {
    return wrong(exit_code::expectation_failed,
                 fmt::format("unknown-device: no product has a device {}", who_.device_name));
  }
  if (having.size() > 1) {
    return wrong(exit_code::wrong_usage,
                 fmt::format("{} products have a device {}; write {}/{} or {}/{}", having.size(),
                             who_.device_name, printable(having[0]), who_.device_name,
                             printable(having[1]), who_.device_name));
  }
  who_.product_key = having.front();
  return true;
}

void conversation::ask_once() {
  const auto request = make_request(what_, who_, inputs_);
  if (!request) {
    wrong(exit_code::wrong_usage, printable(request.error()));
    return;
  }
  const auto answer = ask(request.value());
  if (answer && good(*answer, who_.device_name.empty() ? "the twin" : who_.text())) {
    print(answer->body, render(what_, who_, *answer));
  }
}

/// Whether the twin has the product that the line names; says so if not.
bool conversation::know_product() {
  const auto answer = ask(products_request());
  if (!answer || !good(*answer, "the twin")) {
    return false;
  }
  return find_product(answer->body, what_.product)
         || wrong(exit_code::expectation_failed,
                  fmt::format("unknown-product: {}; fleet cloud products lists all of them",
                              what_.product));
}

void conversation::list_devices() {
  std::vector<std::string> all;
  const std::size_t most = what_.limit == 0 ? listed_devices_max : what_.limit;
  std::optional<std::uint64_t> next = 0;
  while (next && all.size() < most) {
    const auto page =
        static_cast<std::uint32_t>(std::min<std::size_t>(device_page, most - all.size()));
    const auto answer = ask(devices_request(what_, *next, page));
    if (!answer || !good(*answer, "the twin")) {
      return;
    }
    auto listed = read_devices(answer->body);
    if (!listed || (listed->next && *listed->next <= *next)) {
      foreign("the list of devices has another form, or no end");
      return;
    }
    for (auto& device : listed->devices) {
      all.push_back(std::move(device));
    }
    next = listed->next;
  }
  if (all.empty() && !what_.product.empty() && !know_product()) {
    return;
  }
  std::string json = "{\"devices\":[";
  for (std::size_t i = 0; what_.json && i < all.size(); ++i) {
    json += (i == 0 ? "" : ",") + all[i];
  }
  json += "],\"next\":" + (next ? std::to_string(*next) : std::string{"null"}) + "}";
  print(json, render_devices(all));
  if (next && outcome_.code == exit_code::passed && !what_.json) {
    outcome_.errors += fmt::format("there are more than these {}\n", all.size());
  }
}

void conversation::show_product() {
  const auto answer = ask(products_request());
  if (!answer || !good(*answer, "the twin")) {
    return;
  }
  const auto product = find_product(answer->body, what_.product);
  if (!product) {
    wrong(exit_code::expectation_failed,
          fmt::format("unknown-product: {}; --name or --model adds it", what_.product));
    return;
  }
  print(*product, render_product(*product));
}

void conversation::import() {
  auto table = read_credential_file(what_.file);
  if (!table) {
    for (const std::string& mistake : table.error()) {
      outcome_.errors += mistake + "\n";
    }
    outcome_.code = exit_code::wrong_usage;
    return;
  }
  std::vector<std::string> bodies;
  std::string json;
  for (const admin_request& piece : import_requests(table.value())) {
    const auto answer = ask(piece);
    if (!answer || !good(*answer, "the twin")) {
      if (!bodies.empty()) {
        outcome_.errors += fmt::format("the first {} pieces of the file are in\n", bodies.size());
      }
      return;
    }
    json += (bodies.empty() ? "" : ",") + answer->body;
    bodies.push_back(answer->body);
  }
  print(bodies.size() == 1 ? json : "[" + json + "]", render_import(bodies));
}

console_outcome conversation::run() {
  if (!read_inputs() || !find_device()) {
    return std::move(outcome_);
  }
  const bool shown = what_.verb == console_verb::product && what_.name.empty()
                     && what_.model_file.empty() && what_.node_type.empty() && !what_.erase;
  if (what_.verb == console_verb::devices) {
    list_devices();
  } else if (what_.verb == console_verb::import) {
    import();
  } else if (shown) {
    show_product();
  } else {
    ask_once();
  }
  return std::move(outcome_);
}

} // namespace

console_outcome run_console(const console_options& what, admin_api& api, const std::string& where) {
  return conversation{what, api, where}.run();
}

exit_code execute_console(const console_options& what) {
  console_outcome outcome;
  auto target = find_admin(what.reach);
  if (target) {
    const std::string where = admin_text(target.value().at);
    admin_connection connection{std::move(target).value()};
    outcome = run_console(what, connection, where);
  } else {
    outcome.code = exit_code::wrong_usage;
    outcome.errors = fmt::format("fleet cloud {}: {}\n", to_string(what.verb), target.error());
  }
  return print_outcome("fleet cloud " + std::string{to_string(what.verb)}, std::move(outcome));
}

} // namespace fleet::program
