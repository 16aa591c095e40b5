// From the flags that were given to overrides.
#include "fleet/scenario/overrides.hpp"

#include <algorithm>

#include "fleet/scenario/fault_words.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

scenario_overrides overrides_of(const run_options& options) {
  scenario_overrides out;
  const auto given = [&options](std::string_view flag) {
    return std::find(options.overriding.begin(), options.overriding.end(), flag)
           != options.overriding.end();
  };
  const auto take = [&given](std::string_view flag, auto& into, const auto& value) {
    if (given(flag)) {
      into = value;
    }
  };
  take("--devices", out.devices, options.devices);
  take("--duration", out.run_for, options.run_for);
  take("--seed", out.seed, options.seed);
  take("--ramp", out.ramp_per_second, options.ramp_per_second);
  take("--interval", out.interval, options.interval);
  take("--protocol", out.protocol, options.protocol);
  take("--security", out.security, options.security);
  take("--qos", out.qos, options.qos);
  take("--behaviour", out.behaviour, options.behaviour);
  take("--keep-alive", out.keep_alive, options.keep_alive);
  take("--link", out.link, options.link);
  take("--register", out.registers, options.registers);
  take("--logon", out.logon, options.logon);
  take("--product-key", out.product_key, options.product_key);
  if (options.target.scheme != text::scheme::embedded) {
    out.target = options.target.scheme;
  }
  out.target_admin = !options.target_admin.empty();
  for (const auto& words : options.faults) {
    auto rule = parse_fault_words(words);
    FLEET_CHECK(rule.ok()); // the line was read before
    out.faults.push_back(std::move(rule).value());
  }
  return out;
}

} // namespace fleet::program
