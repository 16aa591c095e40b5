// What the firmware server does wrong while a fault is in force (design, part 9): each download
// against the offer that its device had.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud_sim/web/firmware_desk.hpp"
#include "protocol/alink/ota_messages.hpp"
#include "protocol/base/content_hash.hpp"
#include "protocol/ota/generated.hpp"
#include "tests/support/faulty_rigs.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using faults::effect;
using support::fault_of;
using testing::StartsWith;

constexpr std::uint64_t image_octets = 100'000;

struct ear final : cloud::answer_taker {
  void answer(std::uint64_t, cloud::web_answer what) override { heard.push_back(std::move(what)); }
  void resume(std::uint64_t) override {}
  std::vector<cloud::web_answer> heard;
};

/// What came of a download, and how it compares with the offer.
struct download {
  int status = 0;
  std::uint64_t length = 0; ///< as announced
  std::string octets;
  bool whole = false; ///< as many came as were announced
  bool right = false; ///< they have the offer's digest
};

struct firmware_faults : testing::Test, support::faulty_twin {
  firmware_faults() : faulty_twin(cloud::profile::linkdevelop) {
    twin->serve_firmware_at("http://cloud/firmware/");
    device_ = &arrive(0);
    device_->subscribe(ota("upgrade"), 1);
    say("inform", "1.0");
    cloud::firmware_order image;
    image.product_key = credentials.at(0).product_key;
    image.version = "2.0";
    image.size = image_octets;
    image.generate = 3;
    const auto added = twin->firmware()->add_firmware(image);
    EXPECT_TRUE(added.ok());
    cloud::campaign_order campaign;
    campaign.firmware = added.value().id;
    EXPECT_TRUE(twin->firmware()->add_campaign(campaign).ok());
    settle(1s);
  }
  [[nodiscard]] std::string ota(std::string_view what) const {
    auto out = support::own_topic(credentials, 0, "/ota/device/" + std::string{what}, "");
    out.pop_back();
    return out;
  }
  void say(std::string_view what, std::string_view version) {
    byte_buffer out;
    alink::append_ota_version(out, 1, version, alink::ota_dialect::sdk_3, "");
    device_->publish(ota(what), as_text(out.view()), 1);
    settle();
  }
  /// The member of the offer that came last.
  [[nodiscard]] std::string offered(std::string_view key) const {
    const auto name = "\"" + std::string{key} + "\":\"";
    for (auto line = device_->events.rbegin(); line != device_->events.rend(); ++line) {
      if (const auto found = line->find(name); found != std::string::npos) {
        const auto from = found + name.size();
        return line->substr(from, line->find('"', from) - from);
      }
    }
    return {};
  }
  /// For as long as `patience`, by the address of the last offer.
  download fetch(duration patience = 1h) {
    const auto to = std::make_shared<ear>();
    const auto url = offered("url");
    const auto target = url.substr(url.find("/firmware/"));
    const cloud::web_request request{"GET", target, "cloud", {}, {}, "127.0.0.1", false};
    desk_.on_request(request, cloud::responder{to, 1});
    download out;
    if (to->heard.empty()) {
      return out;
    }
    auto& answer = to->heard.front();
    out.status = answer.status;
    out.length = answer.length;
    const auto until = later(world.now(), patience);
    while (answer.source != nullptr && out.octets.size() < out.length && world.now() <= until) {
      const auto piece = answer.source->next(out.length - out.octets.size(), world.now());
      using step = cloud::body_source::step;
      if (piece.what == step::piece) {
        out.octets += as_text(piece.octets);
      } else if (piece.what == step::wait) {
        world.run_until(std::min(piece.until, later(until, 1ms)));
      } else {
        break;
      }
    }
    out.whole = out.octets.size() == out.length;
    out.right = digest_of(content_digest::md5, as_bytes(out.octets)).hex() == offered("sign");
    return out;
  }
  download fetch_under(effect what) {
    EXPECT_TRUE(order(what));
    settle();
    auto out = fetch();
    EXPECT_GE(done(what), 1U);
    EXPECT_TRUE(desk.remove(faults::to_string(what)));
    const auto after = fetch();
    EXPECT_TRUE(after.whole && after.right) << "when it is over, all is well";
    return out;
  }

private:
  cloud::firmware_desk desk_{world.home(), *twin->firmware_files()};
  support::guest* device_ = nullptr;
};

TEST_F(firmware_faults, an_image_of_other_octets_comes_whole_and_with_another_digest) {
  const auto got = fetch_under(effect::firmware_wrong_digest);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.length, image_octets);
  EXPECT_TRUE(got.whole);
  EXPECT_FALSE(got.right);
}

TEST_F(firmware_faults, a_truncated_download_breaks_off_in_the_middle) {
  const auto got = fetch_under(effect::firmware_truncated);
  EXPECT_EQ(got.length, image_octets);
  EXPECT_EQ(got.octets.size(), image_octets / 2);
}

TEST_F(firmware_faults, an_oversize_image_is_longer_than_the_offer_says) {
  const auto got = fetch_under(effect::firmware_oversize);
  EXPECT_GT(got.length, image_octets);
  EXPECT_TRUE(got.whole);
}

TEST_F(firmware_faults, a_failing_server_answers_the_status_that_was_ordered) {
  EXPECT_EQ(fetch_under(effect::firmware_failing).status, 503);
}

TEST_F(firmware_faults, a_slow_server_keeps_to_its_rate) {
  auto f = fault_of(effect::firmware_slow);
  f.rate = 5000;
  f.span = faults::no_end;
  ASSERT_TRUE(order(f));
  settle();
  const auto got = fetch(10s);
  EXPECT_LE(got.octets.size(), 5000U * 12);
  EXPECT_GE(got.octets.size(), 5000U * 9);
}

TEST_F(firmware_faults, an_unbootable_image_is_offered_with_its_own_digest_and_verifies) {
  const auto usual = offered("sign");
  ASSERT_TRUE(order(effect::firmware_unbootable));
  settle();
  say("request", "1.0");
  EXPECT_NE(offered("sign"), usual);
  const auto got = fetch();
  EXPECT_TRUE(got.whole);
  EXPECT_TRUE(got.right);
  EXPECT_THAT(got.octets, StartsWith(std::string{ota::unbootable_mark}));
}

TEST_F(firmware_faults, who_is_not_selected_downloads_as_ever) {
  auto f = fault_of(effect::firmware_wrong_digest);
  f.select.among = {{1, 99}};
  ASSERT_TRUE(order(f));
  settle();
  EXPECT_TRUE(fetch().right);
}

} // namespace
} // namespace fleet
