// Orders of the console checked, carried out by shelf and book, and shown.
#include "cloud_sim/platform_firmware_console.hpp"

#include <algorithm>
#include <utility>

namespace fleet::cloud {

namespace {

auto fails(operation_error why, std::string detail) {
  return fail(operation_failure{why, std::move(detail)});
}

operation_failure failure_of(campaign_error why) {
  switch (why) {
    case campaign_error::invalid:
      return {operation_error::malformed, "rates, waves or times make no sense together"};
    case campaign_error::name_taken:
      return {operation_error::exists, "there is a campaign of that name"};
    case campaign_error::full:
      return {operation_error::busy, "there are 64 campaigns: delete one that has ended"};
    case campaign_error::nobody: return {operation_error::refused, "no device would take part"};
    case campaign_error::unknown:
      return {operation_error::unknown_campaign, "there is no such campaign"};
    case campaign_error::not_now:
      return {operation_error::refused, "the campaign's state does not allow it"};
  }
  FLEET_CHECK(false);
}

/// Why nobody would take part, where that is because others have them: `200 devices are in campaign
/// a`. With `upgrading` they would have come over if they did not.
operation_failure nobody(const campaign_book& book, const campaign_book::holders& held,
                         bool upgrading = false) {
  constexpr std::size_t named_most = 3;
  auto out = failure_of(campaign_error::nobody);
  std::size_t named = 0;
  std::uint32_t others = 0;
  for (const auto& [number, count] : held) {
    if (named == named_most) {
      others += count;
      continue;
    }
    const std::string verb =
        upgrading ? (count == 1 ? " upgrades" : " upgrade") : (count == 1 ? " is" : " are");
    out.detail += (named++ == 0 ? ": " : ", ") + std::to_string(count)
                  + (count == 1 ? " device" : " devices") + verb + " in campaign "
                  + book.find(number)->rules().select.name;
  }
  if (others != 0) {
    out.detail += ", " + std::to_string(others) + " in others";
  }
  return out;
}

bool goes_on(const campaign& c) noexcept {
  switch (c.sums().state) {
    case campaign_state::ready:
    case campaign_state::running:
    case campaign_state::halted: return true;
    case campaign_state::cancelled:
    case campaign_state::finished: break;
  }
  return c.under_way() != 0;
}

std::string why_it_waits(const campaign& c) {
  const std::string first = "no attempt has ended that it could be halted by, and ";
  return !c.waits_for_devices() ? std::string{}
         : c.overdue() ? first + "its wave has had its time: it waits for any device to come online"
         : c.rules().wave_most == campaign_rules{}.wave_most
             ? first + "nobody of its wave is online: it waits for them, and has no limit for that"
             : first + "nobody of its wave is online: when it has had its time, others join it";
}

std::string why(const campaign& c, const campaign_view& seen) {
  const auto& s = c.sums();
  if (s.state != campaign_state::halted) {
    return why_it_waits(c);
  }
  if (s.halted_by != halt_reason::failure_rate) {
    return "halted by hand";
  }
  std::string out = std::to_string(s.judged_failed) + " of " + std::to_string(s.judged)
                    + " attempts failed, and the campaign halts at "
                    + std::to_string(c.rules().halt_permille) + " in 1000";
  const char* between = "; of the devices whose last attempt failed, ";
  const auto add = [&](std::uint32_t count, const std::string& what) {
    if (count != 0) {
      out += between + std::to_string(count) + what;
      between = ", ";
    }
  };
  for (std::size_t i = 0; i < seen.steps.size(); ++i) {
    add(seen.steps[i], " said step -" + std::to_string(i + 1));
  }
  add(seen.causes[static_cast<std::size_t>(rollout_cause::timed_out)], " said nothing in time");
  add(seen.causes[static_cast<std::size_t>(rollout_cause::old_version)],
      " came back with another version");
  return out;
}

} // namespace

bool platform_firmware_console::knows_product(std::string_view product_key) const {
  const auto& registry = platform_.devices();
  if (std::as_const(platform_).state().products.find(product_key) != nullptr
      || (registry.knows(0) && registry.identity_of(0).product_key == product_key)) {
    return true;
  }
  for (auto d = registry.next(0); d; d = registry.next(*d + 1)) {
    if (registry.identity_of(*d).product_key == product_key) {
      return true;
    }
  }
  return false;
}

platform_firmware_console::firmware_result
platform_firmware_console::add_firmware(const firmware_order& what) {
  if (!knows_product(what.product_key)) {
    return fails(operation_error::unknown_product, "there is no such product");
  }
  const broker::turn guard{platform_.core()};
  const auto made = platform_.firmware().shelf().add(what);
  platform_.firmware().settle();
  if (!made) {
    return fail(made.error());
  }
  return firmware(made.value());
}

platform_firmware_console::firmware_result
platform_firmware_console::put_content(std::uint32_t id, std::uint64_t offset, bytes_view octets) {
  const broker::turn guard{platform_.core()};
  const auto taken = platform_.firmware().shelf().put(id, offset, octets);
  platform_.firmware().settle();
  if (!taken) {
    return fail(taken.error());
  }
  return firmware(id);
}

std::vector<firmware_view> platform_firmware_console::firmwares() const {
  std::vector<firmware_view> out;
  for (const auto* const f : platform_.firmware().shelf().all()) {
    out.push_back(view_of(*f));
  }
  return out;
}

platform_firmware_console::firmware_result
platform_firmware_console::firmware(std::uint32_t id) const {
  const auto* const f = platform_.firmware().shelf().find(id);
  if (f == nullptr) {
    return fails(operation_error::unknown_firmware, "there is no such firmware");
  }
  return view_of(*f);
}

operation_result platform_firmware_console::delete_firmware(std::uint32_t id) {
  auto& all = platform_.firmware();
  if (all.shelf().find(id) == nullptr) {
    return fails(operation_error::unknown_firmware, "there is no such firmware");
  }
  for (const auto& [number, c] : all.book().all()) {
    if (all.cargo(number).firmware == id && goes_on(c)) {
      return fails(operation_error::refused,
                   "campaign " + std::to_string(number) + " uses it: cancel that first");
    }
  }
  const broker::turn guard{platform_.core()};
  all.shelf().erase(id);
  return std::string{"{}"};
}

result<campaign_rules, operation_failure>
platform_firmware_console::rules_of(const campaign_order& what, const cloud::firmware& of) const {
  campaign_rules rules = what.rules;
  rules.version = of.what.version;
  rules.select.devices.clear();
  for (const auto& name : what.device_names) {
    const auto device = platform_.devices().find(of.what.product_key, name);
    if (!device) {
      return fails(operation_error::unknown_device,
                   "the product has no device of the name " + name);
    }
    rules.select.devices.push_back(*device);
  }
  auto& list = rules.select.devices;
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  if (rules.select.name.empty()) {
    rules.select.name = "campaign-" + std::to_string(platform_.firmware().book().next());
  }
  return rules;
}

platform_firmware_console::campaign_result
platform_firmware_console::add_campaign(const campaign_order& what) {
  auto& all = platform_.firmware();
  const auto* const f = all.shelf().find(what.firmware);
  if (f == nullptr) {
    return fails(operation_error::unknown_firmware, "there is no such firmware");
  }
  if (platform_.options().firmware.url.empty()) {
    return fails(operation_error::refused,
                 "nothing serves firmware here: fleet cloud serve does with --http or --https");
  }
  if (!f->ready()) {
    return fails(operation_error::refused, "the firmware is not whole yet");
  }
  auto rules = rules_of(what, *f);
  if (!rules) {
    return fail(rules.error());
  }
  const broker::turn guard{platform_.core()};
  const auto devices = all.facts_of(f->what.product_key, f->what.module.empty());
  const auto overlap = what.take_over ? campaign_overlap::take_over : campaign_overlap::leave;
  const auto now = platform_.core().now();
  const auto made = all.book().add(rules.value(), devices, overlap, now);
  if (!made && made.error() == campaign_error::nobody) {
    return fail(nobody(all.book(), all.book().holders_of(rules.value(), devices), what.take_over));
  }
  if (!made) {
    return fail(failure_of(made.error()));
  }
  all.added(made.value(), {f->id, f->what.product_key, f->what.module});
  if (what.start) {
    (void)all.book().start(made.value(), now);
  }
  all.settle();
  return campaign(made.value());
}

campaign_view platform_firmware_console::view(std::uint32_t id, const cloud::campaign& c) const {
  const auto& cargo = platform_.firmware().cargo(id);
  campaign_view out;
  out.id = id;
  out.name = c.rules().select.name;
  out.firmware = cargo.firmware;
  out.product_key = cargo.product_key;
  out.version = c.rules().version;
  out.sums = c.sums();
  for (const rollout_device& d : c.devices()) {
    if (d.cause == rollout_cause::none) {
      continue;
    }
    ++out.causes[static_cast<std::size_t>(d.cause)];
    if (d.cause == rollout_cause::step && d.step < 0) {
      ++out.steps[static_cast<std::size_t>(-d.step - 1)];
    }
  }
  out.why = cloud::why(c, out);
  return out;
}

std::vector<campaign_view> platform_firmware_console::campaigns() const {
  std::vector<campaign_view> out;
  for (const auto& [id, c] : platform_.firmware().book().all()) {
    out.push_back(view(id, c));
  }
  return out;
}

platform_firmware_console::campaign_result
platform_firmware_console::campaign(std::uint32_t id) const {
  const auto* const c = platform_.firmware().book().find(id);
  if (c == nullptr) {
    return fail(failure_of(campaign_error::unknown));
  }
  return view(id, *c);
}

result<std::vector<campaign_device_view>, operation_failure>
platform_firmware_console::campaign_devices(std::uint32_t id, std::optional<rollout_state> state,
                                            std::uint32_t from, std::uint32_t limit) const {
  const auto* const c = platform_.firmware().book().find(id);
  if (c == nullptr) {
    return fail(failure_of(campaign_error::unknown));
  }
  const auto& known = std::as_const(platform_).state();
  std::vector<campaign_device_view> out;
  const auto all = c->devices();
  for (std::size_t place = from; place < all.size() && out.size() < limit; ++place) {
    const rollout_device& d = all[place];
    if (state && d.state != *state) {
      continue;
    }
    auto& seen = out.emplace_back();
    const auto who = known.devices().identity_of(d.device);
    seen.place = static_cast<std::uint32_t>(place);
    seen.product_key = who.product_key;
    seen.device_name = who.device_name;
    if (const auto* const what = known.look(d.device)) {
      seen.version = what->firmware;
    }
    seen.how = d;
    seen.how.online = platform_.lines().find(d.device).online();
  }
  return out;
}

platform_firmware_console::campaign_result
platform_firmware_console::change_campaign(std::uint32_t id, campaign_change what) {
  auto& book = platform_.firmware().book();
  const bool offers = what == campaign_change::start || what == campaign_change::resume
                      || what == campaign_change::retry;
  if (offers && book.find(id) != nullptr) {
    const auto number = platform_.firmware().cargo(id).firmware;
    const auto* const f = platform_.firmware().shelf().find(number);
    if (f == nullptr || !f->ready()) {
      return fails(operation_error::refused,
                   "its firmware " + std::to_string(number)
                       + (f == nullptr ? " was deleted: nothing can be offered"
                                       : " is not whole: nothing can be offered"));
    }
  }
  const broker::turn guard{platform_.core()};
  const auto now = platform_.core().now();
  const auto changed = [&] {
    switch (what) {
      case campaign_change::start: return book.start(id, now);
      case campaign_change::halt: return book.halt(id);
      case campaign_change::resume: return book.resume(id, now);
      case campaign_change::cancel: return book.cancel(id);
      case campaign_change::retry: return book.retry_failed(id, now);
    }
    FLEET_CHECK(false);
  }();
  platform_.firmware().settle();
  if (!changed && changed.error() == campaign_error::nobody) {
    return fail(nobody(book, book.holders_of_failed(id)));
  }
  if (!changed) {
    return fail(failure_of(changed.error()));
  }
  return campaign(id);
}

operation_result platform_firmware_console::delete_campaign(std::uint32_t id) {
  const broker::turn guard{platform_.core()};
  const auto gone = platform_.firmware().book().remove(id);
  if (!gone) {
    return fail(failure_of(gone.error()));
  }
  platform_.firmware().removed(id);
  return std::string{"{}"};
}

} // namespace fleet::cloud
