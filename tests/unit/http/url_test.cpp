// URLs that name a place, and all that are refused.
#include <gtest/gtest.h>

#include "protocol/http/url.hpp"

namespace fleet::http {
namespace {

TEST(http_url, is_taken_apart) {
  struct sample {
    std::string_view text;
    url expected;
  };
  for (const sample& s : {
           sample{"http://h", {false, "h", 80, "/"}},
           {"https://h", {true, "h", 443, "/"}},
           {"HTTPS://Ota.Example.COM/a/b.bin?Expires=1&Signature=x%2By#part",
            {true, "ota.example.com", 443, "/a/b.bin?Expires=1&Signature=x%2By"}},
           {"http://h?q", {false, "h", 80, "/?q"}},
           {"http://h#f/g", {false, "h", 80, "/"}},
           {"http://h:8080/", {false, "h", 8080, "/"}},
           {"http://h:/", {false, "h", 80, "/"}},
           {"https://h:65535/x", {true, "h", 65535, "/x"}},
           {"http://127.0.0.1:1/;a=b,c@d:e", {false, "127.0.0.1", 1, "/;a=b,c@d:e"}},
           {"http://[::1]:8080/x", {false, "[::1]", 8080, "/x"}},
           {"http://[FE80::1]", {false, "[fe80::1]", 80, "/"}},
           {"http://h//double", {false, "h", 80, "//double"}},
       }) {
    const auto got = parse_url(s.text);
    ASSERT_TRUE(got) << s.text;
    EXPECT_EQ(got.value(), s.expected) << s.text;
    const auto again = parse_url(to_string(got.value()));
    ASSERT_TRUE(again) << s.text;
    EXPECT_EQ(again.value(), s.expected) << s.text;
  }
}

TEST(http_url, that_is_none_is_refused_with_the_reason) {
  struct sample {
    std::string text;
    url_error expected;
  };
  for (const sample& s : std::initializer_list<sample>{
           {"", url_error::bad_scheme},
           {"h/x", url_error::bad_scheme},
           {"//h/x", url_error::bad_scheme},
           {"ftp://h/x", url_error::bad_scheme},
           {"file:///etc/passwd", url_error::bad_scheme},
           {"http:/h", url_error::bad_scheme},
           {"https:h", url_error::bad_scheme},
           {" http://h", url_error::bad_scheme},
           {"javascript:alert(1)//http://h", url_error::bad_scheme},
           {"http://user@h/", url_error::user_info},
           {"http://user:pass@h/", url_error::user_info},
           {"http://h:80@evil/", url_error::user_info},
           {"http://", url_error::bad_host},
           {"http:///x", url_error::bad_host},
           {"http://:80/", url_error::bad_host},
           {"http://a b/", url_error::bad_host},
           {"http://a\\b/", url_error::bad_host},
           {"http://h%41/", url_error::bad_host},
           {"http://h\r\nX: y/", url_error::bad_host},
           {"http://\xc3\xbc/", url_error::bad_host},
           {"http://[::1/", url_error::bad_host},
           {"http://[]/", url_error::bad_host},
           {"http://[::1]x/", url_error::bad_host},
           {"http://[v1.x]/", url_error::bad_host},
           {"http://h:0/", url_error::bad_port},
           {"http://h:65536/", url_error::bad_port},
           {"http://h:-1/", url_error::bad_port},
           {"http://h:+1/", url_error::bad_port},
           {"http://h:80x/", url_error::bad_port},
           {"http://h:000080/", url_error::bad_port},
           {"http://h:9999999999999999999999999999999/", url_error::bad_port},
           {"http://h/a b", url_error::bad_character},
           {"http://h/a\r\nHost: e", url_error::bad_character},
           {std::string{"http://h/a\0b", 12}, url_error::bad_character},
           {"http://h/\x7f", url_error::bad_character},
           {"http://h/\xc3\xbc", url_error::bad_character},
           {"http://h/<x>", url_error::bad_character},
           {"http://h/\"", url_error::bad_character},
           {"http://h/%", url_error::bad_escape},
           {"http://h/%4", url_error::bad_escape},
           {"http://h/%4g", url_error::bad_escape},
           {"http://h/?a=%%", url_error::bad_escape},
       }) {
    const auto got = parse_url(s.text);
    ASSERT_FALSE(got) << s.text;
    EXPECT_EQ(got.error(), s.expected) << s.text << ": " << to_string(got.error());
  }
}

TEST(http_url, has_limits_that_are_reached) {
  const std::string start = "http://h/";
  EXPECT_TRUE(parse_url(start + std::string(max_url - start.size(), 'a')));
  EXPECT_EQ(parse_url(start + std::string(max_url - start.size() + 1, 'a')).error(),
            url_error::too_long);
  EXPECT_TRUE(parse_url("http://" + std::string(max_url_host, 'h')));
  EXPECT_EQ(parse_url("http://" + std::string(max_url_host + 1, 'h')).error(), url_error::too_long);
}

TEST(http_url, says_its_authority_as_host_wants_it) {
  EXPECT_EQ(authority(parse_url("https://h/x").value()), "h");
  EXPECT_EQ(authority(parse_url("https://h:443/x").value()), "h");
  EXPECT_EQ(authority(parse_url("https://h:80/x").value()), "h:80");
  EXPECT_EQ(authority(parse_url("http://[::1]:81").value()), "[::1]:81");
}

TEST(http_url, leads_on_from_a_location) {
  const url base = parse_url("https://h:8443/a/b?c").value();
  EXPECT_EQ(resolve(base, "/d?e#f").value(), (url{true, "h", 8443, "/d?e"}));
  EXPECT_EQ(resolve(base, "http://other/d").value(), (url{false, "other", 80, "/d"}));
  for (const std::string_view bad : {"d", "", "//other/d", "?x", "/a b", "/a\r\nb", "ftp://h/"}) {
    EXPECT_FALSE(resolve(base, bad)) << bad;
  }
  EXPECT_EQ(resolve(base, "/" + std::string(max_url, 'a')).error(), url_error::too_long);
}

} // namespace
} // namespace fleet::http
