// One table of messages: each goes in whole, cut at every octet and changed in every bit, and the
// encoder must produce the same octets; libcoap's own parser reads what we write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/base/random.hpp"
#include "tests/support/coap_foreign.hpp"
#include "tests/support/coap_wire.hpp"

namespace fleet::coap::test {
namespace {

using enum message_type;

struct codec_case {
  const char* name;
  std::string wire; ///< see octets()
  const char* text; ///< see describe()
};

const std::vector<codec_case>& cases() {
  static const std::vector<codec_case> all{
      {"ping", "40 00 12 34", "CON 0.00 id=4660"},
      {"empty_acknowledgement", "60 00 ff ff", "ACK 0.00 id=65535"},
      {"reset", "70 00 00 01", "RST 0.00 id=1"},
      {"get_without_anything", "40 01 00 07", "CON 0.01 id=7"},
      {"non_confirmable_get", "50 01 00 07", "NON 0.01 id=7"},
      {"token_of_eight", "48 01 00 07 0102030405060708", "CON 0.01 id=7 t=0102030405060708"},
      {"get_with_path", // RFC 7252, appendix A, figure 16
       "40 01 7d 34 bb 'temperature'", "CON 0.01 id=32052 11:temperature"},
      {"piggy_backed_content", "60 45 7d 34 ff '22.3 C'", "ACK 2.05 id=32052 =22.3 C"},
      {"token_and_payload", "61 45 7d 35 20 ff '22.3 C'", "ACK 2.05 id=32053 t=20 =22.3 C"},
      {"path_of_three", "40 02 00 01 b1 'a' 02 'bc' 00", "CON 0.02 id=1 11:a 11:bc 11:"},
      {"vendors_post", // aliyun-iot.md §17.3: path, Content-Format 50, Accept 42, token 61
       "44 02 00 01 04030201 b5 'topic' 02 'PK' 11 32 51 2a d2 1f 'to' ff '{}'",
       "CON 0.02 id=1 t=04030201 11:topic 11:PK 12:50 17:* 61:to ={}"},
      {"delta_of_two_octets", "40 01 00 01 e3 06 1b 'abc'", "CON 0.01 id=1 1832:abc"},
      {"vendors_sequence", "40 02 00 01 e1 07 1c '9'", "CON 0.02 id=1 2089:9"},
      {"delta_12_13_268_269", "40 01 00 01 c0 d0 00 d0 ff e0 00 00",
       "CON 0.01 id=1 12:0 25: 293: 562:"},
      {"length_12", "40 01 00 01 bc 'abcdefghijkl'", "CON 0.01 id=1 11:abcdefghijkl"},
      {"length_13", "40 01 00 01 bd 00 'abcdefghijklm'", "CON 0.01 id=1 11:abcdefghijklm"},
      {"length_14", "40 01 00 01 bd 01 'abcdefghijklmn'", "CON 0.01 id=1 11:abcdefghijklmn"},
      {"largest_option_number", "40 01 00 01 e0 fe f2", "CON 0.01 id=1 65535:"},
      {"largest_block", "40 01 00 01 d3 0a ff ff fe", "CON 0.01 id=1 23:1048575/1/1024"},
      {"observe_registration", "40 01 00 01 60 51 'x'", "CON 0.01 id=1 6:0 11:x"},
      {"class_3_is_a_response", "60 61 00 01", "ACK 3.01 id=1"}, // §12.1
      {"payload_with_a_marker_inside", "40 02 00 01 ff ff ff", "CON 0.02 id=1 =#ffff"},
  };
  return all;
}

/// Long ones, which no text should hold.
std::vector<std::pair<std::string, wire>> long_cases() {
  std::vector<std::pair<std::string, wire>> all;
  for (const std::size_t length : {268U, 269U, 270U, 1000U}) {
    wire w = octets("40 01 00 01");
    if (length < 269) {
      w.insert(w.end(), {0xbd, static_cast<std::uint8_t>(length - 13)});
    } else {
      w.insert(w.end(), {0xbe, static_cast<std::uint8_t>((length - 269) >> 8),
                         static_cast<std::uint8_t>((length - 269) & 0xff)});
    }
    w.resize(w.size() + length, 'p');
    all.emplace_back("CON 0.01 id=1 11:<" + number(length) + ">", w);
  }
  wire most = octets("40 02 00 01 ff");
  most.resize(message_default, 'p');
  all.emplace_back("CON 0.02 id=1 =<1147>", most);
  return all;
}

wire encoded(const message_view& m) {
  option_list options;
  option_reader reader{m.options};
  while (const auto o = reader.next()) {
    options.add(o->number, o->value);
  }
  byte_buffer out;
  const message_fields fields{m.type, m.code, m.id, m.token, options.view(), m.payload};
  encode(fields, out);
  EXPECT_EQ(out.size(), encoded_size(fields));
  return {out.view().begin(), out.view().end()};
}

TEST(coap_codec, reads_each_message_and_writes_it_to_the_octet) {
  for (const codec_case& c : cases()) {
    const wire in = octets(c.wire);
    message_view m;
    ASSERT_FALSE(decode(in, message_default, m)) << c.name;
    EXPECT_EQ(describe(m), c.text) << c.name;
    EXPECT_EQ(hex(encoded(m)), hex(in)) << c.name;
  }
  for (const auto& [text, in] : long_cases()) {
    message_view m;
    ASSERT_FALSE(decode(in, message_default, m)) << text;
    EXPECT_EQ(describe(m), text);
    EXPECT_EQ(hex(encoded(m)), hex(in)) << text;
  }
}

/// What a prefix of a message is: a shorter message or none, and its octets are all it reads.
void expect_sound(bytes_view in) {
  const std::vector<std::uint8_t> exact{in.begin(), in.end()}; // nothing behind it to read
  message_view m;
  if (!decode(exact, message_default, m)) {
    const wire again = encoded(m);
    message_view n;
    ASSERT_FALSE(decode(again, 70'000, n)) << hex(in);
    EXPECT_EQ(describe(m), describe(n)) << hex(in);
  }
}

TEST(coap_codec, survives_each_message_cut_lengthened_and_changed) {
  for (const codec_case& c : cases()) {
    wire in = octets(c.wire);
    for (std::size_t size = 0; size <= in.size(); ++size) {
      expect_sound(bytes_view{in}.first(size));
    }
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::uint8_t was = in[i];
      for (unsigned value = 0; value < 256; ++value) {
        in[i] = static_cast<std::uint8_t>(value);
        expect_sound(in);
      }
      in[i] = was;
    }
    for (unsigned value = 0; value < 256; ++value) {
      in.push_back(static_cast<std::uint8_t>(value));
      expect_sound(in);
      in.pop_back();
    }
  }
}

TEST(coap_codec, names_what_is_wrong_and_keeps_type_and_id_for_the_reset) {
  const std::vector<std::pair<std::string, violation>> all{
      {"40 01 00", violation::too_short},
      {"00 01 12 34", violation::wrong_version},
      {"80 01 12 34", violation::wrong_version},
      {"c0 01 12 34", violation::wrong_version},
      {"49 01 12 34 010203040506070809", violation::token_too_long},
      {"4f 01 12 34 010203040506070809101112131415", violation::token_too_long},
      {"41 00 12 34 01", violation::empty_with_more},
      {"40 00 12 34 ff 'x'", violation::empty_with_more},
      {"40 20 12 34", violation::reserved_class},
      {"40 c0 12 34", violation::reserved_class},
      {"40 ff 12 34", violation::reserved_class},
      {"44 01 12 34 010203", violation::truncated_token},
      {"40 01 12 34 b2 'a'", violation::bad_option},
      {"40 01 12 34 bf 'a'", violation::bad_option},
      {"40 01 12 34 f1 'a'", violation::bad_option},
      {"40 01 12 34 d0", violation::bad_option},
      {"40 01 12 34 e0 00", violation::bad_option},
      {"40 01 12 34 bd", violation::bad_option},
      {"40 01 12 34 be 00", violation::bad_option},
      {"40 01 12 34 be ff ff 'a'", violation::bad_option},
      {"40 01 12 34 e0 fe f3", violation::bad_option}, // 65,536
      {"40 01 12 34 e0 ff ff", violation::bad_option},
      {"40 01 12 34 e0 fe f2 10", violation::bad_option}, // 65,535 and 1
      {"40 01 12 34 ff", violation::empty_payload},
      {"40 01 12 34 b1 'a' ff", violation::empty_payload},
  };
  for (const auto& [in, why] : all) {
    message_view m;
    const verdict got = decode(octets(in), message_default, m);
    ASSERT_TRUE(got) << in;
    EXPECT_EQ(text(*got), text(why)) << in;
    if (why != violation::too_short && why != violation::wrong_version) {
      EXPECT_EQ(m.id, 0x1234) << in;
      EXPECT_EQ(m.type, confirmable) << in;
    }
  }
}

TEST(coap_codec, takes_options_and_octets_up_to_its_limits) {
  wire in = octets("40 01 00 01");
  in.resize(in.size() + options_max, 0x00);
  message_view m;
  EXPECT_FALSE(decode(in, message_default, m));
  in.push_back(0x00);
  EXPECT_EQ(decode(in, message_default, m), violation::too_many_options);
  wire large = octets("40 02 00 01 ff");
  large.resize(message_default, 'p');
  EXPECT_FALSE(decode(large, message_default, m));
  large.push_back('p');
  EXPECT_EQ(decode(large, message_default, m), violation::too_large);
}

TEST(coap_codec, keeps_options_in_the_order_of_their_numbers) {
  option_list list;
  list.add(option::uri_query, as_bytes("q"));
  list.add(option::uri_path, as_bytes("first"));
  list.add_uint(option::content_format, 50);
  list.add(option::uri_path, as_bytes("second"));
  list.add_uint(option::observe, 0);
  byte_buffer out;
  encode({confirmable, code::get, 1, {}, list.view(), {}}, out);
  EXPECT_EQ(describe_wire(out.view()), "CON 0.01 id=1 6:0 11:first 11:second 12:50 15:q");
  option_list full;
  for (std::size_t i = 0; i < options_max; ++i) {
    full.add(1, {});
  }
  EXPECT_FALSE(full.overfull());
  full.add(1, {});
  EXPECT_TRUE(full.overfull());
}

/// The number that is not understood in a message of these options.
std::optional<std::uint16_t> bad(std::string_view in, std::span<const std::uint16_t> also = {}) {
  const wire w = octets("40 01 00 01" + std::string{in});
  message_view m;
  EXPECT_FALSE(decode(w, message_default, m)) << in;
  return not_understood(m.options, also);
}

TEST(coap_codec, finds_the_critical_option_that_is_not_understood) {
  EXPECT_EQ(bad(""), std::nullopt);
  EXPECT_EQ(bad("b1 'a' 01 'b'"), std::nullopt); // repeatable
  EXPECT_EQ(bad("90"), 9);                       // critical and unknown
  EXPECT_EQ(bad("d1 37 'x'"), std::nullopt);     // 68: elective
  EXPECT_EQ(bad("d1 38 'x'"), 69);
  EXPECT_EQ(bad("d1 30 'x'"), 61); // the vendor's, unless its owner knows it
  const std::uint16_t also[] = {61};
  EXPECT_EQ(bad("d1 30 'x'", also), std::nullopt);
  EXPECT_EQ(bad("10"), 1);            // If-Match is nobody's here
  EXPECT_EQ(bad("30"), 3);            // Uri-Host of no octets (§5.4.3)
  EXPECT_EQ(bad("31 'h' 01 'i'"), 3); // twice (§5.4.5)
  EXPECT_EQ(bad("d3 04 010203"), 17); // Accept of three octets
  EXPECT_EQ(bad("d2 04 0102"), std::nullopt);
  EXPECT_EQ(bad("49 010203040506070809"), std::nullopt); // ETag too long, but elective
}

TEST(coap_codec, passes_over_elective_options_of_a_wrong_length) {
  const wire w = octets("40 45 00 01 49 010203040506070809 01 'e' 84 01020304 25 0102030405");
  message_view m;
  ASSERT_FALSE(decode(w, message_default, m));
  EXPECT_EQ(as_text(find_option(m.options, option::etag).value()), "e");
  EXPECT_EQ(find_uint(m.options, option::content_format), std::nullopt); // four octets
  EXPECT_EQ(find_uint(m.options, option::max_age), std::nullopt);        // five
}

TEST(coap_codec, reads_numbers_of_any_length_that_is_allowed) {
  for (const std::uint32_t value :
       {0U, 1U, 255U, 256U, 65'535U, 65'536U, 0xffffffU, 0x1000000U, 0xffffffffU}) {
    option_list list;
    list.add_uint(option::max_age, value);
    byte_buffer out;
    encode({confirmable, code::content, 1, {}, list.view(), {}}, out);
    message_view m;
    ASSERT_FALSE(decode(out.view(), message_default, m));
    EXPECT_EQ(find_uint(m.options, option::max_age), value);
  }
}

TEST(coap_codec, tells_requests_apart_by_method_and_cache_key) {
  const auto key = [](std::string_view in) {
    const wire w = octets(in);
    message_view m;
    EXPECT_FALSE(decode(w, message_default, m));
    return request_key(m.code, m.options);
  };
  const auto base = key("40 01 00 01 b1 'a'");
  EXPECT_EQ(key("44 01 00 09 01020304 b1 'a'"), base);
  EXPECT_EQ(key("40 01 00 01 60 51 'a'"), base);       // Observe
  EXPECT_EQ(key("40 01 00 01 b1 'a' c1 26"), base);    // Block2
  EXPECT_EQ(key("40 01 00 01 b1 'a' d1 04 26"), base); // 28: no cache key
  EXPECT_NE(key("40 02 00 01 b1 'a'"), base);
  EXPECT_NE(key("40 01 00 01 b1 'b'"), base);
  EXPECT_NE(key("40 01 00 01 b1 'a' 00"), base);
  EXPECT_NE(key("40 01 00 01 b1 'a' 41 'q'"), base);
}

TEST(coap_codec, writes_what_libcoap_reads_as_the_same) {
  for (const codec_case& c : cases()) {
    const wire in = octets(c.wire);
    message_view m;
    ASSERT_FALSE(decode(in, message_default, m));
    EXPECT_TRUE(libcoap_reads(in, m)) << c.name;
  }
  // And messages drawn at random, of options that may be of any length.
  random_stream chance{7, 0, "codec"};
  for (int i = 0; i < 3000; ++i) {
    const wire octets_of = body_of(600, static_cast<std::uint8_t>(i));
    const bytes_view pool{octets_of};
    option_list list;
    const auto count = chance.below(8);
    for (std::uint64_t n = 0; n < count; ++n) {
      const auto number = static_cast<std::uint16_t>(2000 + chance.below(60'000));
      list.add(number, pool.first(chance.below(chance.chance_ppm(100'000) ? 300 : 20)));
    }
    byte_buffer out;
    encode({static_cast<message_type>(chance.below(2)), static_cast<code>(1 + chance.below(4)),
            static_cast<std::uint16_t>(chance.next()), pool.first(chance.below(9)), list.view(),
            pool.first(chance.below(200))},
           out);
    const wire in{out.view().begin(), out.view().end()};
    message_view m;
    ASSERT_FALSE(decode(in, 70'000, m));
    ASSERT_TRUE(libcoap_reads(in, m)) << hex(in);
  }
}

} // namespace
} // namespace fleet::coap::test
