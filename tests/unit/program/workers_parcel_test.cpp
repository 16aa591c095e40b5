// What workers are sent of the run's files: each the rows of its own devices, and everything else
// as the coordinator has read it.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/cloud/product_secrets.hpp"
#include "fleet/run/company.hpp"
#include "fleet/scenario/reader.hpp"
#include "fleet/workers/parcel.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Ten lamps in the order of the fleet, and among their rows others.
constexpr std::string_view two_products = R"(devices: 10
products:
  - {name: lamp, share: 60, product_key: a1Lamp}
  - {name: fan, share: 10, profile: mqtt, report: [{topic: 'x/{device}', every: 3s}]}
  - {name: lock, share: 30, product_key: a1Lock}
)";

std::string table(std::uint32_t each) {
  std::string out = "DeviceName,ProductKey,DeviceSecret\n";
  for (std::uint32_t i = 0; i < each; ++i) {
    const auto n = std::to_string(i);
    out += "lock" + n + ",a1Lock,\"lock\"\"s,secret" + n + "\"\n";
    out += "lamp" + n + ",a1Lamp,lampsecret" + n + "\n";
  }
  return out;
}

struct split_run {
  split_run() {
    write("c.csv", table(8));
    const auto file = read_scenario(two_products, {"", [](const std::string&) { return true; }});
    plan = resolve(file.value()).value();
    options.scenario_file = "s.yaml";
    options.virtual_world = true;
    options.seed = 7;
    options.devices = plan.devices;
    options.credentials_file = folder / "c.csv";
  }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream{folder / name} << text;
  }
  prepared whole() const { return std::move(prepare(options, plan)).value(); }
  parcel_maker maker() const { return {options, whole(), {{"s.yaml", "as it was"}}}; }

  support::temp_folder folder;
  scenario_plan plan;
  run_options options;
};

TEST(parcel, has_of_credentials_the_rows_of_these_devices_alone) {
  const split_run run;
  const auto files = run.maker().of({{4, 4}}); // two lamps, the fan, one lock
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].text, "as it was");
  EXPECT_EQ(files[1].name, run.options.credentials_file);
  EXPECT_EQ(files[1].text, "ProductKey,DeviceName,DeviceSecret\n"
                           "a1Lamp,lamp4,\"lampsecret4\"\n"
                           "a1Lamp,lamp5,\"lampsecret5\"\n"
                           "a1Lock,lock0,\"lock\"\"s,secret0\"\n");
}

TEST(parcel, gives_a_worker_its_devices_as_the_whole_run_has_them) {
  const split_run run;
  const auto whole = run.whole();
  const std::vector<std::vector<device_range>> parts{
      {{0, 4}}, {{4, 4}}, {{1, 2}, {8, 2}}, {{6, 1}}};
  for (const auto& part : parts) {
    const auto files = run.maker().of(part);
    sent_files sent{files};
    auto ready = outline(run.options, run.plan);
    ready.files = &sent;
    ready.rows_of = part;
    std::vector<actors::device_span> here;
    for (const auto& range : part) {
      here.push_back({range.first, range.count});
    }
    const auto error = fill_in_part(run.options, ready, device_set{here});
    ASSERT_FALSE(error) << error->message;
    ASSERT_EQ(ready.credentials->count(), 10U);
    for (const auto& range : part) {
      for (std::uint32_t i = range.first; i < range.first + range.count; ++i) {
        const auto who = whole.credentials->at(i);
        EXPECT_EQ(ready.credentials->at(i).device_name, who.device_name) << i;
        EXPECT_EQ(ready.credentials->at(i).device_secret, who.device_secret) << i;
        EXPECT_EQ(ready.credentials->find(who.product_key, who.device_name), i);
      }
    }
  }
}

TEST(parcel, has_no_secret_of_anybody_else) {
  const split_run run;
  const auto files = run.maker().of({{0, 3}});
  sent_files sent{files};
  auto ready = outline(run.options, run.plan);
  ready.files = &sent;
  ready.rows_of = {{0, 3}};
  ASSERT_FALSE(fill_in_part(run.options, ready, {0, 3}));
  EXPECT_EQ(ready.credentials->at(3).product_key, "a1Lamp");
  EXPECT_EQ(ready.credentials->at(3).device_secret, "none");
  EXPECT_EQ(ready.credentials->find("a1Lamp", "lamp3"), std::nullopt);
  EXPECT_EQ(ready.credentials->find("a1Lock", "lock0"), std::nullopt);
}

TEST(parcel, says_where_rows_are_missing) {
  const split_run run;
  const auto files = run.maker().of({{0, 3}});
  sent_files sent{files};
  auto ready = outline(run.options, run.plan);
  ready.files = &sent;
  ready.rows_of = {{0, 4}};
  const auto error = fill_in_part(run.options, ready, {0, 4});
  ASSERT_TRUE(error);
  EXPECT_THAT(error->message, HasSubstr("3 credentials for 4 devices"));
}

TEST(parcel, has_the_secrets_of_those_products_that_register) {
  split_run run;
  run.write("p.csv", "ProductKey,ProductSecret\na1Lamp,theirs\na1Other,nobody's\n");
  run.options.credentials_file.clear();
  run.options.product_secrets_file = run.folder / "p.csv";
  run.plan.products[0].product.logon = logon_mode::register_;
  const auto files = run.maker().of({{0, 10}});
  ASSERT_EQ(files.size(), 2U);
  const auto read = parse_product_secrets("p.csv", files[1].text);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read.value().size(), 1U);
  EXPECT_EQ(read.value()[0].secret, "theirs");
  EXPECT_THAT(files[1].text, Not(HasSubstr("nobody")));
}

TEST(parcel, is_refused_where_it_is_too_large_for_a_message) {
  std::vector<named_file> files{{"small", "x"},
                                {"large", std::string(parcel_octets_most - 12, 'x')}};
  EXPECT_EQ(too_large(files), std::nullopt);
  files[1].text += "yy";
  EXPECT_THAT(too_large(files).value_or(""), HasSubstr("of large, and it takes 64MiB at most"));
}

TEST(kept_files, remember_what_was_read_and_can_be_read_once_only) {
  const support::temp_folder folder;
  std::ofstream{folder / "a"} << "first";
  std::ofstream{folder / "secret"} << "row";
  kept_files files;
  files.leave_out(folder / "secret");
  EXPECT_EQ(files.read(folder / "a", 100).value(), "first");
  std::ofstream{folder / "a"} << "second";
  EXPECT_EQ(files.read(folder / "a", 100).value(), "first");
  EXPECT_THAT(files.read(folder / "a", 4).error(), HasSubstr("larger than"));
  EXPECT_EQ(files.read(folder / "secret", 100).value(), "row");
  EXPECT_FALSE(files.read(folder / "none", 100));
  const auto taken = files.take();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].name, folder / "a");
  EXPECT_EQ(taken[0].text, "first");
}

TEST(kept_files, know_of_what_is_for_this_process_alone_how_long_it_is) {
  const support::temp_folder folder;
  std::ofstream{folder / "image"} << "twelve octets";
  std::ofstream{folder / "both"} << "model";
  kept_files files;
  EXPECT_EQ(files.read_here(folder / "image", 100).value(), "twelve octets");
  EXPECT_EQ(files.read_here(folder / "both", 100).value(), "model");
  EXPECT_EQ(files.read(folder / "both", 100).value(), "model");
  EXPECT_EQ(files.read_here(folder / "both", 100).value(), "model");
  std::filesystem::remove(folder / "image");
  EXPECT_EQ(files.read_here(folder / "image", 100).value(), "twelve octets") << "once";
  EXPECT_EQ(files.length_alone(folder / "image"), std::nullopt) << "it can be read";
  const auto taken = files.take();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].name, folder / "both");
  EXPECT_EQ(taken[0].text, "model");
  EXPECT_EQ(taken[1].text, "");
  EXPECT_EQ(taken[1].octets, 13U);
  sent_files sent{taken};
  EXPECT_TRUE(sent.is_there(folder / "image"));
  EXPECT_EQ(sent.length_alone(folder / "image"), 13U);
  EXPECT_EQ(sent.length_alone(folder / "both"), std::nullopt);
  EXPECT_EQ(sent.length_alone(folder / "none"), std::nullopt);
  EXPECT_THAT(sent.read(folder / "image", 100).error(), HasSubstr("but for its length"));
}

TEST(parcel, has_no_image_and_boards_that_it_fits_on) {
  split_run run;
  run.write("image", std::string(300'000, 'x'));
  auto& rollout = run.plan.rollouts.emplace_back();
  rollout.rollout.image = run.folder / "image";
  run.plan.products[0].product.firmware.emplace();
  kept_files disk;
  auto whole = outline(run.options, run.plan);
  whole.files = &disk;
  const auto wrong = fill_in(run.options, whole);
  ASSERT_FALSE(wrong) << wrong->message;
  EXPECT_EQ(whole.plan->rollouts[0].content.size(), 300'000U);
  const auto files = parcel_maker{run.options, whole, disk.take()}.of({{0, 10}});
  std::size_t sent_octets = 0;
  for (const auto& file : files) {
    sent_octets += file.text.size();
  }
  EXPECT_LT(sent_octets, 10'000U);
  sent_files sent{files};
  auto ready = outline(run.options, run.plan);
  ready.files = &sent;
  const auto error = fill_in_part(run.options, ready, {0, 10});
  ASSERT_FALSE(error) << error->message;
  EXPECT_TRUE(ready.plan->rollouts[0].content.empty());
  const auto boards = [](const prepared& of) {
    return of.products[0].settings.firmware.value().flash.blocks;
  };
  EXPECT_EQ(boards(ready), boards(whole));
}

TEST(sent_files, are_read_whatever_the_disk_has) {
  const support::temp_folder folder;
  std::ofstream{folder / "a"} << "of the disk";
  std::ofstream{folder / "b"} << "of the disk";
  const std::vector<named_file> all{{folder / "a", "sent"}};
  sent_files files{all};
  EXPECT_EQ(files.read(folder / "a", 100).value(), "sent");
  EXPECT_TRUE(files.is_there(folder / "a"));
  EXPECT_FALSE(files.is_there(folder / "b"));
  EXPECT_THAT(files.read(folder / "b", 100).error(), HasSubstr("was not sent"));
}

} // namespace
} // namespace fleet::program
