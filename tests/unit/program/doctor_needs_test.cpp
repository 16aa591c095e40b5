// `fleet doctor` as a command line, and what a planned run needs.
#include <sstream>

#include <gtest/gtest.h>

#include "fleet/doctor/command.hpp"
#include "fleet/doctor/findings.hpp"
#include "fleet/doctor/needs.hpp"
#include "fleet/options/run_command.hpp"
#include "fleet/run/source_addresses.hpp"
#include "tests/unit/program/options_rig.hpp"

namespace fleet::program {
namespace {

using doctor::whereabouts;

constexpr std::uint64_t program_bytes = 16ULL * 1024 * 1024;

doctor_options asked(std::string_view flags) {
  return test::parsed<doctor_options>("doctor " + std::string{flags});
}

doctor::run_needs needs(std::string_view flags, std::uint32_t processors = 4) {
  const auto o = asked(flags);
  auto ready = outline(*o.run, std::nullopt);
  if (o.run->target.scheme != text::scheme::embedded) {
    ready.products.front().settings.peer = hal::parse_address(o.run->target.host + ":1883").value();
  }
  const auto company = doctored_company_of(test::split(flags));
  return doctor::needs_of(*o.run, ready, processors, company.crew);
}

TEST(doctor_flags, are_those_of_a_run) {
  const auto o = asked("--devices 5k --target mqtts://a.lan --profile mqtt --json out.json");
  EXPECT_FALSE(o.json);
  EXPECT_EQ(o.run->devices, 5000U);
  EXPECT_EQ(o.run->security, security::tls) << "what follows from others is filled in";
  EXPECT_EQ(o.run->json_file, "out.json");
  EXPECT_EQ(test::said("doctor --qos 3").substr(0, 20), "fleet doctor: --qos ");
  EXPECT_EQ(test::said("doctor --virtual --bind 127.0.0.2"),
            "fleet doctor: --bind is about sockets; --virtual opens none\n"
            "see fleet doctor --help\n");
  EXPECT_EQ(test::said("doctor --virtual --sweep 3"),
            "fleet doctor: looks at one run, and --sweep makes many; leave it out\n"
            "see fleet doctor --help\n");
}

TEST(doctor_flags, are_those_of_workers_too) {
  EXPECT_EQ(asked("--devices 60k --processes 4").run->devices, 60'000U);
  EXPECT_EQ(doctored_company_of(test::split("--json --processes 4")).crew.processes, 4U);
  EXPECT_EQ(doctored_company_of(test::split("--processes 4 --json")).crew.processes, 4U);
  EXPECT_EQ(test::said("doctor --processes 4 --workers 7400"),
            "fleet doctor: --processes, --workers and --expect-workers contradict each other; give "
            "one\nsee fleet doctor --help\n");
  EXPECT_EQ(test::said("doctor --wait-for-target 1m --target mqtt://a.lan"), "accepted");
}

TEST(doctor_flags, have_json_without_a_file) {
  EXPECT_TRUE(asked("--json").json);
  const auto o = asked("--json --devices 7");
  EXPECT_TRUE(o.json);
  EXPECT_EQ(o.run->devices, 7U);
  const auto both = asked("--json out.json --json");
  EXPECT_TRUE(both.json);
  EXPECT_EQ(both.run->json_file, "out.json");
  EXPECT_FALSE(asked("--json=out.json").json);
}

TEST(doctor_flags, are_explained) {
  const auto answer = parse_options(test::split("doctor --help"));
  ASSERT_TRUE(answer.ok());
  const auto& text = std::get<text_answer>(answer.value()).text;
  EXPECT_NE(text.find("--json [FILE]"), std::string::npos);
  EXPECT_NE(text.find("--connects-pending N"), std::string::npos);
}

TEST(doctor_needs, of_the_embedded_twin_are_both_ends) {
  const auto n = needs("--devices 9000");
  EXPECT_EQ(n.where, whereabouts::twin);
  EXPECT_EQ(n.descriptors, 18'064U);
  EXPECT_EQ(n.connections_to_one, 9000U);
  EXPECT_EQ(n.streams, 9000U);
  EXPECT_EQ(n.sources, 8U);
  EXPECT_EQ(n.kernel_bytes, 18'064U * 4096);
  EXPECT_EQ(n.device_homes, 2U);
  EXPECT_TRUE(n.twin_home);
  EXPECT_EQ(needs("--devices 9000", 2).device_homes, 1U);
  EXPECT_EQ(needs("--devices 9000 --homes 7", 2).device_homes, 7U);
}

TEST(doctor_needs, of_a_target_are_one_end_from_one_address) {
  const auto n = needs("--devices 9000 --target mqtt://192.0.2.1 --profile mqtt");
  EXPECT_EQ(n.where, whereabouts::away);
  EXPECT_EQ(n.descriptors, 9064U);
  EXPECT_EQ(n.sources, 1U);
  EXPECT_FALSE(n.twin_home);
  const auto here = needs("--devices 90k --target mqtt://127.0.0.1 --profile mqtt");
  EXPECT_EQ(here.where, whereabouts::here);
  EXPECT_EQ(here.sources, 9U) << "none with more than 10,000";
  const auto bound = needs("--target mqtt://127.0.0.1 --bind 127.0.0.2,127.0.0.3,192.0.2.9");
  EXPECT_TRUE(bound.sources_named);
  EXPECT_EQ(bound.sources, 2U) << "those that reach it";
}

TEST(doctor_needs, of_processes_are_those_of_one_and_memory_in_sum) {
  constexpr std::uint64_t mib = 1024ULL * 1024;
  const auto one = needs("--devices 9000");
  EXPECT_EQ(one.processes, 1U);
  EXPECT_TRUE(one.can_split);
  const auto n = needs("--devices 9000 --processes 4");
  EXPECT_EQ(n.processes, 4U);
  EXPECT_EQ(n.here, 4U);
  EXPECT_TRUE(n.processes_started);
  EXPECT_EQ(n.descriptors, 64U + 2 * 2250U);
  EXPECT_EQ(n.without_twin, 64U + 2250U);
  EXPECT_EQ(n.descriptors_here, 4 * n.descriptors);
  EXPECT_EQ(n.kernel_bytes, 4 * n.descriptors * 4096);
  EXPECT_EQ(n.memory_bytes, one.memory_bytes + 4 * 16 * mib) << "and the coordinator";
  EXPECT_EQ(n.connections_to_one, 2250U) << "each has its twin";
  EXPECT_EQ(n.device_homes, one.device_homes);
  EXPECT_EQ(needs("--devices 9001 --processes 4").descriptors, 64U + 2 * 2251U)
      << "of the largest part, both ends";
  const auto target =
      needs("--devices 9000 --processes 4 --target mqtt://127.0.0.1 --profile mqtt");
  EXPECT_EQ(target.descriptors, 64U + 2250U);
  EXPECT_EQ(target.connections_to_one, 9000U);
  EXPECT_EQ(target.streams, 9000U);
}

TEST(doctor_needs, of_workers_elsewhere_are_not_this_machines) {
  constexpr std::string_view run = "--devices 9000 --target mqtt://192.0.2.1 --profile mqtt ";
  constexpr std::uint64_t mib = 1024ULL * 1024;
  const auto of = [run](std::string_view crew) {
    return needs(std::string{run} + std::string{crew});
  };
  const auto n = of("--expect-workers 3 --listen 0.0.0.0:7400 --worker-certs c");
  EXPECT_EQ(n.processes, 3U);
  EXPECT_EQ(n.here, 0U);
  EXPECT_FALSE(n.processes_started);
  EXPECT_EQ(n.descriptors, 3064U) << "of a worker";
  EXPECT_EQ(n.descriptors_here, 0U);
  EXPECT_EQ(n.connections_to_one, 3000U);
  EXPECT_EQ(n.kernel_bytes, 0U);
  EXPECT_EQ(n.memory_bytes, 16 * mib) << "of the coordinator";
  EXPECT_GT(n.memory_each_bytes, 16 * mib + 3064 * 4096);
  EXPECT_EQ(of("--expect-workers 3").here, 3U);
  EXPECT_EQ(of("--workers 7400,7401").here, 2U);
  EXPECT_EQ(of("--workers 192.0.2.7:7400,127.0.0.1:7401 --worker-certs c").here, 1U);
}

/// 1,000 gateways with 60 meters behind each, and 30,000 lamps.
prepared town() {
  prepared out;
  auto& plan = out.plan.emplace();
  const auto add = [&plan](std::uint32_t first, std::uint32_t count) -> product_plan& {
    auto& product = plan.products.emplace_back();
    product.devices = {first, count};
    product.product.report.emplace();
    return product;
  };
  add(0, 60'000).behind_gateway = true;
  auto& gateways = add(60'000, 1000);
  gateways.children_each = 60;
  add(61'000, 30'000);
  plan.devices = 91'000;
  plan.connections = 31'000;
  for (const auto& product : plan.products) {
    out.products.emplace_back().plan = product;
  }
  out.products[1].settings.peer = hal::parse_address("127.0.0.1:1883").value();
  out.products[0].settings.peer = out.products[1].settings.peer;
  return out;
}

TEST(doctor_needs, are_those_of_the_very_split) {
  const auto ready = town();
  const auto o = asked("--target mqtt://127.0.0.1 --profile mqtt");
  const auto of = [&](std::string_view crew, std::uint64_t descriptors) {
    return doctor::needs_of(*o.run, ready, 4, doctored_company_of(test::split(crew)).crew,
                            descriptors);
  };
  const auto two = of("--processes 2", 20'000);
  EXPECT_EQ(two.descriptors, 20'000U) << "11,064 and 19,936 devices of each its own connection";
  EXPECT_EQ(two.descriptors_here, 31'000U + 2 * 64);
  EXPECT_EQ(of("--processes 2", doctor::unlimited).descriptors, 64U + 30'254)
      << "by devices, where there is room";
  EXPECT_EQ(of("--processes 2", 15'000).descriptors, 64U + 15'500) << "what would do";
  const auto elsewhere = of("--expect-workers 2 --listen 0.0.0.0:1 --worker-certs c", 20'000);
  EXPECT_EQ(elsewhere.descriptors, 64U + 15'500);
  EXPECT_EQ(two.memory_bytes, of("", 40'000).memory_bytes + 2 * program_bytes);
  doctor::machine_facts machine;
  machine.descriptors_soft = machine.descriptors_hard = 20'000;
  const auto found = doctor::examine(machine, of("", 20'000)).front();
  EXPECT_EQ(found.says, doctor::outlook::hopeless);
  EXPECT_NE(found.then.find("--processes 2,"), std::string::npos) << found.then;
  EXPECT_EQ(doctor::examine(machine, two).front().says, doctor::outlook::ok);
}

TEST(doctor_needs, know_what_cannot_be_split) {
  EXPECT_TRUE(needs("--soak").can_split);
  EXPECT_FALSE(needs("--credentials a.csv --product-secrets a.csv").can_split);
}

TEST(doctor_needs, of_datagrams_are_no_streams) {
  const auto n = needs("--protocol coap --devices 500");
  EXPECT_EQ(n.streams, 0U);
  EXPECT_EQ(n.connections_to_one, 500U);
  EXPECT_EQ(n.descriptors, 564U);
}

TEST(doctor_needs, of_the_virtual_world_are_memory) {
  const auto n = needs("--virtual --devices 5000");
  EXPECT_EQ(n.where, whereabouts::nowhere);
  EXPECT_EQ(n.descriptors, 0U);
  EXPECT_EQ(n.kernel_bytes, 0U);
  EXPECT_GT(n.memory_bytes, 0U);
}

TEST(sources, are_looked_for_where_one_address_is_too_few) {
  const auto found = [](std::string_view flags) {
    const auto o = asked(flags);
    auto ready = outline(*o.run, std::nullopt);
    ready.products.front().settings.peer = hal::parse_address("192.0.2.1:1883").value();
    return sources_of(*o.run, ready).size();
  };
  EXPECT_EQ(found("--devices 10k --target mqtt://192.0.2.1"), 0U);
  EXPECT_EQ(found("--devices 20k --target mqtt://192.0.2.1 --bind 127.0.0.9"), 1U);
  EXPECT_EQ(found("--devices 20k"), 0U);
  EXPECT_NE(found("--devices 20k --target mqtt://192.0.2.1"), 1U) << "one is the kernel's choice";
}

TEST(loopback_sources, grow_with_the_fleet) {
  EXPECT_EQ(loopback_sources_for(1), 8U);
  EXPECT_EQ(loopback_sources_for(80'000), 8U);
  EXPECT_EQ(loopback_sources_for(80'001), 9U);
  EXPECT_EQ(loopback_sources_for(1'000'000), 100U);
  EXPECT_EQ(loopback_sources_for(UINT32_MAX), 254U);
}

struct told {
  exit_code code;
  std::string out;
  std::string errors;
};

told doctor_says(std::string_view flags) {
  std::ostringstream out;
  std::ostringstream errors;
  const auto company = doctored_company_of(test::split(flags));
  const auto code = execute_doctor(asked(flags), company.crew, out, errors);
  return {code, out.str(), errors.str()};
}

TEST(doctor_command, says_what_is_wrong_with_the_plan_as_a_run_would) {
  const auto got = doctor_says("--scenario no_such_file.yaml");
  EXPECT_EQ(got.code, exit_code::wrong_usage);
  EXPECT_TRUE(got.errors.starts_with("fleet doctor: no_such_file.yaml")) << got.errors;
  EXPECT_EQ(got.out, "");
  const auto credentials = doctor_says("--credentials no_such_file.csv");
  EXPECT_EQ(credentials.code, exit_code::wrong_usage);
  EXPECT_TRUE(credentials.errors.starts_with("fleet doctor: ")) << credentials.errors;
}

TEST(doctor_command, looks_at_a_simulated_run) {
  const auto got = doctor_says("--virtual --devices 10");
  EXPECT_TRUE(got.out.starts_with("fleet doctor: 10 devices, the embedded twin, virtual world\n"))
      << got.out;
  EXPECT_NE(got.out.find("the virtual world opens no sockets"), std::string::npos);
  EXPECT_EQ(got.errors, "");
}

TEST(doctor_command, refuses_what_cannot_be_split) {
  const auto got = doctor_says("--devices 3 --processes 4");
  EXPECT_EQ(got.code, exit_code::wrong_usage);
  EXPECT_EQ(got.errors,
            "fleet doctor: 3 devices cannot be shared out over 4 workers: each takes one "
            "at least\n");
  EXPECT_EQ(got.out, "");
}

TEST(doctor_command, tries_a_target_once) {
  // Port 9 of loopback: nobody discards there.
  const auto got = doctor_says("--devices 3 --target mqtt://127.0.0.1:9 --profile mqtt --json");
  EXPECT_EQ(got.code, exit_code::environment_failed);
  EXPECT_NE(got.out.find("\"check\":\"target\",\"verdict\":\"will_not_work\",\"found\":\"mqtt://"
                         "127.0.0.1:9 refused the connection"),
            std::string::npos)
      << got.out;
}

TEST(doctor_command, tries_the_target_of_a_run_that_is_too_large) {
  const auto got =
      doctor_says("--devices 1M --duration 2h --target mqtt://127.0.0.1:9 --profile mqtt");
  EXPECT_EQ(got.code, exit_code::environment_failed);
  EXPECT_NE(got.out.find("\ntarget       will not work"), std::string::npos) << got.out;
  EXPECT_EQ(got.out.find("\nstart "), std::string::npos) << "what it would say stands there";
}

TEST(doctor_command, says_why_a_run_would_not_start) {
  const auto got = doctor_says("--devices 3 --json --target mqtt://192.0.2.9 --bind 192.0.2.1");
  EXPECT_EQ(got.code, exit_code::environment_failed);
  EXPECT_NE(got.out.find("\"start\",\"verdict\":\"will_not_work\",\"found\":\"--bind 192.0.2.1"),
            std::string::npos)
      << got.out;
}

} // namespace
} // namespace fleet::program
