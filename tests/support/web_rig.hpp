// An HTTP service in a virtual world, a console that writes down what it is asked, and clients that
// ask. For tests of cloud_sim/web; knows no platform.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cloud_sim/operations.hpp"
#include "cloud_sim/web/service.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/base/check.hpp"
#include "protocol/http/client.hpp"

namespace fleet::support {

/// Answers what it is told to; `asked` is one line per call.
class fake_console final : public cloud::operations {
public:
  std::vector<std::string> asked;
  std::vector<cloud::device_view> known;
  std::vector<cloud::product_view> listed;
  cloud::operation_result outcome{std::string{"{}"}};
  std::vector<std::pair<std::string, cloud::operation_failure>> failures; ///< by call's first word
  bool answers_at_once = true;
  cloud::call_result answer{cloud::call_answer{200, "{}"}};
  std::vector<cloud::call_done> waiting;

  [[nodiscard]] std::vector<cloud::product_view> products() const override { return listed; }
  [[nodiscard]] std::vector<cloud::device_view> devices(std::string_view product,
                                                        std::string_view state, std::uint32_t from,
                                                        std::uint32_t limit) const override {
    std::vector<cloud::device_view> out;
    for (const auto& d : known) {
      if (d.index >= from && out.size() < limit && (product.empty() || d.product_key == product)
          && (state.empty() || d.state == state)) {
        out.push_back(d);
      }
    }
    return out;
  }
  [[nodiscard]] result<cloud::device_view, cloud::operation_failure>
  device(cloud::device_name_view who) const override {
    for (const auto& d : known) {
      if (d.product_key == who.product_key && d.device_name == who.device_name) {
        return d;
      }
    }
    return fail(cloud::operation_failure{cloud::operation_error::unknown_device, "no such"});
  }
  cloud::operation_result put_product(std::string_view pk,
                                      const cloud::product_change& what) override {
    return note("put_product", {pk, what.name, what.model, what.node_type});
  }
  cloud::operation_result add_device(cloud::device_name_view who,
                                     std::string_view secret) override {
    return note("add_device", {who.product_key, who.device_name, secret});
  }
  cloud::operation_result delete_device(cloud::device_name_view who) override {
    return note("delete_device", {who.product_key, who.device_name});
  }
  cloud::operation_result disable(cloud::device_name_view who) override {
    return note("disable", {who.product_key, who.device_name});
  }
  cloud::operation_result enable(cloud::device_name_view who) override {
    return note("enable", {who.product_key, who.device_name});
  }
  cloud::operation_result kick(cloud::device_name_view who) override {
    return note("kick", {who.product_key, who.device_name});
  }
  void set_properties(cloud::device_name_view who, std::string_view properties, duration patience,
                      cloud::call_done done) override {
    (void)note("set_properties", {who.product_key, who.device_name, properties, text(patience)});
    take(std::move(done));
  }
  void get_properties(cloud::device_name_view who, std::string_view names, duration patience,
                      cloud::call_done done) override {
    (void)note("get_properties", {who.product_key, who.device_name, names, text(patience)});
    take(std::move(done));
  }
  cloud::operation_result set_desired(cloud::device_name_view who,
                                      std::string_view properties) override {
    return note("set_desired", {who.product_key, who.device_name, properties});
  }
  void call_service(cloud::device_name_view who, std::string_view service,
                    std::string_view arguments, duration patience, cloud::call_done done) override {
    (void)note("call_service",
               {who.product_key, who.device_name, service, arguments, text(patience)});
    take(std::move(done));
  }
  void rrpc(cloud::device_name_view who, std::string_view topic, bytes_view payload,
            duration patience, cloud::call_done done) override {
    (void)note("rrpc", {who.product_key, who.device_name, topic, as_text(payload), text(patience)});
    take(std::move(done));
  }
  cloud::operation_result shadow(cloud::device_name_view who) override {
    return note("shadow", {who.product_key, who.device_name});
  }
  cloud::operation_result update_shadow(cloud::device_name_view who,
                                        std::string_view update) override {
    return note("update_shadow", {who.product_key, who.device_name, update});
  }
  cloud::operation_result publish(std::string_view topic, bytes_view payload,
                                  mqtt::qos q) override {
    return note("publish", {topic, as_text(payload), std::to_string(static_cast<int>(q))});
  }
  cloud::operation_result broadcast(std::string_view pk, std::string_view topic,
                                    bytes_view payload) override {
    return note("broadcast", {pk, topic, as_text(payload)});
  }
  cloud::operation_result topic_classes_of(std::string_view pk) override {
    return note("topic_classes_of", {pk});
  }
  cloud::operation_result put_topic_class(std::string_view pk, std::string_view name,
                                          alink::rights may) override {
    return note("put_topic_class",
                {pk, name, may.may_publish ? "p" : "", may.may_subscribe ? "s" : ""});
  }
  cloud::operation_result delete_topic_class(std::string_view pk, std::string_view name) override {
    return note("delete_topic_class", {pk, name});
  }
  cloud::operation_result set_config(std::string_view pk, std::string_view content,
                                     bool push) override {
    return note("set_config", {pk, content, push ? "push" : "keep"});
  }
  void invite(cloud::device_name_view who, std::string_view devices, duration patience,
              cloud::call_done done) override {
    (void)note("invite", {who.product_key, who.device_name, devices, text(patience)});
    take(std::move(done));
  }
  void permit_joining(cloud::device_name_view who, std::string_view pk, duration span,
                      duration patience, cloud::call_done done) override {
    (void)note("permit", {who.product_key, who.device_name, pk, text(span), text(patience)});
    take(std::move(done));
  }

private:
  static std::string text(duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
  }
  cloud::operation_result note(const std::string& what,
                               std::initializer_list<std::string_view> words) {
    std::string line = what;
    for (const auto w : words) {
      line += '|';
      line += w;
    }
    asked.push_back(line);
    for (auto at = failures.begin(); at != failures.end(); ++at) {
      if (at->first == what) {
        const auto why = at->second;
        failures.erase(at);
        return fail(why);
      }
    }
    return outcome;
  }
  void take(cloud::call_done done) {
    if (answers_at_once) {
      done(answer);
    } else {
      waiting.push_back(std::move(done));
    }
  }
};

/// One connection with an HTTP client machine on it, and what came back.
class web_client final : public hal::stream_events {
public:
  struct answer {
    int status = 0;
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields;
    bool reusable = false;
    [[nodiscard]] std::string field(std::string_view name) const {
      for (const auto& [key, value] : fields) {
        if (http::same_word(key, name)) {
          return value;
        }
      }
      return {};
    }
  };

  web_client(hal::home& where, hal::address peer, stream_filter_factory* security = nullptr)
      : home_(where) {
    machine_.start();
    stream = where.connect({.peer = peer, .security = security}, *this);
  }

  /// Nothing, once the connection has ended.
  void send(const http::request& what) {
    if (closed) {
      return;
    }
    FLEET_CHECK(machine_.send(what, http::delivery::collected, home_.now(), stream->output())
                == http::write_error::none);
  }
  void write(std::string_view octets) {
    if (!closed) {
      stream->output().append(octets);
    }
  }

  hal::stream_ptr stream;
  std::vector<answer> answers;
  std::string raw;    ///< all that came, as it came
  bool parses = true; ///< false: only `raw` is kept
  bool closed = false;

private:
  void on_connected() override {}
  void on_received(bytes_view bytes) override {
    raw += as_text(bytes);
    if (!parses) {
      return;
    }
    machine_.receive(bytes, home_.now());
    while (auto event = machine_.next_event()) {
      if (const auto* done = std::get_if<http::client_event::response_finished>(&*event)) {
        answer a{done->status, std::string{as_text(done->body)}, {}, done->reusable};
        for (const auto& f : done->fields) {
          a.fields.emplace_back(f.name, f.value);
        }
        answers.push_back(std::move(a));
      }
    }
  }
  void on_closed(hal::close_reason, std::string_view) override {
    closed = true;
    stream.reset();
  }

  hal::home& home_;
  http::client_limits limits_{.read = {.body_max = 4 * 1024 * 1024}};
  http::client machine_{limits_};
};

/// A world with one service on a loopback port.
struct web_rig {
  explicit web_rig(cloud::web_handler& handler, const cloud::web_limits& limits = {},
                   stream_filter_factory* security = nullptr)
      : service(world.home(), handler, limits), filter(security) {
    auto got =
        service.listen({.at = hal::parse_address("127.0.0.1:80").value(), .security = security});
    FLEET_CHECK(got.ok());
    at = got.value();
  }
  ~web_rig() { clients.clear(); }

  web_client& connect() {
    clients.push_back(std::make_unique<web_client>(world.home(), at, filter));
    settle();
    return *clients.back();
  }
  /// One request on a connection of its own; status 0: no answer.
  web_client::answer ask(const http::request& what) {
    auto& c = connect();
    c.send(what);
    settle();
    return c.answers.empty() ? web_client::answer{} : c.answers.front();
  }
  web_client::answer ask(std::string_view method, std::string_view target,
                         std::string_view body = {}) {
    return ask({.method = method, .target = target, .host = "localhost", .body = as_bytes(body)});
  }
  void settle(duration span = std::chrono::milliseconds{50}) { world.run_for(span); }

  hal::virtual_world world;
  cloud::web_service service;
  hal::address at;
  stream_filter_factory* filter;
  std::vector<std::unique_ptr<web_client>> clients;
};

} // namespace fleet::support
