// Whom the console's calls go to.
#include "cloud_sim/wide/wide_operations.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <utility>

#include "cloud_sim/secrets.hpp"
#include "protocol/alink/topics.hpp"

namespace fleet::cloud {

namespace {

/// Of `{"devices":n}`, as broadcast() answers.
std::uint32_t devices_in(std::string_view answer) {
  std::uint32_t out = 0;
  const auto colon = answer.find(':');
  if (colon != std::string_view::npos) {
    (void)std::from_chars(answer.data() + colon + 1, answer.data() + answer.size(), out);
  }
  return out;
}

call_result no_gateways() {
  return fail(operation_failure{operation_error::refused,
                                "this twin lives on several homes and serves no gateways; start it "
                                "with --homes 1"});
}

} // namespace

std::vector<product_view> wide_operations::products() const {
  std::map<std::string, product_view, std::less<>> sum;
  for (const auto* const one : each_) {
    for (auto& here : one->products()) {
      const auto [known, added] = sum.try_emplace(here.product_key, here);
      if (!added) {
        known->second.devices = std::max(known->second.devices, here.devices);
        known->second.online += here.online;
      }
    }
  }
  std::vector<product_view> out;
  for (auto& [key, view] : sum) {
    out.push_back(std::move(view));
  }
  return out;
}

// Each home lists all devices, and knows the state of its own.
std::vector<device_view> wide_operations::devices(std::string_view product_key,
                                                  std::string_view state, std::uint32_t from,
                                                  std::uint32_t limit) const {
  std::vector<device_view> out;
  for (std::size_t home = 0; home < each_.size(); ++home) {
    std::size_t taken = 0;
    for (std::uint32_t at = from; taken < limit;) {
      auto page = each_[home]->devices(product_key, state, at, limit);
      for (auto& who : page) {
        at = who.index + 1;
        if (belongs(who, home)) {
          out.push_back(std::move(who));
          ++taken;
        }
      }
      if (page.size() < limit) {
        break;
      }
    }
  }
  std::sort(out.begin(), out.end(),
            [](const device_view& a, const device_view& b) { return a.index < b.index; });
  if (out.size() > limit) {
    out.resize(limit);
  }
  return out;
}

operation_result wide_operations::put_product(std::string_view product_key,
                                              const product_change& what) {
  return tell_each([&](operations& one) { return one.put_product(product_key, what); });
}

// Every home numbers devices alike, since all of them are told of each, in one order.
operation_result wide_operations::add_device(device_name_view who, std::string_view secret) {
  const std::string made = secret.empty() ? make_device_secret() : std::string{secret};
  auto out = tell_each([&](operations& one) { return one.add_device(who, made); });
  if (out.ok() && secret.empty()) {
    return "{\"deviceSecret\":\"" + made + "\"}";
  }
  return out;
}

operation_result wide_operations::delete_device(device_name_view who) {
  return tell_each([&](operations& one) { return one.delete_device(who); });
}

// With a store behind what its home has to keep: the office sends what it is given.
call_done wide_operations::at_the_office(std::uint32_t home, call_done done) const {
  return [this, home, done = std::move(done)](const call_result& got) {
    const auto tell = [&office = office_, done, got] { office.post([done, got] { done(got); }); };
    if (!settle_ || ended_) {
      tell();
      return;
    }
    all_.home(home).post([this, home, tell] {
      settle_(home);
      tell();
    });
  };
}

void wide_operations::set_properties(device_name_view who, std::string_view properties,
                                     duration patience, call_done done) {
  of(who).set_properties(who, properties, patience, at_the_office(home_of(who), std::move(done)));
}

void wide_operations::get_properties(device_name_view who, std::string_view names,
                                     duration patience, call_done done) {
  of(who).get_properties(who, names, patience, at_the_office(home_of(who), std::move(done)));
}

void wide_operations::call_service(device_name_view who, std::string_view service,
                                   std::string_view arguments, duration patience, call_done done) {
  of(who).call_service(who, service, arguments, patience,
                       at_the_office(home_of(who), std::move(done)));
}

void wide_operations::rrpc(device_name_view who, std::string_view topic, bytes_view payload,
                           duration patience, call_done done) {
  of(who).rrpc(who, topic, payload, patience, at_the_office(home_of(who), std::move(done)));
}

operation_result wide_operations::publish(std::string_view topic, bytes_view payload, mqtt::qos q) {
  const auto on = alink::parse_topic(topic);
  return of({on.product_key, on.device_name}).publish(topic, payload, q);
}

operation_result wide_operations::broadcast(std::string_view product_key, std::string_view topic,
                                            bytes_view payload) {
  std::uint32_t told = 0;
  auto out = tell_each([&](operations& one) {
    auto here = one.broadcast(product_key, topic, payload);
    told += here.ok() ? devices_in(here.value()) : 0;
    return here;
  });
  return out.ok() ? operation_result{"{\"devices\":" + std::to_string(told) + "}"} : out;
}

operation_result wide_operations::put_topic_class(std::string_view product_key,
                                                  std::string_view name, alink::rights may) {
  return tell_each([&](operations& one) { return one.put_topic_class(product_key, name, may); });
}

operation_result wide_operations::delete_topic_class(std::string_view product_key,
                                                     std::string_view name) {
  return tell_each([&](operations& one) { return one.delete_topic_class(product_key, name); });
}

operation_result wide_operations::set_config(std::string_view product_key, std::string_view content,
                                             bool push) {
  std::uint32_t told = 0;
  auto out = tell_each([&](operations& one) {
    auto here = one.set_config(product_key, content, push);
    told += here.ok() ? devices_in(here.value()) : 0;
    return here;
  });
  if (!out.ok()) {
    return out;
  }
  const auto rest = out.value().find_first_of(",}");
  return "{\"devices\":" + std::to_string(told) + out.value().substr(rest);
}

void wide_operations::invite(device_name_view, std::string_view, duration, call_done done) {
  office_.post([done = std::move(done)] { done(no_gateways()); });
}

void wide_operations::permit_joining(device_name_view, std::string_view, duration, duration,
                                     call_done done) {
  office_.post([done = std::move(done)] { done(no_gateways()); });
}

} // namespace fleet::cloud
