// Requests, pages and what is wrong with them.
#include "fleet/run/twin_books.hpp"

#include <fmt/format.h>

#include "cloud_sim/web/base64.hpp"
#include "fleet/console/display.hpp"
#include "fleet/console/render.hpp"
#include "protocol/base/json.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::program {

namespace {

constexpr std::string_view route = "/v1/ledger";

books_failure foreign(const std::string& where, std::string_view why) {
  return {exit_code::environment_failed,
          fmt::format("what is at {} does not answer as a twin's admin API: {}", where, why)};
}

/// A good answer's body.
result<std::string, books_failure> judged(const std::string& where,
                                          result<admin_answer, std::string> answer) {
  if (!answer) {
    return fail(books_failure{exit_code::environment_failed, answer.error()});
  }
  const auto found = judge(answer.value(), "the ledger");
  switch (found.kind) {
    case answer_kind::good: return std::move(answer).value().body;
    case answer_kind::foreign: return fail(foreign(where, found.sentence));
    case answer_kind::refused: break;
  }
  return fail(books_failure{exit_code::environment_failed,
                            fmt::format("the twin at {} refuses: {}", where, found.sentence)});
}

std::optional<std::uint64_t> whole(const json_reader& from, std::string_view key) {
  const auto* const member = from.find(key);
  const auto number = member != nullptr ? json_integer(member->value) : std::nullopt;
  if (!number || *number < 0) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*number);
}

std::optional<std::string> text(const json_reader& from, std::string_view key) {
  const auto* const member = from.find(key);
  std::string out;
  if (member == nullptr || !append_json_string(out, member->value)) {
    return std::nullopt;
  }
  return out;
}

template <class Account>
std::optional<Account> account(const json_reader& from, std::string_view key) {
  const auto coded = text(from, key);
  const auto octets = coded ? cloud::from_base64(*coded) : std::nullopt;
  return octets ? Account::load(*octets) : std::nullopt;
}

std::optional<unbooked_tags> read_unbooked(const json_reader& from) {
  const auto corrupted = whole(from, "corrupted");
  const auto unkept = whole(from, "unkept");
  const auto over_bound = whole(from, "overBound").value_or(0); // an older twin does not tell
  return corrupted && unkept ? std::optional{unbooked_tags{*corrupted, *unkept, over_bound}}
                             : std::nullopt;
}

/// One page into the books; where the next begins, or the end. Nothing: no such page.
struct page_end {
  std::optional<std::uint64_t> next;
};
std::optional<page_end> read_page(std::string_view body, twin_books& into) {
  json_reader page;
  const auto* const list =
      page.read(as_bytes(body)) == json_error::none ? page.find("accounts") : nullptr;
  const auto* const next = list != nullptr ? page.find("next") : nullptr;
  const auto* const unbooked = next != nullptr ? page.find("unbooked") : nullptr;
  if (unbooked == nullptr || list->type != json_type::array) {
    return std::nullopt;
  }
  json_reader one;
  for (const auto& element : page.children(*list)) {
    const bool read = one.read(as_bytes(element.value)) == json_error::none;
    const auto index = read ? whole(one, "index") : std::nullopt;
    auto uplink = index ? account<ledger::receiver_account>(one, "uplink") : std::nullopt;
    auto downlink = uplink ? account<ledger::sender_account>(one, "downlink") : std::nullopt;
    const bool turned_away = downlink && one.find("refused") != nullptr;
    auto refused = turned_away ? account<ledger::receiver_account>(one, "refused") : std::nullopt;
    if (!downlink || (turned_away && !refused)) {
      return std::nullopt;
    }
    if (*index < into.devices.size()) {
      into.devices[*index].uplink = std::move(uplink);
      into.devices[*index].downlink = std::move(downlink);
      into.devices[*index].refused = std::move(refused);
      into.devices[*index].doubled = whole(one, "doubled").value_or(0);
    }
  }
  const bool told = one.read(as_bytes(unbooked->value)) == json_error::none;
  const auto tags = told ? read_unbooked(one) : std::nullopt;
  const auto at = next->type == json_type::null ? std::nullopt : whole(page, "next");
  if (!tags || (next->type != json_type::null && !at)) {
    return std::nullopt;
  }
  into.unbooked = *tags;
  return page_end{at};
}

books_failure counted_otherwise(const std::string& where, const booked_range& range,
                                std::string_view its) {
  return {exit_code::wrong_usage,
          fmt::format("the twin at {} counts devices otherwise: its {} to {} are {}, the run's are "
                      "{} to {}; give both the same --credentials or --product-key",
                      where, range.first, range.first + range.count - 1, its, range.first_name,
                      range.last_name)};
}

/// Lets the twin forget a range, or only asks whether it would.
result<unbooked_tags, books_failure> begin_one(admin_api& api, const std::string& where,
                                               const booked_range& range, bool forget) {
  admin_request request{"POST", std::string{route}};
  request.body = fmt::format(R"({{"first":{},"count":{})", range.first, range.count);
  if (!range.first_name.empty()) {
    byte_buffer names;
    names.append(std::string_view{R"(,"firstName":)"});
    append_json_text(names, range.first_name);
    names.append(std::string_view{R"(,"lastName":)"});
    append_json_text(names, range.last_name);
    request.body += as_text(names.view());
  }
  request.body += forget ? "}" : R"(,"begin":false})";
  auto answer = api.ask(request);
  if (answer && is_error(answer.value(), "other_devices")) {
    json_reader refusal;
    const bool read = refusal.read(as_bytes(answer.value().body)) == json_error::none;
    const auto detail = read ? text(refusal, "detail") : std::nullopt;
    return fail(counted_otherwise(where, range, detail ? printable(*detail) : "others"));
  }
  const auto body = judged(where, std::move(answer));
  if (!body) {
    return fail(body.error());
  }
  json_reader told;
  const bool read = told.read(as_bytes(body.value())) == json_error::none;
  const auto found = read ? read_unbooked(told) : std::nullopt;
  if (!found) {
    return fail(foreign(where, "it lets no ledger begin"));
  }
  return *found;
}

} // namespace

result<unbooked_tags, books_failure> begin_books(admin_api& api, const std::string& where,
                                                 const std::vector<booked_range>& ranges) {
  // Of several ranges none is forgotten before the twin has agreed to all.
  for (std::size_t i = 0; i < ranges.size() && ranges.size() > 1; ++i) {
    if (const auto agreed = begin_one(api, where, ranges[i], false); !agreed) {
      return fail(agreed.error());
    }
  }
  unbooked_tags found;
  for (const auto& range : ranges) {
    const auto begun = begin_one(api, where, range, true);
    if (!begun) {
      return fail(begun.error());
    }
    found = begun.value();
  }
  return found;
}

result<twin_books, books_failure> fetch_books(admin_api& api, const std::string& where,
                                              const actors::device_set& devices) {
  twin_books books;
  books.devices.resize(devices.end());
  for (const auto& span : devices.spans()) {
    std::uint64_t from = span.first;
    while (from < std::uint64_t{span.first} + span.count) {
      const auto body = judged(
          where, api.ask({"GET", fmt::format("{}?from={}&limit={}", route, from, books_page)}));
      if (!body) {
        return fail(body.error());
      }
      const auto end = read_page(body.value(), books);
      // Pages lead forward, or there would be no end to them.
      if (!end || (end->next && *end->next <= from)) {
        return fail(foreign(where, "its ledger has another form than it should"));
      }
      from = end->next.value_or(devices.end());
    }
  }
  return books;
}

} // namespace fleet::program
