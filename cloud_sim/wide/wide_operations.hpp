// The consoles of a twin's homes as one: what is about one device goes to its home, what is about a
// product to each.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "cloud_sim/neighbours.hpp"
#include "cloud_sim/operations.hpp"

namespace fleet::cloud {

class wide_operations final : public operations {
public:
  /// One for each home; all outlive it. Called while the homes stand still, on `office`, where
  /// answers that take time come too.
  wide_operations(std::vector<operations*> each, const neighbours& all, hal::home& office)
      : each_(std::move(each)), all_(all), office_(office) {}

  /// Answers that take time wait from now on until `settle` has kept what that home has to keep.
  void settle_by(std::function<void(std::uint32_t home)> settle) { settle_ = std::move(settle); }
  /// They wait no more: the homes are about to end. While these stand still.
  void end() noexcept { ended_ = true; }

  [[nodiscard]] std::vector<product_view> products() const override;
  [[nodiscard]] std::vector<device_view> devices(std::string_view product_key,
                                                 std::string_view state, std::uint32_t from,
                                                 std::uint32_t limit) const override;
  [[nodiscard]] result<device_view, operation_failure> device(device_name_view who) const override {
    return of(who).device(who);
  }

  operation_result put_product(std::string_view product_key, const product_change& what) override;
  operation_result add_device(device_name_view who, std::string_view secret) override;
  operation_result delete_device(device_name_view who) override;
  operation_result disable(device_name_view who) override {
    return tell_each([&](operations& one) { return one.disable(who); });
  }
  operation_result enable(device_name_view who) override {
    return tell_each([&](operations& one) { return one.enable(who); });
  }
  operation_result kick(device_name_view who) override { return of(who).kick(who); }

  void set_properties(device_name_view who, std::string_view properties, duration patience,
                      call_done done) override;
  void get_properties(device_name_view who, std::string_view names, duration patience,
                      call_done done) override;
  operation_result set_desired(device_name_view who, std::string_view properties) override {
    return of(who).set_desired(who, properties);
  }
  void call_service(device_name_view who, std::string_view service, std::string_view arguments,
                    duration patience, call_done done) override;
  void rrpc(device_name_view who, std::string_view topic, bytes_view payload, duration patience,
            call_done done) override;

  operation_result shadow(device_name_view who) override { return of(who).shadow(who); }
  operation_result update_shadow(device_name_view who, std::string_view update) override {
    return of(who).update_shadow(who, update);
  }

  operation_result publish(std::string_view topic, bytes_view payload, mqtt::qos q) override;
  operation_result broadcast(std::string_view product_key, std::string_view topic,
                             bytes_view payload) override;
  operation_result topic_classes_of(std::string_view product_key) override {
    return each_.front()->topic_classes_of(product_key);
  }
  operation_result put_topic_class(std::string_view product_key, std::string_view name,
                                   alink::rights may) override;
  operation_result delete_topic_class(std::string_view product_key, std::string_view name) override;
  operation_result set_config(std::string_view product_key, std::string_view content,
                              bool push) override;

  /// Refused: there are no gateways here.
  void invite(device_name_view gateway, std::string_view devices, duration patience,
              call_done done) override;
  void permit_joining(device_name_view gateway, std::string_view product_key, duration span,
                      duration patience, call_done done) override;

private:
  [[nodiscard]] std::uint32_t home_of(device_name_view who) const {
    return all_.home_of(place_of_device(who.product_key, who.device_name));
  }
  [[nodiscard]] operations& of(device_name_view who) const { return *each_[home_of(who)]; }
  [[nodiscard]] bool belongs(const device_view& who, std::size_t home) const {
    return all_.home_of(place_of_device(who.product_key, who.device_name)) == home;
  }
  [[nodiscard]] call_done at_the_office(std::uint32_t home, call_done done) const;
  /// Each is told the same and, as it knows the same, answers the same.
  template <class Call>
  operation_result tell_each(Call call) {
    operation_result first = call(*each_.front());
    for (std::size_t i = 1; first.ok() && i < each_.size(); ++i) {
      if (auto other = call(*each_[i]); !other.ok()) {
        return other;
      }
    }
    return first;
  }

  std::vector<operations*> each_;
  const neighbours& all_;
  hal::home& office_;
  std::function<void(std::uint32_t)> settle_; ///< none: nothing is kept
  bool ended_ = false;
};

} // namespace fleet::cloud
