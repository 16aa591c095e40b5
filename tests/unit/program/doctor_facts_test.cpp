// What the doctor reads off other machines: their /proc and /sys, put into a folder.
#include "fleet/doctor/facts.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/temp_folder.hpp"

namespace fleet::doctor {
namespace {

class machine : public testing::Test {
protected:
  void put(const std::string& path, const std::string& text) const {
    const std::filesystem::path file{folder_ / path};
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
  }
  [[nodiscard]] machine_files files() const { return machine_files{folder_ / ""}; }
  [[nodiscard]] machine_facts facts() const { return read_machine(files(), {}); }

private:
  support::temp_folder folder_;
};

TEST_F(machine, that_tells_nothing_is_unknown) {
  const auto f = facts();
  EXPECT_FALSE(f.descriptors_soft || f.descriptors_hard || f.files_free || f.ports);
  EXPECT_FALSE(f.memory_bytes || f.group || f.processors || f.processor_quota);
  EXPECT_FALSE(f.accept_queue || f.syn_queue || f.timer_slack_ns || f.program_s || f.wall_s);
  EXPECT_TRUE(f.clock_source.empty());
}

TEST_F(machine, is_told_what_no_file_tells) {
  const auto f = read_machine(files(), {.step_ns = 4'000'000, .wall_s = 12});
  EXPECT_EQ(f.clock_step_ns, 4'000'000U);
  EXPECT_EQ(f.wall_s, 12);
  const auto ours = read_clocks();
  EXPECT_TRUE(ours.step_ns && *ours.step_ns > 0);
  EXPECT_TRUE(ours.wall_s && *ours.wall_s > 0);
}

TEST_F(machine, has_limits_on_descriptors) {
  put("proc/self/limits",
      "Limit                     Soft Limit           Hard Limit           Units\n"
      "Max processes             unlimited            unlimited            \n"
      "Max open files            1024                 unlimited            files\n");
  put("proc/sys/fs/file-nr", "900\t0\t1000\n");
  const auto f = facts();
  EXPECT_EQ(f.descriptors_soft, 1024U);
  EXPECT_EQ(f.descriptors_hard, unlimited);
  EXPECT_EQ(f.files_free, 100U);
  put("proc/sys/fs/file-nr", "1100 0 1000");
  EXPECT_EQ(facts().files_free, 0U) << "root may have more open";
  put("proc/sys/fs/file-nr", "many");
  EXPECT_FALSE(facts().files_free);
}

TEST_F(machine, has_ports_less_the_reserved_ones) {
  put("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
  EXPECT_EQ(facts().ports->count(), 28'232U);
  put("proc/sys/net/ipv4/ip_local_reserved_ports", "\n");
  EXPECT_EQ(facts().ports->reserved, 0U);
  // Below, across the edge, one within, above, and nonsense.
  put("proc/sys/net/ipv4/ip_local_reserved_ports", "80,32760-32769,40000,61000-65535,9-,5-4,x\n");
  EXPECT_EQ(facts().ports->reserved, 3U);
  for (const auto* const wrong : {"", "32768", "60999 32768", "1 65536", "a b"}) {
    put("proc/sys/net/ipv4/ip_local_port_range", wrong);
    EXPECT_FALSE(facts().ports) << wrong;
  }
}

TEST_F(machine, may_have_no_port_left) {
  put("proc/sys/net/ipv4/ip_local_port_range", "1000 1009");
  put("proc/sys/net/ipv4/ip_local_reserved_ports", "1000-1009,1005");
  EXPECT_EQ(facts().ports->count(), 0U) << "one that is named twice does not wrap around";
}

TEST_F(machine, has_memory_and_swap) {
  put("proc/meminfo", "MemTotal:       4000000 kB\nMemAvailable:   2000000 kB\n"
                      "SwapTotal:      1000 kB\nSwapFree:       500 kB\n");
  const auto f = facts();
  EXPECT_EQ(f.memory_bytes, 2'000'000ULL * 1024);
  EXPECT_EQ(f.swap_bytes, 500U * 1024);
}

TEST_F(machine, is_bound_by_the_tightest_group_of_version_2) {
  put("proc/self/cgroup", "0::/runs/fleet\n");
  put("sys/fs/cgroup/runs/fleet/memory.max", "max\n");
  put("sys/fs/cgroup/runs/memory.max", "104857600\n");
  put("sys/fs/cgroup/runs/memory.current", "52428800\n");
  put("sys/fs/cgroup/runs/memory.stat", "anon 7\ninactive_file 10485760\nactive_file 9\n");
  put("sys/fs/cgroup/memory.max", "1048576000\n");
  const auto group = facts().group;
  ASSERT_TRUE(group);
  EXPECT_EQ(group->limit_file, "/sys/fs/cgroup/runs/memory.max");
  EXPECT_EQ(group->limit_bytes, 104'857'600U);
  EXPECT_EQ(group->free_bytes, 104'857'600U - 52'428'800U + 10'485'760U);
}

TEST_F(machine, of_a_container_has_the_limit_at_the_mount) {
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/memory.max", "1000000\n");
  put("sys/fs/cgroup/memory.current", "2000000\n");
  EXPECT_EQ(facts().group->free_bytes, 0U) << "never below";
}

TEST_F(machine, is_bound_by_groups_of_version_1) {
  // A container of version 1 names the group as its host sees it, which is not there.
  put("proc/self/cgroup", "9:cpuacct,cpu:/docker/abc\n5:memory:/docker/abc\n0::/\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_FALSE(facts().group);
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "5000\n");
  put("sys/fs/cgroup/memory/memory.usage_in_bytes", "4000\n");
  put("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 500\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  const auto f = facts();
  ASSERT_TRUE(f.group);
  EXPECT_EQ(f.group->free_bytes, 1500U);
  EXPECT_DOUBLE_EQ(f.processor_quota.value(), 1.5);
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  EXPECT_FALSE(facts().processor_quota);
}

TEST_F(machine, has_processors_and_quotas) {
  put("proc/self/status", "Name:\tfleet\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,6\n");
  put("proc/self/cgroup", "0::/a\n");
  put("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  EXPECT_EQ(facts().processors, 5U);
  EXPECT_FALSE(facts().processor_quota);
  put("sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_DOUBLE_EQ(facts().processor_quota.value(), 0.5) << "of the group above";
}

TEST_F(machine, has_queues_and_clocks) {
  put("proc/sys/net/core/somaxconn", "128\n");
  put("proc/sys/net/ipv4/tcp_max_syn_backlog", "256\n");
  EXPECT_TRUE(facts().syn_cookies) << "as the kernel has it by default";
  put("proc/sys/net/ipv4/tcp_syncookies", "0\n");
  put("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
  put("proc/self/timerslack_ns", "50000\n");
  put("proc/self/exe", "");
  const auto f = facts();
  EXPECT_EQ(f.accept_queue, 128U);
  EXPECT_EQ(f.syn_queue, 256U);
  EXPECT_FALSE(f.syn_cookies);
  EXPECT_EQ(f.clock_source, "hpet");
  EXPECT_EQ(f.timer_slack_ns, 50'000U);
  EXPECT_TRUE(f.program_s);
}

TEST_F(machine, does_not_get_files_without_end_read) {
  put("proc/meminfo", std::string(std::size_t{64} * 1024 + 1, ' '));
  EXPECT_FALSE(files().read("/proc/meminfo"));
  EXPECT_FALSE(files().read("/proc")) << "a folder";
  put("proc/meminfo", "");
  EXPECT_EQ(files().read("/proc/meminfo"), "");
}

TEST(machine_files, of_this_machine_tell_what_it_has) {
  const auto f = read_machine(machine_files{}, read_clocks());
  EXPECT_TRUE(f.descriptors_soft && f.descriptors_hard && f.memory_bytes && f.processors);
  EXPECT_TRUE(f.program_s);
}

} // namespace
} // namespace fleet::doctor
