// Who gets which devices, and what the line says of workers.
#include <gtest/gtest.h>

#include "fleet/options/run_command.hpp"
#include "fleet/run/company.hpp"
#include "fleet/run/descriptors.hpp"
#include "fleet/workers/options.hpp"
#include "fleet/workers/split.hpp"
#include "tests/unit/program/options_rig.hpp"

namespace fleet::program {
namespace {

using ranges = std::vector<device_range>;
using spans = std::vector<actors::device_span>;

ranges split(std::uint32_t devices, std::vector<std::uint32_t> weights) {
  return split_devices(devices, weights);
}

TEST(split_devices, gives_each_device_to_one_worker) {
  EXPECT_EQ(split(300, {1, 1, 1}), (ranges{{0, 100}, {100, 100}, {200, 100}}));
  EXPECT_EQ(split(10, {1, 1, 1}), (ranges{{0, 4}, {4, 3}, {7, 3}}));
  EXPECT_EQ(split(7, {5}), (ranges{{0, 7}}));
}

TEST(split_devices, goes_by_weight_and_gives_the_rest_to_the_largest_remainder) {
  EXPECT_EQ(split(100, {3, 1}), (ranges{{0, 75}, {75, 25}}));
  EXPECT_EQ(split(10, {1, 2, 4}), (ranges{{0, 1}, {1, 3}, {4, 6}}));
}

TEST(split_devices, leaves_somebody_out_where_there_are_too_few) {
  EXPECT_EQ(split(1, {1, 1}), (ranges{{0, 1}, {1, 0}}));
}

TEST(split_devices, does_not_overflow) {
  const auto all = split(1'000'000, std::vector<std::uint32_t>(256, 4096));
  EXPECT_EQ(all.back().first + all.back().count, 1'000'000U);
}

using counts = std::vector<std::uint32_t>;
constexpr std::uint32_t much = 20'000;

TEST(share_among, gives_each_core_as_many) {
  const std::vector<taker> idle{{2, 0, much}, {1, 0, much}, {1, 0, much}};
  EXPECT_EQ(share_among(400, idle), (counts{200, 100, 100}));
  const std::vector<taker> equal{{1, 0, much}, {1, 0, much}, {1, 0, much}};
  EXPECT_EQ(share_among(10, equal), (counts{4, 3, 3}));
  const std::vector<taker> busy{{1, 500, much}, {1, 100, much}, {1, 300, much}};
  EXPECT_EQ(share_among(300, busy), (counts{0, 250, 50})) << "350 each, and one has more";
}

TEST(share_among, gives_nobody_more_than_it_has_room_for) {
  const std::vector<taker> narrow{{8, 0, 100}, {1, 0, much}};
  EXPECT_EQ(share_among(1000, narrow), (counts{100, 900}));
  const std::vector<taker> too_narrow{{8, 0, 100}, {1, 0, 200}};
  EXPECT_EQ(share_among(1000, too_narrow), (counts{100, 200})) << "and the rest to nobody";
  EXPECT_EQ(share_among(1000, {}), counts{});
}

TEST(share_among_all, leaves_no_spare_idle) {
  const std::vector<taker> uneven{{64, 0, much}, {1, 0, much}, {1, 0, 0}, {1, 0, much}};
  EXPECT_EQ(share_among_all(10, uneven), (counts{8, 1, 0, 1}));
  EXPECT_EQ(share_among_all(1, uneven), (counts{1, 0, 0, 0}));
}

TEST(share_among_few, starts_no_process_for_a_handful_of_devices) {
  const std::vector<taker> two{{2, 0, much}, {2, 0, much}};
  EXPECT_EQ(share_among_few(90, two, 1000), (counts{0, 90}));
  EXPECT_EQ(share_among_few(4000, two, 1000), (counts{2000, 2000}));
  const std::vector<taker> narrow{{2, 0, 3900}, {2, 0, 500}};
  EXPECT_EQ(share_among_few(4000, narrow, 1000), (counts{3500, 500})) << "no room elsewhere";
}

prepared fleet_of(std::uint32_t lamps, std::uint32_t posting) {
  prepared out;
  auto& lamp = out.products.emplace_back().plan;
  lamp.devices = {0, lamps};
  auto& post = out.products.emplace_back().plan;
  post.product.protocol = device_protocol::coap;
  post.devices = {lamps, posting};
  return out;
}

TEST(descriptor_needs, say_how_many_devices_a_process_can_have) {
  const auto ready = fleet_of(100, 100);
  const descriptor_needs embedded{run_options{}, ready};
  const auto groups = groups_of(ready);
  const auto fitting = [&groups](const descriptor_needs& needs, const device_set& devices,
                                 std::uint64_t most) {
    return fitting_groups(groups, devices,
                          [&](const device_set& some) { return needs.of(some) <= most; });
  };
  EXPECT_EQ(embedded.of({0, 100}), descriptors_beside + 200);
  EXPECT_EQ(embedded.of({90, 20}), descriptors_beside + 30) << "datagrams have one end";
  EXPECT_EQ(fitting(embedded, {0, 200}, descriptors_beside + 51), 25U);
  EXPECT_EQ(fitting(embedded, {90, 110}, descriptors_beside + 51), 41U);
  EXPECT_EQ(fitting(embedded, {0, 200}, 20'000), 200U);
  EXPECT_EQ(fitting(embedded, {0, 200}, descriptors_beside), 0U);
  run_options elsewhere;
  elsewhere.target.scheme = text::scheme::mqtt;
  EXPECT_EQ(fitting(descriptor_needs{elsewhere, ready}, {0, 200}, descriptors_beside + 51), 51U);
}

TEST(common_devices, are_those_in_both) {
  EXPECT_EQ(common(device_range{0, 10}, device_range{5, 10}), (device_range{5, 5}));
  EXPECT_EQ(common(device_range{5, 10}, device_range{0, 100}), (device_range{5, 10}));
  EXPECT_EQ(common(device_range{0, 5}, device_range{5, 5}).count, 0U);
  const device_set apart{spans{{2, 3}, {10, 5}}};
  EXPECT_EQ(common(device_range{0, 8}, apart), (device_range{2, 3}));
  EXPECT_EQ(common(device_range{8, 5}, apart), (device_range{10, 3}));
  EXPECT_EQ(common(device_range{6, 3}, apart).count, 0U);
  EXPECT_EQ(range_text(apart), "devices 2 to 4, 10 to 14");
}

/// Six plain devices, twenty behind gateways, and those five gateways, in this order.
const std::vector<device_groups> plant{{{0, 6}, 0, 0}, {{26, 5}, 6, 4}};

TEST(split_groups, keeps_gateways_with_all_that_is_behind_them) {
  const auto parts = split_groups(plant, std::vector<std::uint32_t>{1, 1});
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0], (device_set{spans{{0, 6}, {26, 2}, {6, 8}}}));
  EXPECT_EQ(parts[1], (device_set{spans{{28, 3}, {14, 12}}}));
  for (const auto& part : parts) {
    EXPECT_TRUE(whole_groups(plant, part));
  }
}

TEST(cut_groups, leaves_gateways_with_all_that_is_behind_them) {
  const auto parts = split_groups(plant, std::vector<std::uint32_t>{1, 1});
  for (const auto& part : parts) {
    const auto all = connections_in(plant, part);
    for (std::uint32_t count = 0; count <= all; ++count) {
      const auto [first, others] = cut_groups(plant, part, count);
      EXPECT_EQ(connections_in(plant, first), count);
      EXPECT_EQ(connections_in(plant, others), all - count);
      EXPECT_TRUE(count == 0 || whole_groups(plant, first));
      EXPECT_TRUE(count == all || whole_groups(plant, others));
      EXPECT_FALSE(first.meets(others));
      EXPECT_TRUE(count == 0 || first.meets(part));
      auto all_of = first.spans();
      all_of.insert(all_of.end(), others.spans().begin(), others.spans().end());
      EXPECT_EQ(device_set{all_of}, part);
    }
  }
}

TEST(split_groups, of_plain_devices_are_the_ranges_that_they_always_were) {
  const std::vector<device_groups> plain{{{0, 10}, 0, 0}};
  const auto parts = split_groups(plain, std::vector<std::uint32_t>{1, 1, 1});
  EXPECT_EQ(parts[0], (device_set{0, 4}));
  EXPECT_EQ(parts[1], (device_set{4, 3}));
  EXPECT_EQ(parts[2], (device_set{7, 3}));
}

TEST(split_groups, gives_everybody_something_and_nothing_twice) {
  for (const auto& weights : std::vector<std::vector<std::uint32_t>>{
           {1000, 1, 1}, {1, 1, 1000}, {1, 1000, 1}, std::vector<std::uint32_t>(11, 1)}) {
    std::uint32_t devices = 0;
    std::vector<actors::device_span> all;
    for (const auto& part : split_groups(plant, weights)) {
      EXPECT_TRUE(whole_groups(plant, part));
      devices += part.count();
      all.insert(all.end(), part.spans().begin(), part.spans().end());
    }
    EXPECT_EQ(devices, 31U);
    EXPECT_EQ(device_set{all}, (device_set{0, 31}));
  }
  EXPECT_FALSE(too_few_for(plant, 11));
  EXPECT_NE(too_few_for(plant, 12).value_or("").find("11 devices, gateways with all"),
            std::string::npos);
}

/// 1,000 gateways with 60 behind each, those first, and behind all 30,000 lamps.
const std::vector<device_groups> town{{{60'000, 1000}, 0, 60}, {{61'000, 30'000}, 0, 0}};

counts connections_of_parts(const std::vector<device_groups>& all,
                            const std::vector<device_set>& parts) {
  counts out;
  for (const auto& part : parts) {
    EXPECT_TRUE(whole_groups(all, part));
    out.push_back(connections_in(all, part));
  }
  return out;
}

room_test room_for(std::vector<std::uint32_t> connections) {
  return [all = std::move(connections)](std::size_t i, const device_set& some) {
    return connections_in(town, some) <= all.at(i);
  };
}

TEST(split_groups, gives_nobody_more_than_there_is_room_for) {
  const auto split = [](const counts& weights, const room_test& fits) {
    return connections_of_parts(town, split_groups(town, weights, fits));
  };
  EXPECT_EQ(split({1, 1}, {}), (counts{746, 30'254})) << "by devices alone";
  EXPECT_EQ(split({1, 1}, room_for({19'936, 19'936})), (counts{11'064, 19'936}));
  EXPECT_EQ(split({1, 1}, room_for({700, much * 2})), (counts{700, 30'300}));
  EXPECT_EQ(split({1, 1}, room_for({15'500, 15'500})), (counts{15'500, 15'500})) << "it just does";
  EXPECT_EQ(split({1, 1}, room_for({15'500, 15'499})), (counts{746, 30'254}))
      << "it does not, and the second will say so";
  EXPECT_EQ(split({1, 1, 1}, room_for({much, much, much})), (counts{497, 10'503, 20'000}));
  EXPECT_EQ(split({1, 1, 1}, room_for({much, much, 10'000})), (counts{497 + 503, 20'000, 10'000}));
}

TEST(split_groups, says_how_few_have_room_for_all) {
  const auto fewest = [](std::uint32_t room, std::uint32_t most) {
    return fewest_for(
        town, [room](const device_set& some) { return connections_in(town, some) <= room; }, most);
  };
  EXPECT_EQ(fewest(31'000, 9), 1U);
  EXPECT_EQ(fewest(30'999, 9), 2U);
  EXPECT_EQ(fewest(15'500, 9), 2U);
  EXPECT_EQ(fewest(15'499, 9), 3U);
  EXPECT_EQ(fewest(15'499, 2), 0U) << "too many";
  EXPECT_EQ(fewest(0, 9), 0U) << "however many there are";
}

/// 100 gateways with 100 behind each, and 1,000 lamps: 11,100 devices with 1,100 connections.
const std::vector<device_groups> village{{{10'000, 100}, 0, 100}, {{10'100, 1000}, 0, 0}};
const device_set all_of_village{0, 11'100};

TEST(groups_for, are_by_devices_and_not_by_connections) {
  const auto unbounded = [](std::size_t, const device_set&) { return true; };
  const auto of = [&](const counts& parts) {
    return groups_for(village, all_of_village, parts, unbounded);
  };
  EXPECT_EQ(of({5550, 5550}), (counts{55, 1045}));
  EXPECT_EQ(of({0, 11'100}), (counts{0, 1100}));
  EXPECT_EQ(of({11'098, 1, 1}), (counts{1098, 1, 1}));
  EXPECT_EQ(of({1, 1, 11'098}), (counts{1, 1, 1098})) << "a gateway is the least";
  const auto one = cut_groups(village, all_of_village, 1).first;
  EXPECT_EQ(groups_for(village, one, counts{51, 50}, unbounded), (counts{1, 0})) << "it is whole";
}

TEST(groups_for, leave_to_others_what_there_is_no_room_for) {
  const auto of = [&](const counts& parts, const counts& rooms) {
    return groups_for(village, all_of_village, parts,
                      [&rooms](std::size_t i, const device_set& some) {
                        return connections_in(village, some) <= rooms[i];
                      });
  };
  EXPECT_EQ(of({5550, 5550}, {700, 700}), (counts{400, 700}));
  EXPECT_EQ(of({5550, 5550}, {40, 2000}), (counts{40, 1060}));
  EXPECT_EQ(of({5550, 5550}, {500, 500}), (counts{500, 500})) << "and the rest to nobody";
  EXPECT_EQ(of({5550, 5550}, {0, 2000}), (counts{0, 1100}));
}

TEST(room_in, is_of_devices) {
  const auto room = [](std::uint32_t connections) {
    return room_in(village, all_of_village, [connections](const device_set& some) {
      return connections_in(village, some) <= connections;
    });
  };
  EXPECT_EQ(room(1100), 11'100U);
  EXPECT_EQ(room(550), 5550U);
  EXPECT_EQ(room(0), 0U);
}

TEST(whole_groups, are_nothing_less) {
  EXPECT_FALSE(whole_groups(plant, {26, 1})) << "without those behind it";
  EXPECT_FALSE(whole_groups(plant, device_set{spans{{26, 1}, {6, 3}}}));
  EXPECT_FALSE(whole_groups(plant, device_set{spans{{26, 1}, {10, 4}}})) << "another's";
  EXPECT_FALSE(whole_groups(plant, device_set{spans{{0, 2}, {4, 2}}})) << "with a hole";
  EXPECT_FALSE(whole_groups(plant, {0, 40}));
  EXPECT_FALSE(whole_groups(plant, {}));
  EXPECT_TRUE(whole_groups(plant, device_set{spans{{1, 1}, {26, 1}, {6, 4}}}));
}

TEST(devices_of, read_what_numbers_of_writes_and_nothing_wrong) {
  const device_set apart{spans{{2, 3}, {10, 5}}};
  EXPECT_EQ(devices_of(numbers_of(apart)), apart);
  for (const auto& wrong : std::vector<wire_counts>{{},
                                                    {1},
                                                    {1, 0},
                                                    {5, 2, 1, 2},
                                                    {5, 2, 6, 2},
                                                    {1, UINT64_MAX},
                                                    {UINT64_MAX, 2},
                                                    {UINT32_MAX, 1}}) {
    EXPECT_FALSE(devices_of(wrong));
  }
}

std::vector<std::string> left_of(std::vector<std::string_view> words) {
  return words_for_workers(words);
}

TEST(words_for_workers, are_those_that_are_not_about_workers) {
  EXPECT_EQ(left_of({"--processes", "3", "--devices", "9", "--on-worker-loss=stop", "--seed=7",
                     "--worker-lease", "9s", "--begin-with", "2"}),
            (std::vector<std::string>{"--devices", "9", "--seed=7"}));
}

std::string refusal(const std::vector<std::string_view>& words) {
  const auto parsed = parse_options(words);
  return parsed ? std::string{} : parsed.error().message;
}

TEST(crew_options, are_refused_where_they_cannot_be) {
  EXPECT_NE(refusal({"run", "--processes", "2", "--virtual"}).find("one clock and one order"),
            std::string::npos);
  EXPECT_NE(refusal({"run", "--processes", "2", "--expect-workers", "2"}).find("give one"),
            std::string::npos);
  EXPECT_NE(refusal({"run", "--on-worker-loss", "stop"}).find("add --processes"),
            std::string::npos);
  EXPECT_NE(refusal({"run", "--expect-workers", "2", "--begin-with", "3"}).find("no fewer"),
            std::string::npos);
  EXPECT_NE(refusal({"run", "--processes", "2", "--begin-with", "1"}).find("--expect-workers"),
            std::string::npos);
  EXPECT_NE(refusal({"run", "--processes", "2", "--worker-lease", "1s"}).find("--worker-lease"),
            std::string::npos);
  EXPECT_NE(refusal({"run", "--processes", "1"}).find("--processes"), std::string::npos);
  EXPECT_NE(refusal({"worker"}).find("--listen or --join"), std::string::npos);
  EXPECT_NE(refusal({"worker", "--listen", "0.0.0.0:7400"}).find("TLS"), std::string::npos);
  EXPECT_EQ(refusal({"worker", "--listen", "127.0.0.1:0"}), "");
}

TEST(worker_options, take_a_name_to_join) {
  const std::vector<std::string_view> words{"--join", "coordinator.lan:7400"};
  const auto named = worker_of(words);
  EXPECT_FALSE(named.join);
  EXPECT_EQ(named.join_name, "coordinator.lan");
  EXPECT_EQ(named.join_port, 7400);
  EXPECT_EQ(refusal({"worker", "--join", "coordinator.lan:7400"}), "");
  const std::vector<std::string_view> number{"--join", "127.0.0.1:7400"};
  EXPECT_EQ(worker_of(number).join_name, "");
  EXPECT_EQ(worker_of(number).join->text(), "127.0.0.1:7400");
  for (const auto* wrong : {"coordinator.lan", "coordinator.lan:x", "a b:7400", "a/b:7400",
                            "1.2.3.4.5:7400", "coordinator.lan:7400/x", ""}) {
    EXPECT_NE(refusal({"worker", "--join", wrong}).find("is no place to go to"), std::string::npos)
        << wrong;
  }
  EXPECT_NE(refusal({"worker", "--join", "192.0.2.1:7400"}).find("TLS"), std::string::npos);
  EXPECT_NE(refusal({"worker", "--join", "a.lan:7400", "--listen", "7400"}).find("one of them"),
            std::string::npos);
}

TEST(run_options, wait_for_a_target_alone) {
  EXPECT_NE(refusal({"run", "--wait-for-target", "1m"}).find("needs a target"), std::string::npos);
  EXPECT_NE(refusal({"run", "--wait-for-target", "1ms", "--target", "mqtt://a"}).find("1s to"),
            std::string::npos);
  EXPECT_EQ(refusal({"run", "--wait-for-target", "off"}), "");
  const std::vector<std::string_view> words{"--target", "mqtt://a", "--wait-for-target", "1m"};
  EXPECT_EQ(run_company_of(words).wait_for_target, std::chrono::minutes{1});
  EXPECT_EQ(run_company_of({}).wait_for_target, duration{0});
  EXPECT_EQ(words_for_workers(words), (std::vector<std::string>{"--target", "mqtt://a"}))
      << "who has waited is the coordinator";
}

TEST(crew_options, say_whom_the_run_is_shared_with) {
  const std::vector<std::string_view> words{"--workers", "7400,127.0.0.1:7401", "--on-worker-loss",
                                            "stop"};
  const auto crew = crew_of(words);
  ASSERT_EQ(crew.workers.size(), 2U);
  EXPECT_EQ(crew.workers[0].text(), "127.0.0.1:7400");
  EXPECT_EQ(crew.on_loss, worker_loss::stop);
  EXPECT_TRUE(crew.any());
  EXPECT_FALSE(crew_of({}).any());
  EXPECT_EQ(crew_of({}).on_loss, worker_loss::takeover);
  const std::vector<std::string_view> late{"--expect-workers", "4", "--begin-with", "3",
                                           "--worker-lease",   "1m"};
  EXPECT_EQ(crew_of(late).begin_with, 3U);
  EXPECT_EQ(crew_of(late).lease, std::chrono::minutes{1});
}

} // namespace
} // namespace fleet::program
