// The ID2 model: keys that an independent HMAC and AES agree with, and both ends of its stream.
#include "protocol/alink/id2_stream.hpp"

#include <gtest/gtest.h>

#include "protocol/alink/registration.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

const identity who{"a1B2c3D4e5F", "dev_accept_01", "0123456789abcdef0123456789abcdef"};
constexpr std::string_view key = "f2386d9a75025f4fc962e97e6032e2ea";

id2_preamble begin(int mode = 4) {
  id2_preamble out{mode, who.product_key, who.device_name, {}};
  for (std::uint8_t i = 0; i < 16; ++i) {
    out.nonce[i] = i;
  }
  return out;
}

id2_client_stream device(const id2_preamble& p, std::string_view with = key) {
  return {p, std::move(*make_id2_ciphers(with, p))};
}

std::string hex(bytes_view octets) {
  std::string out;
  for (const auto o : octets) {
    out += "0123456789abcdef"[o >> 4];
    out += "0123456789abcdef"[o & 15];
  }
  return out;
}

byte_buffer sealed(id2_client_stream& by, std::string_view text) {
  byte_buffer out;
  out.append(text);
  by.seal({&out[0], out.size()});
  return out;
}

TEST(id2_model, derives_keys_that_others_can_derive) {
  EXPECT_EQ(model_id2(who).key, "0254c409b1a63a0cee6439fd1b9bf4623fe2994b5a540c34a56f091b09d4e19b");
  EXPECT_EQ(model_id2(who).id2, "id2model.dev_accept_01");
  EXPECT_EQ(id2_device("id2model.dev_accept_01"), "dev_accept_01");
  EXPECT_EQ(id2_device("dev_accept_01"), std::nullopt);
  EXPECT_EQ(id2_device("id2model."), std::nullopt);
  EXPECT_EQ(id2_device("id2model." + std::string(33, 'x')), std::nullopt);
  EXPECT_EQ(id2_stream_key(who), key);
  EXPECT_EQ(id2_codec_key("for tokens", "iot0001"), "4bc8e4456b3a2a0faac0c1bffc480083");
  auto stream = device(begin());
  EXPECT_EQ(hex(sealed(stream, "MQTT").view()), "5ed4634b");
}

TEST(id2_model, takes_no_key_that_is_none) {
  for (const std::string_view bad :
       {"", "f2", "f2386d9a75025f4fc962e97e6032e2e", "f2386d9a75025f4fc962e97e6032e2eaa",
        "g2386d9a75025f4fc962e97e6032e2ea", "+2386d9a75025f4fc962e97e6032e2ea"}) {
    EXPECT_FALSE(read_stream_key(bad)) << bad;
    EXPECT_FALSE(make_id2_ciphers(bad, begin())) << bad;
  }
  EXPECT_TRUE(read_stream_key("F2386D9A75025F4FC962E97E6032E2EA"));
}

TEST(id2_stream, carries_both_directions_however_it_is_cut) {
  for (std::size_t piece = 1; piece < 100; ++piece) {
    auto client = device(begin());
    byte_buffer up;
    client.begin(up);
    EXPECT_EQ(up.size(), 4U + 1 + 1 + 1 + 11 + 1 + 13 + 16);
    const auto first = sealed(client, "CONNECT from a device");
    up.append(first.view());
    id2_server_stream server;
    byte_buffer down;
    byte_buffer heard;
    for (std::size_t at = 0; at < up.size(); at += piece) {
      auto arrived = up.view().subspan(at, std::min(piece, up.size() - at));
      if (!server.unlocked()) {
        const auto how = server.take(arrived);
        if (how == id2_server_stream::progress::incomplete) {
          EXPECT_TRUE(arrived.empty());
          continue;
        }
        ASSERT_EQ(how, id2_server_stream::progress::named);
        EXPECT_EQ(server.preamble().device_name, who.device_name);
        EXPECT_EQ(server.preamble().product_key, who.product_key);
        EXPECT_EQ(server.preamble().secure_mode, 4);
        ASSERT_TRUE(server.unlock(key, down));
      }
      server.open(arrived, heard);
    }
    EXPECT_EQ(as_text(heard.view()), "CONNECT from a device");
    byte_buffer answer;
    answer.append("CONNACK and more");
    server.seal({&answer[0], answer.size()});
    down.append(answer.view());
    byte_buffer told;
    for (std::size_t at = 0; at < down.size(); at += piece) {
      ASSERT_TRUE(client.open(down.view().subspan(at, std::min(piece, down.size() - at)), told));
    }
    EXPECT_EQ(as_text(told.view()), "CONNACK and more") << piece;
  }
}

TEST(id2_stream, differs_by_nonce_direction_and_key) {
  auto p = begin();
  auto one = device(p);
  p.nonce[15] ^= 1;
  auto other = device(p);
  const auto a = hex(sealed(one, "same text").view());
  EXPECT_NE(a, hex(sealed(other, "same text").view()));
  auto stranger = device(begin(), "00000000000000000000000000000000");
  EXPECT_NE(a, hex(sealed(stranger, "same text").view()));
  byte_buffer preamble;
  append_id2_preamble(preamble, begin());
  id2_server_stream server;
  bytes_view all = preamble.view();
  ASSERT_EQ(server.take(all), id2_server_stream::progress::named);
  byte_buffer mark;
  ASSERT_TRUE(server.unlock(key, mark));
  byte_buffer down;
  down.append("same text");
  server.seal({&down[0], down.size()});
  EXPECT_NE(a, hex(down.view()));
}

TEST(id2_stream, takes_no_preamble_that_is_none) {
  byte_buffer good;
  append_id2_preamble(good, begin());
  const auto judge = [](std::string text) {
    id2_server_stream server;
    bytes_view all = as_bytes(text);
    return server.take(all);
  };
  const std::string whole{as_text(good.view())};
  using progress = id2_server_stream::progress;
  EXPECT_EQ(judge(whole), progress::named);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_EQ(judge(whole.substr(0, cut)), progress::incomplete) << cut;
  }
  const auto with = [&](std::size_t at, char octet) {
    auto out = whole;
    out[at] = octet;
    return judge(out);
  };
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(with(i, 'x'), progress::broken) << i;
  }
  for (const int mode : {0, 2, 3, 6, 8, 255}) {
    EXPECT_EQ(with(5, static_cast<char>(mode)), progress::broken) << mode;
  }
  EXPECT_EQ(with(6, 0), progress::broken) << "no product key";
  EXPECT_EQ(with(6, 21), progress::broken) << "one too long";
  EXPECT_EQ(with(8, '/'), progress::broken);
  EXPECT_EQ(with(18, 33), progress::broken);
  EXPECT_EQ(with(20, '\0'), progress::broken);
}

TEST(id2_stream, of_a_device_believes_a_refusal_in_the_clear_and_nothing_else) {
  const auto hears = [](std::string_view said, bool& good) {
    auto client = device(begin());
    byte_buffer plain;
    good = true;
    for (const char c : said) {
      good = good && client.open(as_bytes({&c, 1}), plain);
    }
    return std::string{as_text(plain.view())};
  };
  bool good = false;
  EXPECT_EQ(hears(std::string_view{"\x20\x02\x00\x05", 4}, good),
            (std::string{"\x20\x02\x00\x05", 4}));
  EXPECT_TRUE(good);
  EXPECT_EQ(hears(std::string_view{"\x20\x02\x00\x05\x30\x00", 6}, good).size(), 4U);
  EXPECT_TRUE(good);
  for (const std::string_view bad :
       {std::string_view{"\x20\x02\x00\x00", 4}, std::string_view{"\x20\x03\x00\x05", 4},
        std::string_view{"HTTP/"}, std::string_view{"ID2N"}, std::string_view{"ID2M\x02"}}) {
    EXPECT_EQ(hears(bad, good), "");
    EXPECT_FALSE(good);
  }
}

TEST(id2_logon, is_told_from_pre_auth_by_its_user_name) {
  const preauth_grant grant{.iot_id = "iot0001", .iot_token = "t", .host = "h", .port = 1};
  for (const int mode : {1, 5}) {
    const auto login = make_preauth_login(who, grant, {.secure_mode = mode});
    const auto read = parse_logon(login.client_id, login.username);
    ASSERT_TRUE(read) << mode;
    EXPECT_EQ(read.value().kind, logon_kind::preauth);
    EXPECT_EQ(read.value().parts.secure_mode, mode);
  }
  for (const int mode : {4, 7, 8}) {
    const auto login = make_id2_login(model_id2(who), mode, {true, 1});
    EXPECT_NE(login.client_id.find(",gw=1,ext=1,authtype=id2|"), std::string::npos);
    const auto read = parse_logon(login.client_id, login.username);
    ASSERT_TRUE(read) << mode;
    EXPECT_EQ(read.value().kind, logon_kind::id2);
    EXPECT_EQ(read.value().id2, "id2model.dev_accept_01");
  }
}

} // namespace
} // namespace fleet::alink
