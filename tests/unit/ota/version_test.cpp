// The order of versions, the bounds of an offer, and the note of a download under way.
#include "protocol/ota/version.hpp"

#include <gtest/gtest.h>

#include "protocol/ota/firmware.hpp"

namespace fleet::ota {
namespace {

TEST(ota_version, compares_numbers_as_numbers_and_the_rest_as_text) {
  const std::string_view rising[] = {"",
                                     "1.0-rc1",
                                     "1.0",
                                     "1.0.0",
                                     "1.9",
                                     "1.10",
                                     "1.10a",
                                     "1.10b",
                                     "2.0-a-b",
                                     "2.0-a",
                                     "2.0",
                                     "10.0",
                                     "99999999999999999999.1",
                                     "100000000000000000000.0",
                                     "iotx_ver_1.0.0",
                                     "iotx_ver_1.0.10"};
  for (std::size_t i = 0; i < std::size(rising); ++i) {
    for (std::size_t j = 0; j < std::size(rising); ++j) {
      EXPECT_EQ(compare_versions(rising[i], rising[j]), i <=> j) << rising[i] << " " << rising[j];
    }
  }
  EXPECT_EQ(compare_versions("1.007", "1.7"), std::weak_ordering::equivalent);
  EXPECT_EQ(compare_versions("0", "000"), std::weak_ordering::equivalent);
  EXPECT_EQ(compare_versions("1.0", "1.00.1"), std::weak_ordering::less);
}

TEST(ota_firmware, is_acceptable_within_its_bounds) {
  const firmware good{.version = "1", .size = 1, .digest = {}, .url = "https://h/"};
  EXPECT_TRUE(acceptable(good));
  const auto with = [&](auto change) {
    firmware f = good;
    change(f);
    return acceptable(f);
  };
  EXPECT_TRUE(with([](firmware& f) { f.size = size_max; }));
  EXPECT_FALSE(with([](firmware& f) { f.size = size_max + 1; }));
  EXPECT_FALSE(with([](firmware& f) { f.size = 0; }));
  EXPECT_FALSE(with([](firmware& f) { f.version.clear(); }));
  EXPECT_FALSE(with([](firmware& f) { f.version.assign(version_max + 1, 'v'); }));
  EXPECT_FALSE(with([](firmware& f) { f.url.clear(); }));
  EXPECT_FALSE(with([](firmware& f) { f.url.assign(url_max + 1, 'u'); }));
}

std::vector<std::uint8_t> octets_of(const resume_note& note) {
  byte_buffer out;
  append_note(out, note);
  return {out.view().begin(), out.view().end()};
}

TEST(ota_note, reads_back_and_is_none_once_anything_changes) {
  for (const content_digest kind : {content_digest::md5, content_digest::sha256}) {
    const resume_note note{digest_of(kind, as_bytes("x")), 1'000'000, 65'536};
    const auto octets = octets_of(note);
    EXPECT_LE(octets.size(), resume_note_max);
    EXPECT_EQ(read_note(octets), note);
    for (std::size_t bit = 0; bit < 8 * octets.size(); ++bit) {
      auto flipped = octets;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      ASSERT_FALSE(read_note(flipped)) << bit;
    }
    for (std::size_t size = 0; size < octets.size(); ++size) {
      ASSERT_FALSE(read_note(bytes_view{octets}.first(size)));
    }
    auto longer = octets;
    longer.push_back(0);
    EXPECT_FALSE(read_note(longer));
  }
  EXPECT_FALSE(read_note(octets_of({digest_of(content_digest::md5, {}), 5, 5})));
  EXPECT_FALSE(read_note(octets_of({digest_of(content_digest::md5, {}), size_max + 1, 5})));
}

} // namespace
} // namespace fleet::ota
