// Deciding.
#include "fleet/judging/verdict.hpp"

#include "fleet/judging/amount.hpp"
#include "protocol/base/check.hpp"

namespace fleet::judging {

namespace {

/// What a side came to, or why that cannot be told.
struct outcome {
  std::optional<double> value;
  std::string why;
};

outcome value_of(const term& t, const known_facts& facts) {
  if (t.amount()) {
    return {t.value, {}};
  }
  auto value = facts.value(t.figure, t.argument);
  return {value, value ? std::string{} : facts.why_unknown(t.figure, t.argument)};
}

outcome value_of(const side& s, const known_facts& facts) {
  auto above = value_of(s.what, facts);
  if (!s.over || !above.value) {
    return above;
  }
  const auto below = value_of(*s.over, facts);
  if (!below.value) {
    return below;
  }
  if (*below.value == 0) {
    return {std::nullopt, "divided by none"};
  }
  return {*above.value / *below.value, {}};
}

bool holds(double left, comparison how, double right) noexcept {
  switch (how) {
    case comparison::less: return left < right;
    case comparison::at_most: return left <= right;
    case comparison::more: return left > right;
    case comparison::at_least: return left >= right;
    case comparison::equal: return left == right;
    case comparison::unequal: return left != right;
  }
  FLEET_CHECK(false);
}

} // namespace

verdict decide(const expectation& e, const known_facts& facts, double now_s) {
  verdict out;
  out.text = e.text;
  out.decided_at_s = now_s;
  const auto left = value_of(e.left, facts);
  const auto right = value_of(e.right, facts);
  out.actual = left.value;
  out.ok = left.value && right.value && holds(*left.value, e.how, *right.value);
  const bool percent = e.right.what.percent;
  out.line = "expected " + e.text + ": was "
             + (left.value ? said(*left.value, e.left.unit, percent) : left.why);
  if (!e.right.amount()) {
    out.line += " against " + (right.value ? said(*right.value, e.right.unit, percent) : right.why);
  }
  return out;
}

bool can_be_hopeless(const expectation& e, const vocabulary& known) noexcept {
  if (e.left.what.amount() || e.left.over || !e.right.amount()) {
    return false;
  }
  const auto& figure = known.figures[e.left.what.figure];
  return figure.only_rises && figure.live
         && (e.how == comparison::less || e.how == comparison::at_most
             || e.how == comparison::equal);
}

bool hopeless(const expectation& e, const vocabulary& known, const known_facts& facts) {
  if (!can_be_hopeless(e, known)) {
    return false;
  }
  const auto now = facts.value(e.left.what.figure, e.left.what.argument);
  if (!now) {
    return false;
  }
  return e.how == comparison::less ? *now >= e.right.what.value : *now > e.right.what.value;
}

} // namespace fleet::judging
