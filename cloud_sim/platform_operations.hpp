// The console of the vendor's platform: operations on devices, products, shadows and sessions.
// Every call is a turn of the broker of its own.
#pragma once

#include <functional>

#include "cloud_sim/operations.hpp"
#include "cloud_sim/platform_character.hpp"

namespace fleet::cloud {

/// Products that the console may add.
inline constexpr std::size_t products_max = 10'000;

class platform_operations final : public operations {
public:
  explicit platform_operations(platform_character& platform) : platform_(platform) {}

  [[nodiscard]] std::vector<product_view> products() const override;
  [[nodiscard]] std::vector<device_view> devices(std::string_view product_key,
                                                 std::string_view state, std::uint32_t from,
                                                 std::uint32_t limit) const override;
  [[nodiscard]] result<device_view, operation_failure> device(device_name_view who) const override;

  operation_result put_product(std::string_view product_key, const product_change& what) override;
  operation_result add_device(device_name_view who, std::string_view secret) override;
  operation_result delete_device(device_name_view who) override;
  operation_result disable(device_name_view who) override;
  operation_result enable(device_name_view who) override;
  operation_result kick(device_name_view who) override;

  void set_properties(device_name_view who, std::string_view properties, duration patience,
                      call_done done) override;
  void get_properties(device_name_view who, std::string_view names, duration patience,
                      call_done done) override;
  operation_result set_desired(device_name_view who, std::string_view properties) override;
  void call_service(device_name_view who, std::string_view service, std::string_view arguments,
                    duration patience, call_done done) override;
  void rrpc(device_name_view who, std::string_view topic, bytes_view payload, duration patience,
            call_done done) override;

  operation_result shadow(device_name_view who) override;
  operation_result update_shadow(device_name_view who, std::string_view update) override;

  operation_result publish(std::string_view topic, bytes_view payload, mqtt::qos q) override;
  operation_result broadcast(std::string_view product_key, std::string_view topic,
                             bytes_view payload) override;
  operation_result topic_classes_of(std::string_view product_key) override;
  operation_result put_topic_class(std::string_view product_key, std::string_view name,
                                   alink::rights may) override;
  operation_result delete_topic_class(std::string_view product_key, std::string_view name) override;
  operation_result set_config(std::string_view product_key, std::string_view content,
                              bool push) override;

  void invite(device_name_view gateway, std::string_view devices, duration patience,
              call_done done) override;
  void permit_joining(device_name_view gateway, std::string_view product_key, duration span,
                      duration patience, call_done done) override;

private:
  using found_device = result<device_index, operation_failure>;
  [[nodiscard]] found_device find(device_name_view who) const;
  /// The same for one that may have sub-devices.
  [[nodiscard]] found_device find_gateway(device_name_view who) const;
  /// The devices that a text of invite() names, which must outlive them; or what is wrong with it.
  result<std::vector<alink::device_pair>, operation_failure> read_pairs(std::string_view devices);
  [[nodiscard]] device_view view(device_index device) const;
  /// The product, made if nobody has spoken of it yet and it has devices; or null.
  [[nodiscard]] product* find_product(std::string_view product_key);
  [[nodiscard]] result<std::uint32_t, operation_failure>
  flags_with(std::string_view product_key, std::string_view node_type) const;
  operation_result set_disabled(device_name_view who, bool disabled);
  /// The model of a device's product, or null.
  [[nodiscard]] const tsl::model* model_of(device_index device);
  /// Reads an object of properties into json_; why it is none, or nothing.
  [[nodiscard]] std::optional<operation_failure> read_properties(std::string_view properties);
  [[nodiscard]] std::string system_topic(device_index device, std::string_view tail) const;

  platform_character& platform_;
  json_reader json_;
};

} // namespace fleet::cloud
