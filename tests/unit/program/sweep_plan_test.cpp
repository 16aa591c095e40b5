// What sweeps make from seeds: always a scenario that the reader takes, of everything there is.
#include "fleet/sweep/make_plan.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/run/scenario_checks.hpp"
#include "fleet/scenario/reader.hpp"
#include "fleet/scenario/words.hpp"
#include "protocol/faults/effect.hpp"
#include "protocol/tsl/load.hpp"

namespace fleet::sweep {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t seeds = 2'000;

using models = std::map<std::string, std::unique_ptr<tsl::model>>;

/// By the paths that scenarios name.
models all_models() {
  models out;
  for (const auto& file : model_files()) {
    auto loaded = tsl::load_model(file.text, std::string{file.name});
    if (!loaded) {
      ADD_FAILURE() << file.name;
      continue;
    }
    out.emplace("models/" + std::string{file.name} + ".json",
                std::make_unique<tsl::model>(std::move(loaded).value()));
  }
  return out;
}

program::scenario taken(const std::string& text, const models& known) {
  const program::scenario_surroundings around{
      "", [&known](const std::string& path) { return known.contains(path); }};
  auto got = program::read_scenario(text, around);
  if (!got) {
    for (const auto& wrong : got.error()) {
      ADD_FAILURE() << wrong.at.line << ":" << wrong.at.column << ": " << wrong.message << "\n"
                    << text;
    }
    return {};
  }
  return std::move(got).value();
}

const tsl::model* model_of(const program::scenario_product& p, const models& known) {
  return p.model.empty() ? nullptr : known.at(p.model).get();
}

/// What `fleet run` looks for beyond the file itself.
void expect_names_known(const program::scenario& file, const models& known) {
  for (const auto& p : file.products) {
    EXPECT_EQ(program::unknown_names("", p, model_of(p, known)), program::mistakes{});
    for (const auto& traffic : file.cloud_traffic) {
      if (traffic.product == p.name) {
        EXPECT_EQ(program::unknown_names("", traffic, model_of(p, known)), program::mistakes{});
        EXPECT_EQ(program::nothing_to_set("", traffic, model_of(p, known)), std::nullopt);
      }
    }
  }
}

/// In how many scenarios of all seeds a word comes.
std::size_t seen(std::string_view word) {
  static const auto all = [] {
    std::vector<std::string> texts;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      texts.push_back(to_yaml(make_plan(seed)));
    }
    return texts;
  }();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [word](const std::string& text) {
        return text.find(word) != std::string::npos;
      }));
}

sweep_plan a_plan() {
  sweep_plan out;
  out.seed = 5;
  out.run_for = 2min;
  out.products = {{"p1", 3, "p1c", 4, ", topo_get: on", ", qos: 0"},
                  {"p1c", 0, "", 0, "", ", shadow: on"},
                  {"p2", 7, "", 0, "", ""}};
  out.parts = {{part_kind::stage, "{hold: 1m}", {}},
               {part_kind::traffic, "{kind: rrpc, product: p2}", {"p2"}},
               {part_kind::traffic, "{kind: disable, product: p1c}", {"p1c"}}};
  return out;
}

/// The number of seconds behind a key; 0: it is not there.
std::int64_t seconds_of(const std::string& text, const std::string& key) {
  const auto at = text.find(", " + key + ": ");
  return at == std::string::npos ? 0 : std::stoll(text.substr(at + key.size() + 4));
}

bool has(const std::string& text, std::initializer_list<std::string_view> any_of) {
  return std::any_of(any_of.begin(), any_of.end(), [&text](std::string_view word) {
    return text.find(word) != std::string::npos;
  });
}

/// Whether it is a fault after which an attempt at an update may have failed.
bool spoils(const std::string& fault) {
  return has(fault, {"effect: firmware_", "effect: power_loss", "effect: reboot_loop",
                     "effect: dead_battery", "effect: full_flash", "effect: actor_crash"});
}

draft with_faults(std::uint64_t seed) {
  draft d;
  d.plan.seed = seed;
  add_products(d);
  add_load(d);
  add_rollouts(d);
  add_faults(d);
  return d;
}

} // namespace

TEST(sweep_plan, is_taken_by_the_reader_whatever_the_seed) {
  const auto known = all_models();
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto plan = make_plan(seed);
    const auto file = taken(to_yaml(plan), known);
    const auto resolved = program::resolve(file);
    ASSERT_TRUE(resolved.ok()) << resolved.error().message << "\n" << to_yaml(plan);
    expect_names_known(file, known);
    EXPECT_EQ(resolved.value().devices, plan.devices());
    EXPECT_LE(plan.devices(), 300U);
    EXPECT_GE(plan.run_for, 100s);
    EXPECT_LE(plan.run_for, 12min);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

TEST(sweep_plan, is_the_same_for_the_same_seed_and_another_for_another) {
  std::set<std::string> all;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto text = to_yaml(make_plan(seed));
    EXPECT_EQ(text, to_yaml(make_plan(seed)));
    EXPECT_TRUE(all.insert(text).second) << seed;
  }
}

TEST(sweep_plan, leaves_out_nothing_that_products_can_be) {
  for (const std::string_view word : {"profile: linkdevelop",
                                      "profile: linkplatform",
                                      "profile: mqtt",
                                      "protocol: coap",
                                      "protocol: http",
                                      "security: tls",
                                      "security: id2",
                                      "security: itls",
                                      "security: dtls",
                                      "security: psk",
                                      "security: aes",
                                      "behaviour: sdk",
                                      "link: wifi",
                                      "link: nbiot",
                                      "link: lora",
                                      "logon: pre-auth",
                                      "logon: bootstrap",
                                      "logon: register",
                                      "qos: 2",
                                      "radio_sleep",
                                      "gateways:",
                                      "rejoin:",
                                      "firmware:",
                                      "topics:",
                                      "rollouts:",
                                      "waves:",
                                      "fault: ",
                                      "firmware_server:"}) {
    EXPECT_GE(seen(word), 5U) << word;
  }
  for (const auto& [word, kind] : program::report_kind_words) {
    EXPECT_GE(seen("what: " + std::string{word}), 5U) << word;
  }
  for (const auto& [word, kind] : program::traffic_kind_words) {
    EXPECT_GE(seen("kind: " + std::string{word}), 5U) << word;
  }
}

TEST(sweep_plan, has_faults_of_every_kind_that_fleets_recover_from) {
  std::set<std::string> effects;
  std::size_t none = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto d = with_faults(seed);
    none += d.plan.count_of(part_kind::fault) == 0 ? 1 : 0;
    EXPECT_LE(d.plan.count_of(part_kind::fault), 10U);
    for (const auto& part : d.plan.parts) {
      const auto at = part.text.find("effect: ") + 8;
      if (part.kind == part_kind::fault) {
        effects.insert(part.text.substr(at, part.text.find_first_of(",}", at) - at));
      }
    }
  }
  EXPECT_GT(none, 0U);
  for (const auto& info : faults::effects()) {
    EXPECT_EQ(effects.contains(std::string{info.word}), info.what != faults::effect::bit_rot)
        << info.word;
  }
}

TEST(sweep_plan, ends_all_faults_a_settling_time_before_the_run) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto d = with_faults(seed);
    for (const auto& part : d.plan.parts) {
      if (part.kind == part_kind::fault) {
        const auto end = seconds_of(part.text, "at") + seconds_of(part.text, "for");
        EXPECT_EQ(std::chrono::seconds{end}, part.until) << part.text;
        EXPECT_LE(part.until + d.plan.quiet, d.plan.run_for) << part.text;
        EXPECT_GT(seconds_of(part.text, "at"), 0) << part.text;
      }
    }
    EXPECT_LE(d.plan.least_run(), d.plan.run_for) << seed;
  }
}

// 93 s are all transmissions of one message (RFC 7252 §4.8.2), 31 s those of a flight of DTLS.
TEST(sweep_plan, leaves_time_to_notice_that_a_session_is_forgotten) {
  std::size_t there = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto plan = with_faults(seed).plan;
    for (const auto& p : plan.products) {
      const bool waits = has(p.keys, {"security: dtls", "security: psk"}) && has(p.keys, {"qos: 1"})
                         && has(p.keys, {"what: properties"});
      const bool forgotten =
          std::any_of(plan.parts.begin(), plan.parts.end(), [&](const planned_part& part) {
            return has(part.text, {"effect: cloud_restart"})
                   || (has(part.text, {"effect: nat_rebinding"}) && reaches(part, p.name, plan));
          });
      if (waits && forgotten) {
        ++there;
        EXPECT_GE(plan.quiet, std::chrono::seconds{seconds_of(p.keys, "every") + 93 + 31})
            << to_yaml(plan);
      }
    }
  }
  EXPECT_GT(there, 5U);
}

TEST(sweep_plan, lets_rollouts_fail_that_a_fault_or_their_image_may_spoil_and_no_others) {
  std::size_t strict = 0;
  std::size_t under_faults = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto plan = with_faults(seed).plan;
    for (const auto& rollout : plan.parts) {
      if (rollout.kind != part_kind::rollout) {
        continue;
      }
      const bool spoilt =
          rollout.text.find(", fault: ") != std::string::npos
          || std::any_of(plan.parts.begin(), plan.parts.end(), [&](const planned_part& p) {
               return p.kind == part_kind::fault && spoils(p.text)
                      && reaches(p, rollout.about.front(), plan);
             });
      const bool may_fail = rollout.text.find("may_fail: on") != std::string::npos;
      EXPECT_EQ(may_fail, spoilt) << to_yaml(plan);
      strict += may_fail ? 0 : 1;
      under_faults += !may_fail && plan.count_of(part_kind::fault) != 0 ? 1 : 0;
    }
  }
  EXPECT_GT(strict, under_faults);
  EXPECT_GT(under_faults, 20U);
}

TEST(sweep_plan, knows_whose_devices_forget_what_they_had_not_got_rid_of) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto d = with_faults(seed);
    for (const auto& t : d.traits) {
      const bool planned =
          std::any_of(d.plan.parts.begin(), d.plan.parts.end(), [&](const planned_part& p) {
            const bool reboots = p.kind == part_kind::rollout
                                 || (p.kind == part_kind::fault
                                     && (has(p.text, {"power_loss", "reboot_loop", "dead_battery"})
                                         || (t.posts() && has(p.text, {"actor_crash"}))));
            return reboots && reaches(p, t.name, d.plan);
          });
      EXPECT_EQ(d.plan.forgets(t.name), planned) << t.name << "\n" << to_yaml(d.plan);
    }
  }
}

TEST(sweep_plan, often_cuts_a_link_while_something_is_on_its_way) {
  std::size_t cuts = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto plan = with_faults(seed).plan;
    const auto torn = std::find_if(plan.parts.begin(), plan.parts.end(), [](const auto& p) {
      return p.text.starts_with("{name: torn, effect: reset");
    });
    if (torn != plan.parts.end()) {
      ++cuts;
      const auto& stall = *std::prev(torn);
      EXPECT_TRUE(has(stall.text, {"effect: stall"})) << stall.text;
      EXPECT_GT(torn->until, std::chrono::seconds{seconds_of(stall.text, "at")}) << stall.text;
      EXPECT_LT(torn->until, stall.until) << torn->text;
      EXPECT_EQ(torn->about, stall.about);
    }
  }
  EXPECT_GT(cuts, seeds / 5);
}

TEST(sweep_plan, takes_what_is_behind_gateways_for_reached_with_them) {
  const auto plan = a_plan();
  const planned_part all;
  const planned_part gateways{part_kind::fault, "", {"p1"}};
  for (const std::string_view name : {"p1", "p1c", "p2"}) {
    EXPECT_TRUE(reaches(all, name, plan));
    EXPECT_EQ(reaches(gateways, name, plan), name != "p2");
  }
}

TEST(sweep_plan, is_written_as_a_scenario) {
  EXPECT_EQ(to_yaml(a_plan()), "# Made by `fleet run --virtual --sweep 1 --seed 5`.\n"
                               "name: sweep 5\n"
                               "duration: 2m\n"
                               "products:\n"
                               "  - {name: p1, gateways: {count: 3, children: {product: p1c, each: "
                               "4}, topo_get: on}, qos: 0}\n"
                               "  - {name: p1c, shadow: on}\n"
                               "  - {name: p2, count: 7}\n"
                               "stages:\n"
                               "  - {hold: 1m}\n"
                               "cloud_traffic:\n"
                               "  - {kind: rrpc, product: p2}\n"
                               "  - {kind: disable, product: p1c}\n");
  EXPECT_EQ(a_plan().devices(), 22U);
}

TEST(sweep_plan, loses_with_a_product_all_that_is_about_it) {
  const auto names = [](const sweep_plan& p) {
    std::string out;
    for (const auto& each : p.products) {
      out += each.name + " ";
    }
    return out;
  };
  const auto one = without_product(a_plan(), "p2");
  EXPECT_EQ(names(one), "p1 p1c ");
  EXPECT_EQ(one.count_of(part_kind::traffic), 1U);
  for (const std::string_view either : {"p1", "p1c"}) {
    const auto rest = without_product(a_plan(), either);
    EXPECT_EQ(names(rest), "p2 ");
    EXPECT_EQ(rest.count_of(part_kind::traffic), 1U);
    EXPECT_EQ(rest.count_of(part_kind::stage), 1U);
  }
}

} // namespace fleet::sweep
