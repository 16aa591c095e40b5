// Layers, doors and purity: which words and headers may stand in which folder.
#include "tests/tidy/rules.hpp"

#include <algorithm>
#include <array>

namespace fleet::tidy {

namespace {

constexpr std::array<std::string_view, 6> tops{"protocol/", "hal_sim/", "cloud_sim/",
                                               "actors/",   "fleet/",   "tests/"};

/// The first two levels of a path, `protocol/mqtt/`; the first alone where there is no second.
std::string_view area(std::string_view path) {
  const std::size_t first = path.find('/');
  const std::size_t second = path.find('/', first + 1);
  return path.substr(0, (second == std::string_view::npos ? first : second) + 1);
}

bool one_of(std::string_view path, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view p) { return path.starts_with(p); });
}

bool may_include(std::string_view from, std::string_view to) {
  if (one_of(from, {"tests/"})) {
    return true;
  }
  if (one_of(from, {"fleet/"})) {
    return !one_of(to, {"tests/"});
  }
  if (one_of(from, {"actors/"})) {
    return one_of(to, {"actors/", "hal_sim/", "protocol/"});
  }
  if (one_of(from, {"cloud_sim/"})) {
    return one_of(to, {"cloud_sim/", "hal_sim/", "protocol/"});
  }
  if (one_of(from, {"hal_sim/board/"})) {
    return one_of(to, {area(from), "hal_sim/world/", "hal_sim/flash/", "protocol/base/"});
  }
  if (one_of(from, {"hal_sim/"})) {
    return one_of(to, {area(from), "hal_sim/world/", "protocol/base/"});
  }
  return one_of(to, {area(from), "protocol/base/"});
}

struct door {
  std::string_view header; ///< the beginning of what is included
  std::vector<std::string_view> allowed;
};

const std::vector<door>& doors() {
  static const std::vector<std::string_view> sockets{"hal_sim/real_world/", "fleet/"};
  static const std::vector<std::string_view> threads{"hal_sim/world/", "hal_sim/real_world/",
                                                     "fleet/"};
  // And what the twin's homes share.
  static const std::vector<std::string_view> locks{"hal_sim/world/",
                                                   "hal_sim/real_world/",
                                                   "cloud_sim/exchange.hpp",
                                                   "cloud_sim/common_window.hpp",
                                                   "cloud_sim/ferry/coap_ferry.",
                                                   "cloud_sim/store/shared_database.hpp",
                                                   "fleet/"};
  static const std::vector<std::string_view> waits{"hal_sim/world/", "hal_sim/real_world/",
                                                   "cloud_sim/store/shared_database.hpp", "fleet/"};
  static const std::vector<door> all{
      {"caf/", {"hal_sim/world/home.", "actors/", "fleet/"}},
      {"openssl/",
       {"protocol/tls/", "protocol/base/hmac.cpp", "protocol/base/aes_cbc.cpp",
        "protocol/base/aes_ctr.cpp", "protocol/base/content_hash.cpp"}},
      {"simdjson", {"protocol/base/json."}},
      {"CLI/", {"fleet/options/flag_set.cpp"}},
      {"fmt/", {"fleet/"}},
      {"spdlog/", {"fleet/"}},
      {"prometheus/", {"fleet/metrics/"}},
      {"nlohmann/", {"fleet/report/", "protocol/tsl/json_tree.cpp", "protocol/shadow/"}},
      {"yaml-cpp/", {"fleet/scenario/yaml_tree.cpp"}},
      {"boost/", {"protocol/http/reader.cpp", "protocol/http/writer.cpp"}},
      {"coap3/", {"protocol/coap/libcoap.cpp"}},
      {"sqlite3.h", {"cloud_sim/store/database.cpp"}},
      {"arpa/inet.h", {"hal_sim/world/address.cpp", "hal_sim/real_world/", "fleet/"}},
      {"sys/", sockets},
      {"netinet/", sockets},
      {"net/", sockets},
      {"netdb.h", sockets},
      {"ifaddrs.h", {"hal_sim/real_world/"}},
      {"unistd.h", sockets},
      {"fcntl.h", sockets},
      {"poll.h", sockets},
      {"signal.h", sockets},
      {"csignal", sockets},
      {"pthread.h", sockets},
      {"sched.h", sockets},
      {"malloc.h", sockets},
      {"termios.h", {"fleet/screen/"}},
      {"thread", threads},
      {"mutex", locks},
      {"condition_variable", waits},
      {"future", threads},
      {"shared_mutex", threads},
      {"iostream", {"fleet/"}},
      {"immintrin.h", {"protocol/base/"}},
      {"wmmintrin.h", {"protocol/base/"}},
  };
  return all;
}

/// A word, where it may stand all the same, and why not elsewhere.
struct forbidden_word {
  std::string_view word;
  std::string_view reason;
  std::vector<std::string_view> allowed;
  char next = '\0'; ///< what must follow for it to count; '\0': anything
};

const std::vector<forbidden_word>& forbidden_words() {
  static constexpr std::string_view clock =
      "reads a clock; time is an argument here (design, part 4)";
  static constexpr std::string_view chance =
      "draws from a shared generator; use a named substream (design, part 4)";
  static constexpr std::string_view sleep = "sleeps; arm a timer, and in tests move the clock";
  static constexpr std::string_view exception = "is for exceptions, which this folder does without";
  static constexpr std::string_view send =
      "cannot be cancelled and wakes a global thread; arm the home's timer (design, part 4)";
  static constexpr std::string_view output = "prints; only fleet/ talks to people";
  static constexpr std::string_view skip = "leaves a test out; mend it or take it away";
  static const std::vector<std::string_view> real{"hal_sim/real_world/", "fleet/", "tests/"};
  static const std::vector<std::string_view> loud{"fleet/", "tests/"};
  static const std::vector<std::string_view> bench{"tests/bench/"};
  static const std::vector<forbidden_word> all{
      {"system_clock", clock, real},
      {"steady_clock", clock, real},
      {"high_resolution_clock", clock, {}},
      {"clock_gettime", clock, real},
      {"gettimeofday", clock, real},
      {"rand", chance, {}, '('},
      {"srand", chance, {}},
      {"random_device", chance, {"fleet/run/machine.cpp"}},
      {"mt19937", chance, {}},
      {"mt19937_64", chance, {}},
      {"default_random_engine", chance, {}},
      {"uniform_int_distribution", chance, {}},
      {"uniform_real_distribution", chance, {}},
      {"normal_distribution", chance, {}},
      {"bernoulli_distribution", chance, {}},
      {"exponential_distribution", chance, {}},
      {"poisson_distribution", chance, {}},
      {"discrete_distribution", chance, {}},
      {"shuffle", chance, {}},
      {"sleep", sleep, bench, '('},
      {"usleep", sleep, bench},
      {"nanosleep", sleep, bench},
      {"sleep_for", sleep, bench},
      {"sleep_until", sleep, bench},
      {"delayed_send", send, {}},
      {"delayed_anon_send", send, {}},
      {"scheduled_send", send, {}},
      {"scheduled_anon_send", send, {}},
      {"throw", exception, loud},
      {"try", exception, loud},
      {"catch", exception, loud},
      {"printf", output, {"fleet/", "tests/"}},
      {"fprintf", output, {"fleet/", "tests/", "protocol/base/check.cpp"}},
      {"puts", output, {"fleet/", "tests/"}},
      {"cout", output, {"fleet/", "tests/"}},
      {"cerr", output, {"fleet/", "tests/"}},
      {"clog", output, {"fleet/", "tests/"}},
      {"GTEST_SKIP", skip, {}},
  };
  return all;
}

/// Supervision throws and catches where the line says why; nothing else in pure code may.
constexpr std::string_view exception_excuse = "// tidy: exception, ";
/// A loop whose effect is the same in any order says why.
constexpr std::string_view order_excuse = "// tidy: any order, ";

bool excused(const source_file& file, std::string_view line, std::string_view word) {
  return file.under("actors/supervision/") && (word == "try" || word == "catch" || word == "throw")
         && line.find(exception_excuse) != std::string_view::npos;
}

} // namespace

findings check_layers(const source_file& file) {
  findings found;
  for (const auto& include : file.includes()) {
    if (!include.quoted) {
      continue;
    }
    const bool rooted = std::any_of(tops.begin(), tops.end(), [&](std::string_view top) {
      return include.target.starts_with(top);
    });
    if (!rooted && !file.under("tests/bench/")) {
      found.push_back({file.path(), include.line,
                       "includes \"" + std::string{include.target}
                           + "\"; write the path from the top of the tree"});
    } else if (rooted && !may_include(file.path(), include.target)) {
      found.push_back({file.path(), include.line,
                       std::string{area(file.path())} + " must not include "
                           + std::string{include.target} + " (design, part 3)"});
    }
  }
  return found;
}

findings check_doors(const source_file& file) {
  findings found;
  if (file.under("tests/")) {
    return found;
  }
  for (const auto& include : file.includes()) {
    if (include.quoted) {
      continue;
    }
    const auto& all = doors();
    const auto entry = std::find_if(all.begin(), all.end(), [&](const door& d) {
      const bool family = d.header.ends_with('/') || d.header == "simdjson";
      return family ? include.target.starts_with(d.header) : include.target == d.header;
    });
    const bool ours_to_know = include.target.find_first_of("/.") != std::string_view::npos;
    if (entry == all.end()) {
      if (ours_to_know) {
        found.push_back(
            {file.path(), include.line,
             "<" + std::string{include.target} + "> has no door; add one to the tidy rules"});
      }
    } else if (std::none_of(entry->allowed.begin(), entry->allowed.end(),
                            [&](std::string_view a) { return file.under(a); })) {
      found.push_back({file.path(), include.line,
                       "<" + std::string{include.target}
                           + "> is included outside of its door (design, part 3)"});
    }
  }
  return found;
}

findings check_purity(const source_file& file) {
  findings found;
  const auto lines = file.lines();
  for (const auto& word : file.words()) {
    if (word.text.starts_with("DISABLED_")) {
      found.push_back({file.path(), word.line, "a disabled test; mend it or take it away"});
    }
    for (const auto& rule : forbidden_words()) {
      if (word.text != rule.word || (rule.next != '\0' && word.next != rule.next)
          || std::any_of(rule.allowed.begin(), rule.allowed.end(),
                         [&](std::string_view a) { return file.under(a); })
          || excused(file, lines[word.line - 1], word.text)) {
        continue;
      }
      found.push_back(
          {file.path(), word.line, std::string{word.text} + " " + std::string{rule.reason}});
    }
  }
  return found;
}

findings check_order(const source_file& file, const source_file* partner) {
  findings found;
  if (file.under("tests/")) {
    return found;
  }
  // Members and locals declared as `std::unordered_map<…> name;`.
  std::set<std::string, std::less<>> names;
  for (const source_file* const f : {&file, partner}) {
    if (f == nullptr) {
      continue;
    }
    for (std::string_view line : split_lines(f->code())) {
      const std::size_t at = line.find("unordered_");
      const std::size_t close = line.rfind('>');
      if (at == std::string_view::npos || close == std::string_view::npos || close < at) {
        continue;
      }
      std::size_t from = close + 1;
      while (from < line.size() && !word_character(line[from])) {
        ++from;
      }
      std::size_t to = from;
      while (to < line.size() && word_character(line[to])) {
        ++to;
      }
      if (to > from) {
        names.emplace(line.substr(from, to - from));
      }
    }
  }
  const auto raw = file.lines();
  std::uint32_t number = 0;
  for (const std::string_view line : split_lines(file.code())) {
    ++number;
    const std::size_t loop = line.find("for (");
    const std::size_t colon = line.find(" : ", loop == std::string_view::npos ? line.size() : loop);
    if (loop == std::string_view::npos || colon == std::string_view::npos) {
      continue;
    }
    std::string_view range = line.substr(colon + 3);
    range = range.substr(0, range.find(')'));
    if (names.contains(range) && raw[number - 1].find(order_excuse) == std::string_view::npos) {
      found.push_back({file.path(), number,
                       "loops over the unordered " + std::string{range}
                           + "; its order differs between libraries (design, part 4)"});
    }
  }
  return found;
}

} // namespace fleet::tidy
