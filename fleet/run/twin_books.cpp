// Requests, pages and what is wrong with them.
#include "fleet/run/twin_books.hpp"

#include <fmt/format.h>

#include "cloud_sim/web/base64.hpp"
#include "fleet/console/display.hpp"
#include "fleet/console/render.hpp"
#include "protocol/base/json.hpp"

namespace fleet::program {

namespace {

constexpr std::string_view route = "/v1/ledger";

books_failure foreign(const std::string& where, std::string_view why) {
  return {exit_code::environment_failed,
          fmt::format("what is at {} does not answer as a twin's admin API: {}", where, why)};
}

/// A good answer's body.
result<std::string, books_failure> ask(admin_api& api, const std::string& where,
                                       const admin_request& what) {
  auto answer = api.ask(what);
  if (!answer) {
    return fail(books_failure{exit_code::environment_failed, answer.error()});
  }
  const auto judged = judge(answer.value(), "the ledger");
  switch (judged.kind) {
    case answer_kind::good: return std::move(answer).value().body;
    case answer_kind::foreign: return fail(foreign(where, judged.sentence));
    case answer_kind::refused: break;
  }
  return fail(books_failure{exit_code::environment_failed,
                            fmt::format("the twin at {} refuses: {}", where, judged.sentence)});
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
    if (!downlink) {
      return std::nullopt;
    }
    if (*index < into.devices.size()) {
      into.devices[*index].uplink = std::move(uplink);
      into.devices[*index].downlink = std::move(downlink);
    }
  }
  if (one.read(as_bytes(unbooked->value)) != json_error::none) {
    return std::nullopt;
  }
  const auto corrupted = whole(one, "corrupted");
  const auto at = next->type == json_type::null ? std::nullopt : whole(page, "next");
  if (!corrupted || (next->type != json_type::null && !at)) {
    return std::nullopt;
  }
  into.corrupted = *corrupted;
  return page_end{at};
}

std::string named(const std::optional<std::string>& name) {
  return name ? printable(*name) : std::string{"nobody"};
}

} // namespace

result<std::uint64_t, books_failure> begin_books(admin_api& api, const std::string& where,
                                                 const std::vector<booked_range>& ranges) {
  std::uint64_t corrupted = 0;
  for (const auto& range : ranges) {
    admin_request request{"POST", std::string{route}};
    request.body = fmt::format(R"({{"first":{},"count":{}}})", range.first, range.count);
    const auto body = ask(api, where, request);
    if (!body) {
      return fail(body.error());
    }
    json_reader answer;
    const bool read = answer.read(as_bytes(body.value())) == json_error::none;
    const auto found = read ? whole(answer, "corrupted") : std::nullopt;
    if (!found) {
      return fail(foreign(where, "it lets no ledger begin"));
    }
    corrupted = *found;
    const auto first = text(answer, "first");
    const auto last = text(answer, "last");
    if (!range.first_name.empty() && (first != range.first_name || last != range.last_name)) {
      return fail(books_failure{
          exit_code::wrong_usage,
          fmt::format("the twin at {} counts devices otherwise: its {} to {} are {} to {}, the "
                      "run's are {} to {}; give both the same --credentials or --product-key",
                      where, range.first, range.first + range.count - 1, named(first), named(last),
                      range.first_name, range.last_name)});
    }
  }
  return corrupted;
}

result<twin_books, books_failure> fetch_books(admin_api& api, const std::string& where,
                                              std::uint32_t devices) {
  twin_books books;
  books.devices.resize(devices);
  std::uint64_t from = 0;
  while (from < devices) {
    const auto body =
        ask(api, where, {"GET", fmt::format("{}?from={}&limit={}", route, from, books_page)});
    if (!body) {
      return fail(body.error());
    }
    const auto end = read_page(body.value(), books);
    // Pages lead forward, or there would be no end to them.
    if (!end || (end->next && *end->next <= from)) {
      return fail(foreign(where, "its ledger has another form than it should"));
    }
    from = end->next.value_or(devices);
  }
  return books;
}

} // namespace fleet::program
