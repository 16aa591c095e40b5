// One function for each way of asking.
#include "fleet/console/rollout_command.hpp"

#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "fleet/console/admin_connection.hpp"
#include "fleet/console/campaign_watch.hpp"
#include "fleet/console/firmware_upload.hpp"
#include "fleet/console/json_text.hpp"
#include "fleet/console/rollout_render.hpp"
#include "fleet/console/rollout_request.hpp"
#include "fleet/credential_file.hpp"

namespace fleet::program {

namespace {

/// Octets of a file of DeviceNames.
constexpr std::size_t names_file_most = std::size_t{1} << 20;
/// Devices of a campaign that are listed at most.
constexpr std::size_t listed_most = 1'000'000;

class rollout final : console_talk {
public:
  rollout(const rollout_options& what, admin_api& api, const std::string& where, onlooker& watcher)
      : console_talk({to_string(what.verb), what.json}, api, where), what_(what), api_(api),
        where_(where), watcher_(watcher) {}

  console_outcome run();

private:
  void generate();
  void list_firmware();
  void start();
  void list_campaigns();
  void show();
  void list_devices();
  void order(std::string_view word, std::string_view done);
  void remove(const admin_request& request, std::string_view noun);
  bool find_names(std::vector<std::string>& out);
  void watch(std::uint32_t id);

  const rollout_options& what_;
  admin_api& api_;
  const std::string& where_;
  onlooker& watcher_;
};

void rollout::generate() {
  const std::uint64_t seed = what_.firmware.seed.value_or(fresh_seed());
  auto answer = ask_well(add_firmware_request(what_.firmware, 0, seed));
  auto view = answer ? read_firmware(answer->body) : std::nullopt;
  // What comes next is a campaign, which takes a firmware that is ready.
  for (unsigned looks = 0; view && view->state == "digesting"; ++looks) {
    if (looks == digest_looks_max) {
      foreign("the firmware does not get ready");
      return;
    }
    if (!watcher_.wait(digest_period)) {
      wrong(exit_code::interrupted,
            fmt::format("firmware {} is ready once the twin has its digests", view->id));
      return;
    }
    answer = ask_well(firmware_request(view->id));
    view = answer ? read_firmware(answer->body) : std::nullopt;
  }
  if (!answer) {
    return;
  }
  print(answer->body,
        view ? std::optional{fmt::format("firmware {} is made from seed {}\n", view->id, seed)
                             + render_firmware(*view)}
             : std::nullopt);
}

void rollout::list_firmware() {
  if (const auto answer = ask_well(firmware_list_request())) {
    const auto all = read_firmware_list(answer->body);
    print(answer->body, all ? std::optional{render_firmware_list(*all)} : std::nullopt);
  }
}

/// The names that `--devices` stands for: a file of them, or the names themselves.
bool rollout::find_names(std::vector<std::string>& out) {
  const std::string& word = what_.campaign.devices;
  if (word.empty()) {
    return true;
  }
  auto text = read_whole_file(word, names_file_most);
  const bool file = static_cast<bool>(text);
  // A path, or the name of a text, is no list; what is wrong with the file is what is told.
  const bool meant_a_file = word.find('/') != std::string::npos || word.ends_with(".txt")
                            || word.ends_with(".csv") || word.ends_with(".list");
  if (!file && meant_a_file) {
    return wrong(exit_code::wrong_usage, word + ": " + text.error());
  }
  auto names = read_names(file ? std::string_view{text.value()} : std::string_view{word});
  if (!names) {
    return wrong(exit_code::wrong_usage,
                 (file ? word + ": " : std::string{"--devices: "}) + names.error());
  }
  out = std::move(names).value();
  return true;
}

void rollout::watch(std::uint32_t id) {
  outcome_ = campaign_watch{what_, api_, where_, watcher_}.run(id);
}

void rollout::start() {
  if (what_.id != 0) {
    order("start", "is started");
    return;
  }
  std::vector<std::string> names;
  if (!find_names(names)) {
    return;
  }
  const auto answer = ask_well(new_campaign_request(what_.campaign, names));
  if (!answer) {
    return;
  }
  const auto view = read_campaign(answer->body);
  if (view && what_.watch) {
    watch(view->id);
    return;
  }
  print(answer->body, view ? std::optional{fmt::format("campaign {} is {}\n", view->id,
                                                       what_.campaign.later ? "made" : "started")
                                           + render_campaign(*view)}
                           : std::nullopt);
}

void rollout::list_campaigns() {
  if (const auto answer = ask_well(campaign_list_request())) {
    const auto all = read_campaign_list(answer->body);
    print(answer->body, all ? std::optional{render_campaign_list(*all)} : std::nullopt);
  }
}

void rollout::show() {
  if (what_.watch) {
    watch(what_.id);
    return;
  }
  const auto answer = ask_well(campaign_request(what_.id));
  if (!answer) {
    return;
  }
  const auto view = read_campaign(answer->body);
  if (what_.devices && what_.json) {
    list_devices(); // which is all that is printed: one document
    return;
  }
  print(answer->body, view ? std::optional{render_campaign(*view)} : std::nullopt);
  if (what_.devices && view) {
    outcome_.out += "\n";
    list_devices();
  }
}

void rollout::list_devices() {
  std::vector<std::string> all;
  std::optional<std::uint64_t> next = 0;
  while (next && all.size() < listed_most) {
    const auto answer = ask_well(campaign_devices_request(what_, *next));
    if (!answer) {
      return;
    }
    const auto page = listed(answer->body, "devices");
    if (!page) {
      foreign("the list of devices has another form than it should");
      return;
    }
    all.insert(all.end(), page->begin(), page->end());
    const auto told = json_level{answer->body}.integer("next");
    if (told && *told <= static_cast<std::int64_t>(*next)) {
      foreign("the list of devices has no end");
      return;
    }
    next = told ? std::optional{static_cast<std::uint64_t>(*told)} : std::nullopt;
  }
  std::string json = "{\"devices\":[";
  for (std::size_t i = 0; what_.json && i < all.size(); ++i) {
    json += (i == 0 ? "" : ",") + all[i];
  }
  print(json + "]}", render_campaign_devices(all));
}

/// `done`: what the campaign then is, as the end of a sentence.
void rollout::order(std::string_view word, std::string_view done) {
  const auto answer = ask_well(campaign_order_request(what_.id, word));
  if (!answer) {
    return;
  }
  const auto view = read_campaign(answer->body);
  if (view && what_.watch) {
    watch(what_.id);
    return;
  }
  print(answer->body, view ? std::optional{fmt::format("campaign {} {}\n", what_.id, done)
                                           + render_campaign(*view)}
                           : std::nullopt);
}

void rollout::remove(const admin_request& request, std::string_view noun) {
  if (const auto answer = ask_well(request)) {
    print(answer->body, fmt::format("{} {} is deleted\n", noun, what_.id));
  }
}

console_outcome rollout::run() {
  switch (what_.verb) {
    case rollout_verb::firmware_add:
      if (what_.firmware.generate == 0) {
        return firmware_upload{what_, api_, where_, watcher_}.run();
      }
      generate();
      break;
    case rollout_verb::firmware_list: list_firmware(); break;
    case rollout_verb::firmware_delete:
      remove(delete_firmware_request(what_.id), "firmware");
      break;
    case rollout_verb::campaign_start: start(); break;
    case rollout_verb::campaign_list: list_campaigns(); break;
    case rollout_verb::campaign_status: show(); break;
    case rollout_verb::campaign_halt: order("halt", "is halted"); break;
    case rollout_verb::campaign_resume: order("resume", "goes on"); break;
    case rollout_verb::campaign_cancel: order("cancel", "is cancelled"); break;
    case rollout_verb::campaign_retry: order("retry", "tries again what failed"); break;
    case rollout_verb::campaign_delete:
      remove(delete_campaign_request(what_.id), "campaign");
      break;
  }
  return std::move(outcome_);
}

} // namespace

console_outcome run_rollout(const rollout_options& what, admin_api& api, const std::string& where,
                            onlooker& watcher) {
  return rollout{what, api, where, watcher}.run();
}

exit_code execute_rollout(const rollout_options& what) {
  terminal_onlooker watcher{what.watch};
  console_outcome outcome;
  auto target = find_admin(what.reach);
  const std::string name = "fleet cloud " + to_string(what.verb);
  if (target) {
    const std::string where = admin_text(target.value().at);
    admin_connection connection{std::move(target).value()};
    outcome = run_rollout(what, connection, where, watcher);
  } else {
    outcome.code = exit_code::wrong_usage;
    outcome.errors = fmt::format("{}: {}\n", name, target.error());
  }
  return print_outcome(name, std::move(outcome));
}

} // namespace fleet::program
