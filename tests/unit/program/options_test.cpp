// The command line as a whole: subcommands, help, and what must not be seen of it.
#include "tests/unit/program/options_rig.hpp"

#include <string>
#include <vector>

namespace fleet::program {

using test::parsed;
using test::said;
using test::split;
using test::text_of;
using test::words;

TEST(check_words, are_files) {
  EXPECT_EQ(parsed<check_options>("check a.csv b.csv").files,
            (std::vector<std::string>{"a.csv", "b.csv"}));
  EXPECT_EQ(parsed<check_options>("check -- --odd.csv").files,
            (std::vector<std::string>{"--odd.csv"}));
  EXPECT_EQ(said("check"), "fleet check: names no file to check\nsee fleet check --help\n");
  EXPECT_EQ(said("check --strict a.csv"),
            "fleet check: unknown flag --strict\nsee fleet check --help\n");
}

TEST(subcommands, are_named_when_unknown) {
  EXPECT_EQ(said("rnu"), "fleet: unknown subcommand rnu; the nearest is run\nsee fleet --help\n");
  EXPECT_EQ(said("teapot"),
            "fleet: unknown subcommand teapot; it takes run, cloud, device, worker, fault, "
            "report, check, doctor, completion, version or help\nsee fleet --help\n");
  EXPECT_EQ(said("cloud srve"),
            "fleet cloud: unknown subcommand srve; the nearest is serve\nsee fleet cloud --help\n");
  EXPECT_TRUE(said("cloud").starts_with("fleet cloud: needs a subcommand: serve, products, "));
  EXPECT_EQ(said("--devices 5"),
            "fleet: flags come after a subcommand, as in fleet run --devices\nsee fleet --help\n");
  EXPECT_TRUE(said("").starts_with("fleet: "));
}

TEST(help, is_the_manual_of_each_subcommand) {
  EXPECT_NE(text_of("help").find("fleet SUBCOMMAND"), std::string::npos);
  EXPECT_EQ(text_of("--help"), text_of("help"));
  EXPECT_EQ(text_of("help run"), text_of("run --help"));
  EXPECT_EQ(text_of("help cloud"), text_of("cloud --help"));
  EXPECT_EQ(text_of("help cloud serve"), text_of("cloud serve --help"));
  EXPECT_EQ(text_of("run --devices nonsense -h"), text_of("run --help"));
  EXPECT_NE(text_of("run --help").find("--behaviour NAME"), std::string::npos);
  EXPECT_NE(text_of("check --help").find("FILE..."), std::string::npos);
  EXPECT_EQ(text_of("version"), "fleet " + std::string{version} + "\n");
  EXPECT_EQ(text_of("--version"), text_of("version"));
}

TEST(help, fits_a_terminal_of_a_hundred_columns) {
  for (const auto line : {"help", "help run", "help cloud serve", "help check"}) {
    const std::string text = text_of(line);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      ASSERT_NE(end, std::string::npos) << line;
      EXPECT_LE(end - at, 100U) << text.substr(at, end - at);
      at = end + 1;
    }
  }
}

TEST(secrets, are_in_no_message_and_no_printed_command) {
  EXPECT_EQ(said("run --target mqtt://me:hunter2@broker").find("hunter2"), std::string::npos);
  EXPECT_EQ(
      said("run --profile mqtt --username u --password hunter2 --password hunter2").find("hunter2"),
      std::string::npos);
  EXPECT_EQ(printable_command(split("run --password hunter2 --password=hunter2 --devices 5")),
            "fleet run --password *** --password=*** --devices 5");
}

TEST(secrets, are_overwritten_in_the_process_title) {
  std::string run_word = "run";
  std::string flag = "--password";
  std::string secret = "hunter2";
  std::string both = "--password=hunter2";
  std::string file = "--password-file=pw";
  const std::vector<char*> argv{run_word.data(), flag.data(), secret.data(), both.data(),
                                file.data()};
  hide_secrets(argv);
  EXPECT_EQ(run_word, "run");
  EXPECT_EQ(secret, "*******");
  EXPECT_EQ(both, "--password=*******");
  EXPECT_EQ(file, "--password-file=pw");
}

TEST(printed_command, can_be_given_to_a_shell) {
  EXPECT_EQ(printable_command(words{"run", "--payload", "it's {seq}", "--json", ""}),
            "fleet run --payload 'it'\\''s {seq}' --json ''");
}

} // namespace fleet::program
