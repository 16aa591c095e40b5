// Putting the twins of several homes together.
#include "cloud_sim/wide/wide_twin.hpp"

#include <utility>

#include "cloud_sim/wide/sum_counters.hpp"
#include "hal_sim/world/standstill.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

std::optional<std::string> narrow(const twin_options& options) {
  if (options.store != nullptr && options.store->durable() && options.profile == profile::mqtt) {
    return "what crosses from a client to one of another home would be acknowledged before it is "
           "kept there";
  }
  return std::nullopt;
}

wide_twin::wide_twin(const twin_options& options, places where)
    : where_(std::move(where)), all_(where_.homes),
      between_(all_, {options.limits.retained_max, options.limits.retained_bytes_max,
                      options.limits.tree_nodes_max, options.limits.filter_levels_max,
                      options.limits.stored_bytes_max}),
      coap_(options.coap_listeners) {
  FLEET_CHECK(where_.homes.size() > 1 && where_.office != nullptr && !narrow(options));
  for (std::size_t i = 0; i < coap_.size(); ++i) {
    ferries_.push_back(std::make_unique<coap_ferry>(
        all_, [this](std::uint32_t home) { return twins_[home]->settle(); }));
  }
  for (std::uint32_t i = 0; i < all_.size(); ++i) {
    desks_.push_back(std::make_unique<fault_desk>(all_.home(i)));
    twin_options own = options;
    own.among = &all_;
    own.between = &between_;
    own.number = i;
    own.beside = i == 0 ? nullptr : twins_.front().get();
    own.platform.no_gateways = true;
    own.faults = desks_.back().get();
    own.platform.connects_of_all = &connects_;
    if (i != 0 && options.store != nullptr) {
      own.store = std::make_shared<store>(options.store->beside());
    }
    for (std::size_t n = 0; n < coap_.size(); ++n) {
      own.coap_listeners[n].way = &ferries_[n]->way(i);
    }
    own.command_told = where_.told.empty() ? nullptr : where_.told[i];
    twins_.push_back(std::make_unique<twin>(std::move(own)));
  }
}

wide_twin::~wide_twin() = default;

result<std::vector<hal::address>, start_failure> wide_twin::start() {
  std::vector<hal::address> chosen;
  std::vector<operations*> consoles;
  std::vector<ledger_desk*> ledgers;
  std::vector<fault_desk*> desks;
  for (std::uint32_t i = 0; i < all_.size(); ++i) {
    auto got = twins_[i]->start(all_.home(i));
    if (!got) {
      return got;
    }
    chosen = std::move(got).value();
    consoles.push_back(twins_[i]->console());
    ledgers.push_back(twins_[i]->ledger());
    desks.push_back(desks_[i].get());
  }
  for (std::size_t n = 0; n < coap_.size(); ++n) {
    if (const auto bad = ferries_[n]->open(*twins_.front()->posts(), coap_[n])) {
      return fail(cannot_listen(coap_[n].at, *bad));
    }
  }
  if (consoles.front() != nullptr) {
    console_ = std::make_unique<wide_operations>(std::move(consoles), all_, *where_.office);
    if (twins_.front()->keeps()) {
      console_->settle_by([this](std::uint32_t home) { twins_[home]->settle(); });
    }
  }
  ledger_ = std::make_unique<wide_ledger>(std::move(ledgers));
  faults_ = std::make_unique<wide_faults>(std::move(desks));
  return chosen;
}

void wide_twin::start_commands(const command_options& options) {
  for (const auto& one : twins_) {
    one->start_commands(options);
  }
}

void wide_twin::stop() {
  const hal::standstill still{where_.homes};
  if (console_ != nullptr) {
    console_->end(); // what waits for devices is answered at once
  }
  for (const auto& one : twins_) {
    one->stop();
  }
  for (const auto& one : ferries_) {
    one->close();
  }
}

std::vector<hal::address> wide_twin::coap_addresses() const {
  std::vector<hal::address> out;
  for (const auto& one : ferries_) {
    out.push_back(one->at());
  }
  return out;
}

std::unique_ptr<web_ferry> wide_twin::carry_to(std::vector<web_handler*> each) {
  return std::make_unique<web_ferry>(
      all_, *twins_.front()->posts(), [this](std::uint32_t home) { return twins_[home]->settle(); },
      std::move(each));
}

void wide_twin::on_request(const web_request& request, const responder& reply) {
  const hal::standstill still{where_.homes};
  clear_counters(counted_);
  read(counted_);
  inner_->on_request(request, reply);
  settle(); // the answer leaves by the office
}

void wide_twin::settle() {
  for (const auto& one : twins_) {
    one->settle();
  }
}

void wide_twin::read(twin_counters& sum) const {
  for (const auto& one : twins_) {
    add_counters(one->counters(), sum);
  }
}

void wide_twin::read(std::array<counter, faults::effect_count>& sum) const {
  for (const auto& desk : desks_) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
      add(sum[i], value(desk->counts()[i]));
    }
  }
}

} // namespace fleet::cloud
