// The sentences for values out of range live here, so that all flags use the same words.
#include "fleet/options/setters.hpp"

#include "protocol/alink/template.hpp"
#include "protocol/http/url.hpp"

namespace fleet::program {

namespace {

std::string out_of_range(const std::string& least, const std::string& most,
                         std::string_view besides = {}) {
  return "is out of range; it takes " + least + " to " + most + std::string{besides};
}

/// What is wrong with an amount, and where that says no more, what it takes.
std::string wrong_amount(const std::string& complaint, const std::string& least,
                         const std::string& most) {
  const bool says = complaint.find(';') != std::string::npos;
  return says ? complaint : complaint + "; it takes " + least + " to " + most;
}

std::string format_rate(double rate) {
  if (rate >= 1) {
    return text::format_count(static_cast<std::uint64_t>(rate)) + "/s";
  }
  std::string digits = std::to_string(rate);
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits + "/s";
}

} // namespace

setter set_count(std::uint32_t& out, std::uint32_t least, std::uint32_t most) {
  return [&out, least, most](std::string_view value) -> std::optional<std::string> {
    const auto parsed = text::parse_count(value);
    if (!parsed) {
      return wrong_amount(parsed.error(), text::format_count(least), text::format_count(most));
    }
    if (parsed.value() < least || parsed.value() > most) {
      return out_of_range(text::format_count(least), text::format_count(most));
    }
    out = static_cast<std::uint32_t>(parsed.value());
    return std::nullopt;
  };
}

setter set_size(std::uint32_t& out, std::uint32_t least, std::uint32_t most) {
  return [&out, least, most](std::string_view value) -> std::optional<std::string> {
    const auto parsed = text::parse_size(value);
    if (!parsed) {
      return wrong_amount(parsed.error(), text::format_size(least), text::format_size(most));
    }
    if (parsed.value() < least || parsed.value() > most) {
      return out_of_range(text::format_size(least), text::format_size(most));
    }
    out = static_cast<std::uint32_t>(parsed.value());
    return std::nullopt;
  };
}

setter set_rate(std::optional<double>& out, double least, double most) {
  return [&out, least, most](std::string_view value) -> std::optional<std::string> {
    const auto parsed = text::parse_rate(value);
    if (!parsed) {
      return wrong_amount(parsed.error(), format_rate(least), format_rate(most));
    }
    if (parsed.value() < least || parsed.value() > most) {
      return out_of_range(format_rate(least), format_rate(most));
    }
    out = parsed.value();
    return std::nullopt;
  };
}

setter set_seed(std::optional<std::uint64_t>& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    const auto parsed = text::parse_number(value);
    if (!parsed) {
      return wrong_amount(parsed.error(), "0", "18446744073709551615");
    }
    out = parsed.value();
    return std::nullopt;
  };
}

setter set_duration(duration& out, duration least, duration most, off_word off) {
  std::vector<std::string> words;
  if (off == off_word::allowed) {
    words.emplace_back("off");
  }
  const auto take = [&out, least, most, off](std::string_view value) -> std::optional<std::string> {
    if (off == off_word::allowed && value == "off") {
      out = duration{0};
      return std::nullopt;
    }
    const auto parsed = text::parse_duration(value);
    if (!parsed) {
      return wrong_amount(parsed.error(), text::format_duration(least), text::format_duration(most))
             + (off == off_word::allowed ? ", or off" : "");
    }
    if (parsed.value() < least || parsed.value() > most) {
      return out_of_range(text::format_duration(least), text::format_duration(most),
                          off == off_word::allowed ? ", or off" : "");
    }
    out = parsed.value();
    return std::nullopt;
  };
  return {take, std::move(words)};
}

setter set_text(std::string& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    if (value.empty()) {
      return "must not be empty";
    }
    out = value;
    return std::nullopt;
  };
}

setter set_template(std::string& out, ledger_word ledger) {
  return [&out, ledger](std::string_view value) -> std::optional<std::string> {
    if (value.empty()) {
      return "must not be empty";
    }
    const auto compiled = alink::payload_template::compile(value);
    if (!compiled) {
      return "has a mistake at column " + std::to_string(compiled.error().column) + ": "
             + compiled.error().message;
    }
    if (ledger == ledger_word::refused && compiled.value().has_ledger()) {
      return "must not hold {ledger}, which belongs into --payload";
    }
    if (compiled.value().has_columns()) {
      return "must not hold {column}, which belongs into a scenario, beside replay";
    }
    out = value;
    return std::nullopt;
  };
}

setter set_secret_template(std::string& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    if (value.empty()) {
      return "must not be empty";
    }
    const auto compiled = alink::payload_template::compile(value);
    if (!compiled) {
      return "has a mistake at column " + std::to_string(compiled.error().column)
             + "; a brace is written {{ or }}";
    }
    out = value;
    return std::nullopt;
  };
}

setter set_target(text::target& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    auto parsed = text::parse_target(value);
    if (!parsed) {
      return parsed.error();
    }
    out = std::move(parsed).value();
    return std::nullopt;
  };
}

namespace {

constexpr std::size_t targets_most = 64;

/// What is wrong with one target beside those before it, as the rest of a sentence; or nothing.
std::optional<std::string> wrong_beside(const text::target& one, const text::target& first,
                                        const std::vector<text::target>& more) {
  using text::scheme;
  if (one.scheme == scheme::embedded || first.scheme == scheme::embedded) {
    return "puts embedded beside another target; the twin in this process stands alone";
  }
  if (one.scheme != first.scheme) {
    return "has targets of two schemes; all of a run have one, as mqtt://a,mqtt://b";
  }
  if (one == first || std::find(more.begin(), more.end(), one) != more.end()) {
    return "names " + text::format_target(one) + " twice";
  }
  if (more.size() + 1 == targets_most) {
    return "names more than " + std::to_string(targets_most) + " targets";
  }
  return std::nullopt;
}

} // namespace

setter set_targets(text::target& first, std::vector<text::target>& more) {
  return
      [&first, &more, any = false](std::string_view value) mutable -> std::optional<std::string> {
        for (std::string_view rest = value;;) {
          const std::size_t comma = rest.find(',');
          const std::string_view word = rest.substr(0, comma);
          auto parsed = text::parse_target(word);
          if (!parsed) {
            // What stands before an `@` is not repeated.
            const bool tell = word != value && value.find('@') == std::string_view::npos;
            return (tell ? "holds '" + std::string{word} + "', which " : std::string{})
                   + parsed.error();
          }
          if (auto wrong = any ? wrong_beside(parsed.value(), first, more) : std::nullopt) {
            return wrong;
          }
          (any ? more.emplace_back() : first) = std::move(parsed).value();
          any = true;
          if (comma == std::string_view::npos) {
            return std::nullopt;
          }
          rest.remove_prefix(comma + 1);
        }
      };
}

setter set_auth_host(auth_host_option& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    const auto at = http::parse_url(value);
    if (!at) {
      return "is no place to ask at (" + std::string{http::to_string(at.error())}
             + "); write https://host[:443] or http://host[:80]";
    }
    if (at.value().target != "/") {
      return "has a path; the auth host is a host and a port only";
    }
    out.secure = at.value().secure;
    out.host = at.value().host;
    out.port = at.value().port;
    return std::nullopt;
  };
}

setter set_auth_hosts(auth_host_option& first, std::vector<auth_host_option>& more) {
  return
      [&first, &more, any = false](std::string_view value) mutable -> std::optional<std::string> {
        for (std::string_view rest = value;;) {
          const std::size_t comma = rest.find(',');
          auth_host_option read;
          if (auto wrong = set_auth_host(read)(rest.substr(0, comma))) {
            return wrong;
          }
          if (any && read.secure != first.secure) {
            return "names auth hosts of two schemes; all of a run have one";
          }
          if (more.size() + 1 == targets_most) {
            return "names more than " + std::to_string(targets_most) + " auth hosts";
          }
          (any ? more.emplace_back() : first) = std::move(read);
          any = true;
          if (comma == std::string_view::npos) {
            return std::nullopt;
          }
          rest.remove_prefix(comma + 1);
        }
      };
}

setter set_listen_address(std::vector<hal::address>& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    const auto parsed = text::parse_listen_address(value);
    if (!parsed) {
      return parsed.error();
    }
    out.push_back(parsed.value());
    return std::nullopt;
  };
}

setter set_source_addresses(std::vector<hal::address>& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    for (std::string_view rest = value;;) {
      const std::size_t comma = rest.find(',');
      const auto parsed = text::parse_source_address(rest.substr(0, comma));
      if (!parsed) {
        return parsed.error();
      }
      for (const auto& known : out) {
        if (known == parsed.value()) {
          return "names an address twice";
        }
      }
      out.push_back(parsed.value());
      if (comma == std::string_view::npos) {
        return std::nullopt;
      }
      rest.remove_prefix(comma + 1);
    }
  };
}

setter set_metrics(metrics_option& out) {
  const auto take = [&out](std::string_view value) -> std::optional<std::string> {
    if (value == "off") {
      out = metrics_option{std::nullopt, true};
      return std::nullopt;
    }
    const auto parsed = text::parse_listen_address(value);
    if (!parsed) {
      return parsed.error() + ", or off";
    }
    out = metrics_option{parsed.value(), true};
    return std::nullopt;
  };
  return {take, std::vector<std::string>{"off"}};
}

std::string unknown_word(std::string_view word, std::span<const std::string_view> valid) {
  std::string sentence = "is unknown; ";
  if (const auto near = text::nearest(word, valid)) {
    sentence += "the nearest is " + std::string{*near};
    if (valid.size() > 1) {
      sentence += " (of " + text::enumerate(valid) + ")";
    }
  } else {
    sentence += "it takes " + text::enumerate(valid);
  }
  return sentence;
}

} // namespace fleet::program
