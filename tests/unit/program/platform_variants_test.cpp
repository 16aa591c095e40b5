// `fleet cloud serve --variant`: every word, what it chooses, and every mistake.
#include "fleet/options/platform_variants.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/options.hpp"

namespace fleet::program {

namespace {

using words = std::vector<std::string_view>;

/// Splits at blanks, behind `cloud serve`.
words line_of(std::string_view flags) {
  words out{"cloud", "serve"};
  while (!flags.empty()) {
    const std::size_t blank = std::min(flags.find(' '), flags.size());
    out.push_back(flags.substr(0, blank));
    flags.remove_prefix(std::min(blank + 1, flags.size()));
  }
  return out;
}

cloud_options serve(std::string_view flags) {
  const auto answer = parse_options(line_of(flags));
  EXPECT_TRUE(answer) << flags;
  return answer ? std::get<cloud_options>(answer.value()) : cloud_options{};
}

std::string refused_serve(std::string_view flags) {
  const auto answer = parse_options(line_of(flags));
  return answer ? "accepted" : answer.error().message.substr(0, answer.error().message.find('\n'));
}

std::string help_text() {
  return std::get<text_answer>(parse_options(line_of("--help")).value()).text;
}

/// What is chosen, one letter a field of all that `--variant` reaches.
std::string chosen(const cloud::platform_options& o) {
  const auto& v = o.variants;
  std::string out;
  for (const bool b :
       {v.refuse_wrong_values, v.refuse_all_wrong, v.check_methods, v.replies_at_qos_0,
        v.history_reply_bare, v.wrong_sign_is_5, v.disabled_is_kicked, v.eight_filters,
        v.swapped_changes, v.duplicate_is_527, v.batch_code_is_text, v.plain_version,
        o.strict_keep_alive, o.close_on_refused_publish, o.access.may_publish_broadcast,
        v.sub_device_sign == alink::signed_session::taken_in,
        v.sub_device_sign == alink::signed_session::left_out}) {
    out += b ? '1' : '0';
  }
  return out;
}

} // namespace

TEST(serve_flags, choose_each_variant_of_the_platform) {
  EXPECT_TRUE(serve("").variants.empty());
  EXPECT_EQ(
      serve("--strict --variant plain-version,swapped-changes --variant wrong-sign-is-5").variants,
      (std::vector<std::string_view>{"plain-version", "swapped-changes", "wrong-sign-is-5"}));
  const std::string help = help_text();
  for (const auto& entry : variant_entries()) {
    EXPECT_EQ(serve("--variant " + std::string{entry.word}).variants,
              std::vector<std::string_view>{entry.word});
    EXPECT_NE(help.find("    " + std::string{entry.word}), std::string::npos) << entry.word;
    EXPECT_NE(entry.text.find("§"), std::string_view::npos) << entry.word;
  }
}

TEST(serve_flags, choose_with_each_variant_something_of_its_own) {
  std::set<std::string> seen;
  for (const auto& entry : variant_entries()) {
    cloud::platform_options o;
    choose_variants(std::vector{entry.word}, o);
    const std::string one = chosen(o);
    EXPECT_EQ(std::count(one.begin(), one.end(), '1'), 1) << entry.word;
    seen.insert(one);
  }
  EXPECT_EQ(seen.size(), chosen({}).size()) << "every field has its word";
}

TEST(serve_mistakes, of_variants_name_the_nearest) {
  EXPECT_EQ(refused_serve("--variant plain-version,swaped-changes"),
            "fleet cloud serve: --variant plain-version,swaped-changes names the variant "
            "\"swaped-changes\", which is unknown; the nearest is swapped-changes");
  EXPECT_EQ(refused_serve("--variant xyzzy"),
            "fleet cloud serve: --variant xyzzy names the variant \"xyzzy\", which is unknown; "
            "fleet cloud serve --help lists all of them");
  EXPECT_EQ(refused_serve("--variant plain-version --variant plain-version"),
            "fleet cloud serve: --variant plain-version names plain-version twice");
  EXPECT_EQ(refused_serve("--variant sub-sign-with-clean-session,sub-sign-without-clean-session"),
            "fleet cloud serve: --variant sub-sign-with-clean-session contradicts "
            "sub-sign-without-clean-session");
  EXPECT_EQ(refused_serve("--profile mqtt --variant plain-version"),
            "fleet cloud serve: --variant belongs to the profiles linkdevelop and linkplatform; "
            "--profile mqtt is an open broker");
}

} // namespace fleet::program
