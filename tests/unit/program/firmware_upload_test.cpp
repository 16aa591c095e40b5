// Files to a twin, against answers given by hand: pieces, cuts, and what is there already.
#include "fleet/console/firmware_upload.hpp"

#include <fstream>

#include "fleet/console/rollout_request.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/program/rollout_rig.hpp"

namespace fleet::program {

using namespace test;

namespace {

/// Octets that do not repeat from piece to piece.
std::string image(std::size_t size) {
  std::string out;
  for (std::size_t i = 0; out.size() < size; ++i) {
    out += fmt::format("{:x}.", i * i);
  }
  out.resize(size);
  return out;
}

class upload : public testing::Test {
protected:
  /// Writes the file that is added, and answers its name.
  std::string written(std::string_view octets) {
    const auto path = folder_ / "f.bin";
    std::ofstream{path, std::ios::binary} << octets;
    return path;
  }
  console_outcome add(std::string_view octets) {
    return outcome_of(twin_,
                      {"firmware", "add", written(octets), "--product", "a1", "--version", "2.0.0"},
                      watcher_);
  }
  /// All that was sent as content, in order.
  [[nodiscard]] std::string sent() const {
    std::string out;
    for (const auto& asked : twin_.asked) {
      out += asked.method == "PUT" ? asked.body : std::string{};
    }
    return out;
  }

  support::temp_folder folder_;
  scripted_admin twin_;
  scripted_onlooker watcher_{true};
};

constexpr std::string_view none = R"({"firmware":[]})";

} // namespace

TEST_F(upload, sends_a_file_in_pieces_and_compares_the_digests) {
  const auto octets = image(upload_piece * 2 + 5);
  twin_.give(std::string{none});
  twin_.give(201, firmware(octets.size(), 0));
  twin_.give(firmware(octets.size(), upload_piece));
  twin_.give(firmware(octets.size(), upload_piece * 2));
  twin_.give(firmware(octets.size(), octets.size(), octets));
  const auto o = add(octets);
  EXPECT_EQ(o.code, exit_code::passed) << o.errors;
  EXPECT_EQ(o.errors, "");
  ASSERT_EQ(twin_.asked.size(), 5U);
  EXPECT_EQ(twin_.asked[1].method + " " + twin_.asked[1].path, "POST /v1/firmware");
  EXPECT_EQ(twin_.asked[1].body, R"({"productKey":"a1","version":"2.0.0","size":2097157,)"
                                 R"("signMethod":"Md5"})");
  EXPECT_EQ(twin_.asked[2].path, "/v1/firmware/4/content?offset=0");
  EXPECT_EQ(twin_.asked[4].path, "/v1/firmware/4/content?offset=2097152");
  EXPECT_EQ(twin_.asked[4].type, "application/octet-stream");
  EXPECT_EQ(sent(), octets);
  EXPECT_TRUE(o.out.starts_with("firmware 4 is ready\n")) << o.out;
  EXPECT_NE(o.out.find("md5           " + digest_of(content_digest::md5, as_bytes(octets)).hex()),
            std::string::npos)
      << o.out;
  EXPECT_EQ(watcher_.lines.size(), 4U);
  EXPECT_EQ(watcher_.lines[0], "uploading [..............................] 0% of 2097157B");
  EXPECT_TRUE(watcher_.lines[3].starts_with("uploading [##############################] 100%"));
}

TEST_F(upload, goes_on_where_an_earlier_one_was_cut) {
  const auto octets = image(upload_piece + 100);
  twin_.give(R"({"firmware":[)" + firmware(octets.size(), 1000) + "]}");
  twin_.give(firmware(octets.size(), 1000));
  twin_.give(firmware(octets.size(), octets.size(), octets));
  const auto o = add(octets);
  EXPECT_EQ(o.code, exit_code::passed) << o.errors;
  EXPECT_EQ(o.errors, "going on with firmware 4, of which 1000B are there\n");
  EXPECT_EQ(sent(), octets.substr(1000, upload_piece));
}

TEST_F(upload, waits_until_the_twin_has_its_digests) {
  const auto octets = image(100);
  twin_.give(std::string{none});
  twin_.give(201, firmware(octets.size(), 0));
  twin_.give(firmware(octets.size(), octets.size()));
  twin_.give(firmware(octets.size(), octets.size()));
  twin_.give(firmware(octets.size(), octets.size(), octets));
  const auto o = add(octets);
  EXPECT_EQ(o.code, exit_code::passed) << o.errors;
  ASSERT_EQ(twin_.asked.size(), 5U);
  EXPECT_EQ(twin_.asked[4].method + " " + twin_.asked[4].path, "GET /v1/firmware/4");
  EXPECT_EQ(sent(), octets);
}

TEST_F(upload, does_not_wait_for_digests_for_ever) {
  const auto octets = image(100);
  twin_.give(std::string{none});
  twin_.give(201, firmware(octets.size(), 0));
  for (unsigned i = 0; i < digest_looks_max + 2; ++i) {
    twin_.give(firmware(octets.size(), octets.size()));
  }
  watcher_.patience = 2 * digest_looks_max;
  const auto o = add(octets);
  EXPECT_EQ(o.code, exit_code::environment_failed);
  EXPECT_NE(o.errors.find("the firmware is not ready"), std::string::npos) << o.errors;
  EXPECT_LT(twin_.asked.size(), digest_looks_max + 10);
}

TEST_F(upload, that_is_generated_is_ready_when_the_command_ends) {
  const std::vector<std::string> line{"firmware",  "add", "--generate", "8MiB",
                                      "--product", "a1",  "--version",  "2.0.0"};
  twin_.give(201, firmware(8, 8));
  twin_.give(firmware(8, 8));
  twin_.give(firmware(8, 8, "generate"));
  const auto o = outcome_of(twin_, line, watcher_);
  EXPECT_EQ(o.code, exit_code::passed) << o.errors;
  ASSERT_EQ(twin_.asked.size(), 3U);
  EXPECT_EQ(twin_.asked[2].path, "/v1/firmware/4");
  EXPECT_NE(o.out.find("state         ready"), std::string::npos) << o.out;
  watcher_.patience = 0;
  twin_.give(201, firmware(8, 8));
  EXPECT_EQ(outcome_of(twin_, line, watcher_).code, exit_code::interrupted);
}

TEST_F(upload, goes_on_by_itself_when_the_connection_is_cut_in_the_middle) {
  const auto octets = image(upload_piece + 100);
  twin_.give(std::string{none});
  twin_.give(201, firmware(octets.size(), 0));
  twin_.lose();
  twin_.give(firmware(octets.size(), upload_piece)); // the piece had come through
  twin_.give(firmware(octets.size(), octets.size(), octets));
  const auto o = add(octets);
  EXPECT_EQ(o.code, exit_code::passed) << o.errors;
  ASSERT_EQ(twin_.asked.size(), 5U);
  EXPECT_EQ(twin_.asked[3].path, "/v1/firmware/4");
  EXPECT_EQ(twin_.asked[4].path, "/v1/firmware/4/content?offset=1048576");
}

TEST_F(upload, gives_up_when_that_happens_again_and_again) {
  const auto octets = image(100);
  twin_.give(std::string{none});
  twin_.give(201, firmware(octets.size(), 0));
  for (unsigned i = 0; i < upload_losses_max; ++i) {
    twin_.lose();
    twin_.give(firmware(octets.size(), 0));
  }
  twin_.lose();
  const auto o = add(octets);
  EXPECT_EQ(o.code, exit_code::environment_failed);
  EXPECT_EQ(o.errors, "fleet cloud firmware add: nobody is there; 0B of 100B are there, and the "
                      "same command goes on from there\n");
}

TEST_F(upload, deletes_what_an_earlier_one_of_another_file_left) {
  const auto octets = image(5000);
  auto other = octets;
  other[10] = '!';
  twin_.give(R"({"firmware":[)" + firmware(octets.size(), 1000) + "]}");
  twin_.give(firmware(octets.size(), 1000));
  twin_.give(firmware(octets.size(), octets.size(), other));
  twin_.give("{}");
  const auto o = add(octets);
  EXPECT_EQ(o.code, exit_code::expectation_failed);
  EXPECT_NE(o.errors.find("so the upload that was gone on with was another file's; it is deleted "
                          "there"),
            std::string::npos)
      << o.errors;
  EXPECT_EQ(twin_.asked.back().method + " " + twin_.asked.back().path, "DELETE /v1/firmware/4");
}

TEST_F(upload, leaves_one_of_another_size_alone) {
  twin_.give(R"({"firmware":[)" + firmware(99, 10) + "]}");
  const auto o = add(image(100));
  EXPECT_EQ(o.code, exit_code::expectation_failed);
  EXPECT_EQ(o.errors, "fleet cloud firmware add: an upload of another file is under way as "
                      "firmware 4; `fleet cloud firmware delete 4` ends it\n");
}

TEST_F(upload, refuses_what_is_no_image_before_asking) {
  EXPECT_EQ(add("").code, exit_code::wrong_usage);
  const auto o =
      outcome_of(twin_, {"firmware", "add", folder_ / "", "--product", "a1", "--version", "2"});
  EXPECT_EQ(o.code, exit_code::wrong_usage);
  const auto gone =
      outcome_of(twin_, {"firmware", "add", folder_ / "gone", "--product", "a1", "--version", "2"});
  EXPECT_EQ(gone.code, exit_code::wrong_usage);
  EXPECT_NE(gone.errors.find("No such file"), std::string::npos) << gone.errors;
  EXPECT_TRUE(twin_.asked.empty());
}

TEST_F(upload, does_not_go_on_for_ever_with_a_twin_that_keeps_nothing) {
  const auto octets = image(100);
  twin_.give(std::string{none});
  twin_.give(201, firmware(octets.size(), 0));
  twin_.give(firmware(octets.size(), 0));
  const auto o = add(octets);
  EXPECT_EQ(o.code, exit_code::environment_failed);
  EXPECT_NE(o.errors.find("what was sent is not there"), std::string::npos) << o.errors;
}

} // namespace fleet::program
