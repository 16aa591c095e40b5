// The admin API's actions on campaigns (aliyun-iot.md §14): orders read, views written.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "cloud_sim/web/admin_views.hpp"

namespace fleet::cloud::admin {

void write_view(byte_buffer& out, const campaign_view& c) {
  object_writer json{out};
  json.integer("id", c.id);
  json.text("name", c.name);
  json.integer("firmware", c.firmware);
  json.text("productKey", c.product_key);
  json.text("version", c.version);
  json.text("state", to_string(c.sums.state));
  json.text("haltedBy", to_string(c.sums.halted_by));
  json.text("why", c.why);
  json.integer("wave", c.sums.wave);
  json.integer("waves", c.sums.waves);
  json.integer("devices", c.sums.devices);
  json.integer("already", c.sums.already);
  for (std::size_t i = 0; i < rollout_state_count; ++i) {
    json.integer(to_string(static_cast<rollout_state>(i)), c.sums.by_state[i]);
  }
  json.integer("attemptsFailed", c.sums.attempts_failed);
  json.integer("attemptsSucceeded", c.sums.attempts_succeeded);
  json.open("causes");
  for (std::size_t i = 1; i < c.causes.size(); ++i) {
    json.integer(to_string(static_cast<rollout_cause>(i)), c.causes[i]);
  }
  json.close();
  json.open("steps");
  for (std::size_t i = 0; i < c.steps.size(); ++i) {
    json.integer("-" + std::to_string(i + 1), c.steps[i]);
  }
  json.close();
  json.end();
}

void write_view(byte_buffer& out, const campaign_device_view& d) {
  object_writer json{out};
  json.text("productKey", d.product_key);
  json.text("deviceName", d.device_name);
  json.text("state", to_string(d.how.state));
  json.text("cause", to_string(d.how.cause));
  json.integer("step", d.how.step);
  json.integer("attempts", d.how.attempts);
  json.integer("wave", d.how.wave);
  json.raw("online", d.how.online ? "true" : "false");
  json.text("version", d.version);
  json.end();
}

namespace {

constexpr std::int64_t count_max = UINT32_MAX;
constexpr std::int64_t seconds_max = 366LL * 24 * 3600;

/// With up to three decimals. What is absent stays as it is.
bool read_seconds(const admin_call& call, std::string_view key, duration& out, std::int64_t low) {
  const auto* const member = call.reader().find(key);
  if (member == nullptr) {
    return true;
  }
  constexpr double each = 1000;
  const double ms = json_number(member->value).value_or(-1) * each;
  if (!(ms >= each * static_cast<double>(low) && ms <= each * seconds_max)
      || std::abs(ms - std::round(ms)) > 1e-4) {
    call.malformed("`" + std::string{key} + "` must be a number of seconds from "
                   + std::to_string(low) + " to " + std::to_string(seconds_max)
                   + ", with three decimals at most");
    return false;
  }
  out = std::chrono::milliseconds{std::llround(ms)};
  return true;
}

/// Percent with up to one decimal, as permille.
std::optional<std::uint16_t> permille_of(std::string_view raw) {
  const auto percent = json_number(raw);
  if (!percent || *percent < 0 || *percent > 100) {
    return std::nullopt;
  }
  const double permille = *percent * 10;
  const double whole = std::round(permille);
  return std::abs(permille - whole) < 1e-6 ? std::optional{static_cast<std::uint16_t>(whole)}
                                           : std::nullopt;
}

bool read_select(const admin_call& call, campaign_order& into) {
  const auto* const select = call.reader().find("select");
  if (select == nullptr) {
    return true;
  }
  if (select->type != json_type::object) {
    call.malformed("`select` must be an object");
    return false;
  }
  for (const auto& member : call.reader().children(*select)) {
    if (member.key == "percent") {
      const auto permille = permille_of(member.value);
      if (!permille || *permille == 0) {
        call.malformed("`percent` is above 0 and up to 100, with one decimal at most");
        return false;
      }
      into.rules.select.permille = *permille;
    } else if (member.key == "versions") {
      if (!call.words(member, into.rules.select.from_versions)) {
        return false;
      }
    } else if (member.key == "devices") {
      if (!call.words(member, into.device_names)) {
        return false;
      }
    } else {
      call.malformed("`select` has percent, versions and devices");
      return false;
    }
  }
  return true;
}

bool read_waves(const admin_call& call, std::vector<std::uint16_t>& out) {
  const auto* const waves = call.reader().find("waves");
  if (waves == nullptr) {
    return true;
  }
  bool good = waves->type == json_type::array;
  for (const auto& each : call.reader().children(*waves)) {
    const auto permille = permille_of(each.value);
    good = good && permille && *permille > (out.empty() ? 0 : out.back());
    out.push_back(permille.value_or(0));
  }
  good = good && (out.empty() || out.back() == 1000) && out.size() <= campaign_waves_max;
  if (!good) {
    call.malformed("`waves` are up to 16 percentages, each above the one before, the last 100");
  }
  return good;
}

bool read_rules(const admin_call& call, campaign_rules& r) {
  r.halt_after = std::max(r.halt_after, std::uint32_t{1});
  return read_number(call, "offersPerSecond", r.offers_per_second, 1'000'000)
         && read_number(call, "underWay", r.under_way_max, count_max)
         && read_number(call, "haltPermille", r.halt_permille, 1000)
         && read_number(call, "haltAfter", r.halt_after, count_max, 1)
         && read_number(call, "retries", r.retries, 254)
         && read_number(call, "waveDonePermille", r.wave_done_permille, 1000, 1)
         && read_seconds(call, "retryAfterSeconds", r.retry_after, 0)
         && read_seconds(call, "attemptSeconds", r.attempt_most, 1)
         && read_seconds(call, "waveMostSeconds", r.wave_most, 1)
         && read_seconds(call, "wavePauseSeconds", r.wave_pause, 0);
}

} // namespace

void list_campaigns(const admin_call& call) {
  if (auto* const console = console_of(call)) {
    give_list(call, "campaigns", console->campaigns());
  }
}

void add_campaign(const admin_call& call) {
  auto* const console = console_of(call);
  if (console == nullptr
      || !call.read_object({"firmware", "name", "select", "waves", "offersPerSecond", "underWay",
                            "haltPermille", "haltAfter", "retries", "retryAfterSeconds",
                            "attemptSeconds", "waveMostSeconds", "wavePauseSeconds",
                            "waveDonePermille", "takeOver", "start"})) {
    return;
  }
  campaign_order order;
  const auto name = call.text("name", std::string_view{});
  const auto over = name ? call.flag("takeOver", false) : std::nullopt;
  const auto start = over ? call.flag("start", true) : std::nullopt;
  if (!start || !read_number(call, "firmware", order.firmware, count_max)
      || !read_select(call, order) || !read_waves(call, order.rules.select.waves)
      || !read_rules(call, order.rules)) {
    return;
  }
  order.rules.select.name = *name;
  order.take_over = *over;
  order.start = *start;
  give_one(call, console->add_campaign(order), 201);
}

void show_campaign(const admin_call& call) {
  auto* const console = console_of(call);
  const auto id = console != nullptr ? id_of(call) : std::nullopt;
  if (id) {
    give_one(call, console->campaign(*id));
  }
}

void list_campaign_devices(const admin_call& call) {
  auto* const console = console_of(call);
  const auto id = console != nullptr ? id_of(call) : std::nullopt;
  const auto fields = id ? call.read_query({"state", "from", "limit"}) : std::nullopt;
  const auto from = fields ? call.number(*fields, "from", 0) : std::nullopt;
  const auto limit = from ? call.number(*fields, "limit", admin_page_default) : std::nullopt;
  if (!limit) {
    return;
  }
  const auto word = find_only(*fields, "state");
  const auto state = parse_rollout_state(word.value_or(std::string_view{}));
  if (*limit < 1 || *limit > admin_page_max || (word && !state)) {
    call.malformed("`limit` is from 1 to 1000, `state` waiting, offered, upgrading, succeeded, "
                   "failed or cancelled");
    return;
  }
  // One more than wanted tells whether there is a next page, and where it starts.
  const auto found = console->campaign_devices(*id, state, *from, *limit + 1);
  if (!found) {
    call.refuse(found.error());
    return;
  }
  const std::span all{found.value()};
  byte_buffer out;
  write_list<campaign_device_view>(out, "devices",
                                   all.first(std::min<std::size_t>(*limit, all.size())));
  out.append(",\"next\":");
  if (all.size() > *limit) {
    append_unsigned(out, all.back().place);
  } else {
    out.append("null");
  }
  out.push('}');
  call.give(std::move(out));
}

void change_campaign(const admin_call& call) {
  static constexpr std::array<std::pair<std::string_view, campaign_change>, 5> words{{
      {"start", campaign_change::start},
      {"halt", campaign_change::halt},
      {"resume", campaign_change::resume},
      {"cancel", campaign_change::cancel},
      {"retry", campaign_change::retry},
  }};
  auto* const console = console_of(call);
  const auto id = console != nullptr ? id_of(call) : std::nullopt;
  if (!id) {
    return;
  }
  for (const auto& [word, what] : words) {
    if (word == call.values[1]) {
      give_one(call, console->change_campaign(*id, what));
      return;
    }
  }
  call.refuse(404, "no-such-route", "a campaign takes start, halt, resume, cancel and retry");
}

void delete_campaign(const admin_call& call) {
  auto* const console = console_of(call);
  const auto id = console != nullptr ? id_of(call) : std::nullopt;
  if (id) {
    call.give(console->delete_campaign(*id));
  }
}

} // namespace fleet::cloud::admin
