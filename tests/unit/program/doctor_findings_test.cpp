// What the doctor says of machines that are not this one, and how it is told.
#include "fleet/doctor/findings.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace fleet::doctor {
namespace {

constexpr std::uint64_t mib = 1024ULL * 1024;

/// With enough of everything.
machine_facts good_machine() {
  machine_facts m;
  m.descriptors_soft = m.descriptors_hard = 1'000'000;
  m.files_free = unlimited;
  m.ports = port_range{32'768, 60'999, 0};
  m.memory_bytes = 8192 * mib;
  m.processors = 4;
  m.accept_queue = 4096;
  m.syn_queue = 2048;
  m.clock_source = "tsc";
  m.clock_step_ns = 1;
  m.timer_slack_ns = 50'000;
  m.wall_s = 1'800'000'000;
  m.program_s = 1'790'000'000;
  return m;
}

/// 5,000 devices on the embedded twin.
run_needs small_run() {
  run_needs n;
  n.descriptors = n.descriptors_here = 10'064;
  n.memory_bytes = 36 * mib;
  n.kernel_bytes = 40 * mib;
  n.connections_to_one = n.streams = 5000;
  n.sources = 8;
  n.twin_home = true;
  return n;
}

finding check(std::string_view name, const machine_facts& m, const run_needs& n) {
  const auto all = examine(m, n);
  const auto at =
      std::find_if(all.begin(), all.end(), [name](const finding& f) { return f.check == name; });
  return at == all.end() ? finding{} : *at;
}

TEST(doctor, finds_nothing_in_the_way_on_a_good_machine) {
  const auto all = examine(good_machine(), small_run());
  EXPECT_EQ(all.size(), 8U);
  EXPECT_EQ(worst_of(all), outlook::will_be_done) << "connects wait for their turn";
  for (const auto& f : all) {
    EXPECT_EQ(f.says, f.check == "backlog" ? outlook::will_be_done : outlook::ok) << f.check;
    EXPECT_FALSE(f.found.empty() || f.needed.empty()) << f.check;
  }
}

TEST(doctor, says_of_what_a_machine_does_not_tell_that_it_does_not) {
  const auto all = examine({}, small_run());
  EXPECT_EQ(worst_of(all), outlook::will_be_done);
  for (const auto& f : all) {
    EXPECT_EQ(f.found, "the machine does not tell") << f.check;
  }
}

TEST(doctor, knows_which_descriptors_the_run_gets_by_itself) {
  auto m = good_machine();
  m.descriptors_soft = 1024;
  m.descriptors_hard = 20'000;
  auto f = check("descriptors", m, small_run());
  EXPECT_EQ(f.says, outlook::will_be_done);
  EXPECT_EQ(f.found, "soft limit 1,024, hard limit 20,000");
  EXPECT_EQ(f.needed, "the run needs 10,064");
  m.descriptors_hard = 1024;
  f = check("descriptors", m, small_run());
  EXPECT_EQ(f.says, outlook::hopeless);
  auto fits = small_run();
  fits.without_twin = 1024;
  EXPECT_NE(check("descriptors", m, fits).then.find("fleet cloud serve"), std::string::npos);
  auto far = fits;
  far.where = whereabouts::away;
  EXPECT_EQ(check("descriptors", m, far).then.find("fleet cloud serve"), std::string::npos);
  m.descriptors_hard = unlimited;
  f = check("descriptors", m, small_run());
  EXPECT_EQ(f.says, outlook::will_be_done);
  EXPECT_EQ(f.found, "soft limit 1,024, hard limit no limit");
  m.files_free = 10'063;
  EXPECT_EQ(check("descriptors", m, small_run()).says, outlook::hopeless);
}

/// So many devices on the embedded twin, as a split goes between them.
void plan_devices(run_needs& n, std::uint32_t devices) {
  program::prepared ready;
  ready.products.emplace_back().plan.devices = {0, devices};
  n.groups = program::groups_of(ready);
  n.by_devices = program::descriptor_needs{program::run_options{}, ready};
}

/// 60,000 devices on the embedded twin, in one process.
run_needs large_run() {
  auto n = small_run();
  n.descriptors = n.descriptors_here = 120'064;
  n.without_twin = 60'064;
  plan_devices(n, 60'000);
  n.can_split = true;
  return n;
}

TEST(doctor, says_in_how_many_processes_a_fleet_fits) {
  auto m = good_machine();
  m.descriptors_soft = m.descriptors_hard = 20'000;
  auto n = large_run();
  const auto then = [&] { return check("descriptors", m, n).then; };
  EXPECT_NE(then().find("or split the devices: --processes 7, or run fewer devices"),
            std::string::npos)
      << then();
  EXPECT_EQ(then().find("fleet cloud serve"), std::string::npos) << "that alone is not enough";
  plan_devices(n, 19'936);
  EXPECT_NE(then().find("--processes 2,"), std::string::npos) << then();
  plan_devices(n, 19'937);
  EXPECT_NE(then().find("--processes 3,"), std::string::npos) << "each has some beside";
  n.without_twin = 20'000;
  EXPECT_NE(then().find("fleet cloud serve"), std::string::npos);
  n.without_twin = 20'001;
  EXPECT_EQ(then().find("fleet cloud serve"), std::string::npos);
  n.can_split = false;
  EXPECT_EQ(then().find("--processes"), std::string::npos);
  n.can_split = true;
  m.descriptors_hard = 64;
  EXPECT_EQ(then().find("--processes"), std::string::npos) << "not even one device";
  m.descriptors_hard = 500;
  plan_devices(n, 218 * 256);
  EXPECT_NE(then().find("--processes 256,"), std::string::npos);
  plan_devices(n, 218 * 256 + 1);
  EXPECT_EQ(then().find("--processes"), std::string::npos) << "no run has more";
}

TEST(doctor, reckons_descriptors_and_homes_by_process) {
  auto m = good_machine();
  m.descriptors_soft = m.descriptors_hard = 20'000;
  auto n = large_run();
  n.processes = n.here = 4;
  n.processes_started = true;
  n.descriptors = 30'064;
  n.descriptors_here = 4 * n.descriptors;
  auto f = check("descriptors", m, n);
  EXPECT_EQ(f.says, outlook::hopeless);
  EXPECT_EQ(f.needed, "each of 4 processes needs 30,064");
  EXPECT_NE(f.then.find("--processes 7"), std::string::npos) << f.then;
  n.processes_started = false;
  EXPECT_NE(check("descriptors", m, n).then.find("take 7 workers"), std::string::npos);
  n.processes = n.here = 7;
  n.descriptors = 17'207;
  n.descriptors_here = 7 * n.descriptors;
  m.descriptors_soft = 1024;
  f = check("descriptors", m, n);
  EXPECT_EQ(f.says, outlook::will_be_done);
  EXPECT_EQ(f.then, "each raises its soft limit to the hard one");
  EXPECT_EQ(f.figures[1].second, 7U);
  m.files_free = 7 * 17'207 - 1;
  EXPECT_EQ(check("descriptors", m, n).says, outlook::hopeless) << "all together";
  EXPECT_EQ(check("memory", m, n).needed,
            "the run needs about 76 MiB in all its 8 processes, 40 MiB of it for sockets in the "
            "kernel");
  EXPECT_EQ(check("processors", m, n).needed,
            "the run has 1 home of devices and one of the twin in each of 7 processes");
}

TEST(doctor, says_that_processes_are_not_equal) {
  auto n = large_run();
  n.processes = n.here = 4;
  n.descriptors = 30'064;
  n.descriptors_here = 4 * n.descriptors - 2;
  EXPECT_EQ(check("descriptors", good_machine(), n).needed,
            "each of 4 processes needs up to 30,064");
}

TEST(doctor, judges_no_other_machine_by_this_one) {
  auto m = good_machine();
  m.descriptors_soft = m.descriptors_hard = 1000;
  m.files_free = 1000;
  m.ports = port_range{1, 10, 0};
  m.processors = 1;
  auto n = large_run();
  n.where = whereabouts::away;
  n.processes = 3;
  n.here = 0;
  n.descriptors = 20'064;
  n.descriptors_here = 0;
  n.connections_to_one = 20'000;
  n.sources = 1;
  n.memory_bytes = 16 * mib;
  n.kernel_bytes = 0;
  n.memory_each_bytes = 200 * mib;
  n.device_homes = 5;
  const std::string_view not_seen = "workers on other machines are not looked at";
  for (const auto* const name : {"descriptors", "ports", "processors"}) {
    EXPECT_EQ(check(name, m, n).says, outlook::ok) << name;
    EXPECT_EQ(check(name, m, n).found, not_seen) << name;
  }
  EXPECT_EQ(check("descriptors", m, n).needed, "each of 3 workers needs 20,064 at least");
  EXPECT_EQ(check("ports", m, n).needed, "a worker has up to 20,000 connections to one listener");
  auto f = check("memory", m, n);
  EXPECT_EQ(f.says, outlook::ok);
  EXPECT_EQ(f.found, "8,192 MiB available, and " + std::string{not_seen});
  EXPECT_EQ(f.needed, "the coordinator needs about 16 MiB, and each worker up to 200 MiB");
  m.memory_bytes = 10 * mib;
  EXPECT_EQ(check("memory", m, n).says, outlook::hopeless) << "the coordinator is here";
  n.where = whereabouts::twin;
  m.accept_queue = 4;
  EXPECT_EQ(check("backlog", m, n).found, not_seen) << "each worker has its twin";
  EXPECT_EQ(check("backlog", m, n).says, outlook::will_be_done);

  n.here = 1; // and two elsewhere
  n.descriptors_here = n.descriptors;
  f = check("descriptors", m, n);
  EXPECT_EQ(f.says, outlook::hopeless);
  EXPECT_EQ(f.needed, "the worker here needs 20,064");
  EXPECT_EQ(f.found, "soft limit 1,000, hard limit 1,000, and " + std::string{not_seen});
  EXPECT_EQ(f.then.find("take "), std::string::npos) << "they may have more: " << f.then;
  EXPECT_EQ(check("clock", m, n).found, "source tsc, steps of 1 ns");
}

TEST(doctor, counts_ports_by_source_address) {
  auto m = good_machine();
  auto n = small_run();
  n.connections_to_one = 19'000;
  auto f = check("ports", m, n);
  EXPECT_EQ(f.says, outlook::will_be_done) << "over eight addresses of loopback";
  n.where = whereabouts::away;
  n.sources = 1;
  f = check("ports", m, n);
  EXPECT_EQ(f.says, outlook::badly);
  EXPECT_NE(f.then.find("give this machine 2 addresses of one subnet"), std::string::npos)
      << f.then;
  n.connections_to_one = 28'233;
  EXPECT_EQ(check("ports", m, n).says, outlook::hopeless);
  n.connections_to_one = 10'000;
  EXPECT_EQ(check("ports", m, n).says, outlook::ok);
  n.sources = 2;
  n.sources_named = true;
  n.connections_to_one = 20'000;
  EXPECT_EQ(check("ports", m, n).says, outlook::ok) << "as was asked for";
  n.where = whereabouts::here;
  n.v6 = true;
  n.sources = 1;
  EXPECT_EQ(check("ports", m, n).then,
            "beyond about 10,000 the kernel searches long for a free port: take a target on "
            "127.0.0.1, since there is no address but ::1");
  n.connections_to_one = 30'000;
  EXPECT_EQ(check("ports", m, n).then,
            "widen net.ipv4.ip_local_port_range, or take a target on 127.0.0.1, since there is no "
            "address but ::1");
}

TEST(doctor, sees_a_tiny_range_of_ports) {
  auto m = good_machine();
  m.ports = port_range{50'000, 50'099, 20};
  auto f = check("ports", m, small_run());
  EXPECT_EQ(f.says, outlook::hopeless);
  EXPECT_EQ(f.found, "80 ports (50000 to 50099, 20 reserved) on each of 8 addresses");
  EXPECT_NE(f.then.find("name 63 addresses of 127.0.0.0/8"), std::string::npos) << f.then;
  m.ports->reserved = 100;
  EXPECT_EQ(check("ports", m, small_run()).says, outlook::hopeless);
}

TEST(doctor, takes_the_lesser_of_machine_and_group_for_its_memory) {
  auto m = good_machine();
  m.group = memory_group{"/sys/fs/cgroup/memory.max", 100 * mib, 60 * mib};
  auto f = check("memory", m, small_run());
  EXPECT_EQ(f.says, outlook::hopeless);
  EXPECT_EQ(f.found, "60 MiB left of 100 MiB in /sys/fs/cgroup/memory.max");
  EXPECT_EQ(f.needed, "the run needs about 76 MiB, 40 MiB of it for sockets in the kernel");
  m.group->free_bytes = 90 * mib;
  EXPECT_EQ(check("memory", m, small_run()).says, outlook::badly) << "over four fifths";
  m.group->free_bytes = 96 * mib;
  EXPECT_EQ(check("memory", m, small_run()).says, outlook::ok);
  m.group->free_bytes = 9000 * mib;
  EXPECT_EQ(check("memory", m, small_run()).found, "8,192 MiB available");
  m.memory_bytes = 70 * mib;
  EXPECT_EQ(check("memory", m, small_run()).says, outlook::hopeless);
  m.swap_bytes = 6 * mib;
  EXPECT_EQ(check("memory", m, small_run()).says, outlook::badly) << "it swaps";
}

TEST(doctor, holds_homes_against_processors) {
  auto m = good_machine();
  auto n = small_run();
  n.device_homes = 5;
  EXPECT_EQ(check("processors", m, n).says, outlook::badly);
  n.device_homes = 3;
  EXPECT_EQ(check("processors", m, n).says, outlook::ok);
  m.processor_quota = 3.5;
  auto f = check("processors", m, n);
  EXPECT_EQ(f.says, outlook::badly);
  EXPECT_EQ(f.found, "4 processors, and a control group that gives 3.5 of them");
  m.processor_quota = 4;
  EXPECT_EQ(check("processors", m, n).says, outlook::ok);
  m.processor_quota.reset();
  m.processors = n.device_homes = 1;
  EXPECT_EQ(check("processors", m, n).says, outlook::ok) << "with the twin's home beside it";
}

TEST(doctor, sees_clocks_that_are_coarse_slow_or_wrong) {
  auto m = good_machine();
  EXPECT_EQ(check("clock", m, small_run()).found, "source tsc, steps of 1 ns");
  m.clock_step_ns = 4'000'000;
  auto f = check("clock", m, small_run());
  EXPECT_EQ(f.says, outlook::badly);
  EXPECT_EQ(f.found, "source tsc, steps of 4 ms");
  m.clock_step_ns = 1;
  m.clock_source = "acpi_pm";
  EXPECT_EQ(check("clock", m, small_run()).says, outlook::badly);
  m.timer_slack_ns = 40'000'000;
  EXPECT_EQ(check("timers", m, small_run()).says, outlook::badly);
  EXPECT_EQ(check("wall_clock", m, small_run()).found, "2027-01-15 08:00 UTC");
  m.wall_s = *m.program_s - 24 * 3600;
  EXPECT_EQ(check("wall_clock", m, small_run()).says, outlook::ok);
  m.wall_s = 0;
  f = check("wall_clock", m, small_run());
  EXPECT_EQ(f.says, outlook::badly);
  EXPECT_EQ(f.found, "1970-01-01 00:00 UTC");
}

TEST(doctor, holds_pending_connects_against_queues) {
  auto m = good_machine();
  auto n = small_run();
  n.connects_pending = 1000;
  EXPECT_EQ(check("backlog", m, n).says, outlook::will_be_done);
  m.accept_queue = 128;
  auto f = check("backlog", m, n);
  EXPECT_EQ(f.says, outlook::badly);
  EXPECT_EQ(f.found, "the twin's queue holds 128");
  EXPECT_NE(f.then.find("--connects-pending 128,"), std::string::npos) << f.then;
  m.accept_queue = 1'000'000;
  n.connects_pending = 5000;
  EXPECT_EQ(check("backlog", m, n).says, outlook::badly) << "the twin asks for 4,096";
  n.connects_pending = 60;
  m.syn_queue = 79;
  EXPECT_EQ(check("backlog", m, n).says, outlook::will_be_done) << "cookies answer beyond it";
  m.syn_cookies = false;
  EXPECT_EQ(check("backlog", m, n).says, outlook::badly);
  n.where = whereabouts::away;
  EXPECT_EQ(check("backlog", m, n).says, outlook::will_be_done) << "those are not the target's";
  n.connects_pending = 61;
  EXPECT_EQ(check("backlog", m, n).says, outlook::badly);
  n.streams = 40;
  EXPECT_EQ(check("backlog", m, n).says, outlook::ok) << "so many never are";
  n.streams = 0;
  EXPECT_EQ(check("backlog", m, n).needed, "datagrams wait in no queue");
}

TEST(doctor, takes_a_target_here_for_no_twin) {
  auto m = good_machine();
  auto n = small_run();
  n.where = whereabouts::here;
  n.connects_pending = 5000;
  const auto f = check("backlog", m, n);
  EXPECT_EQ(f.says, outlook::badly);
  EXPECT_EQ(f.found, "the target's queue cannot be seen from here");
  EXPECT_EQ(f.then,
            "a queue of 100, as mosquitto's, takes about 60 and each beyond costs a second: "
            "leave --connects-pending out unless the target's is longer");
  n.connects_pending = 61;
  EXPECT_EQ(check("backlog", m, n).says, outlook::badly);
  n.connects_pending = 60;
  m.accept_queue = 4;
  EXPECT_EQ(check("backlog", m, n).says, outlook::will_be_done);
}

TEST(doctor, asks_a_simulated_run_for_memory_alone) {
  auto m = good_machine();
  m.descriptors_soft = m.descriptors_hard = 10;
  m.ports = port_range{1, 1, 1};
  m.accept_queue = 0;
  run_needs n;
  n.where = whereabouts::nowhere;
  n.memory_bytes = 9000 * mib;
  const auto all = examine(m, n);
  for (const auto& f : all) {
    EXPECT_EQ(f.says, f.check == "memory" ? outlook::hopeless : outlook::ok) << f.check;
  }
  EXPECT_EQ(check("memory", m, n).needed, "the run needs about 9,000 MiB");
}

TEST(doctor, tells_a_line_for_each_check_and_one_for_all) {
  std::vector<finding> all{{"wall_clock", outlook::ok, "a", "b", "", {}},
                           {"ports", outlook::badly, "c", "d", "e", {}}};
  EXPECT_EQ(to_text(all), "wall clock   ok             a; b\n"
                          "ports        badly          c; d; e\n"
                          "the run works, and not well: one change would help\n");
  all.push_back({"memory", outlook::hopeless, "f", "g", "h", {}});
  EXPECT_TRUE(to_text(all).ends_with("the run will not work: one thing is in its way\n"));
  EXPECT_EQ(to_text({}), "nothing is in the way of the run\n");
}

TEST(doctor, tells_scripts_the_same) {
  EXPECT_EQ(to_json("10 devices", {{"ports",
                                    outlook::hopeless,
                                    "c \"",
                                    "d",
                                    "e",
                                    {{"ports_each", 7}, {"hard", unlimited}}}}),
            "{\"run\":\"10 devices\",\"verdict\":\"will_not_work\",\"checks\":[\n"
            "{\"check\":\"ports\",\"verdict\":\"will_not_work\",\"found\":\"c \\\"\",\"needed\":"
            "\"d\",\"then\":\"e\",\"figures\":{\"ports_each\":7,\"hard\":null}}\n]}\n");
}

} // namespace
} // namespace fleet::doctor
