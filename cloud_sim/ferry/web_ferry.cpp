// A request is copied for its way, since its views die with the call. Those of the first home go
// the same way: what they are answered with must not leave before it is kept either.
#include "cloud_sim/ferry/web_ferry.hpp"

#include <map>
#include <string>
#include <utility>

#include "cloud_sim/web/post_desk.hpp"
#include "protocol/alink/id2_model.hpp"
#include "protocol/alink/logon.hpp"
#include "protocol/alink/registration.hpp"

namespace fleet::cloud {

/// A request on its way.
struct web_ferry::carried {
  explicit carried(const web_request& r)
      : method(r.method), target(r.target), host(r.host), source(r.source), secure(r.secure) {
    body.append(r.body);
    for (const auto& f : r.fields) {
      fields.emplace_back(f.name, f.value);
    }
  }
  /// `views` is for its fields.
  [[nodiscard]] web_request view(std::vector<http::field>& views) const {
    views.clear();
    for (const auto& [name, value] : fields) {
      views.push_back({name, value});
    }
    return {method, target, host, views, body.view(), source, secure};
  }

  std::string method;
  std::string target;
  std::string host;
  std::vector<std::pair<std::string, std::string>> fields;
  byte_buffer body;
  std::string source;
  bool secure;
};

/// A home's end of the way: what is asked there, and what has been answered and not gone back yet.
/// On its home alone.
class web_ferry::pier final : public answer_taker {
public:
  pier(web_ferry& of, std::uint32_t home) : of_(of), home_(home) {}

  void ask(const carried& what, responder reply, const std::shared_ptr<answer_taker>& self) {
    sweep();
    const auto number = ++asked_;
    waiting_.emplace(number, std::move(reply));
    std::vector<http::field> views;
    of_.each_[home_]->on_request(what.view(views), responder{self, number});
  }

  void answer(std::uint64_t exchange, web_answer what) override {
    const auto found = waiting_.find(exchange);
    if (found == waiting_.end()) {
      return;
    }
    const bool first = out_.empty();
    out_.emplace_back(std::move(found->second), std::move(what));
    waiting_.erase(found);
    if (first) {
      of_.all_.home(home_).post([this] { leave(); });
    }
  }
  void resume(std::uint64_t) override {} // no body comes from a source here

private:
  using answers = std::vector<std::pair<responder, web_answer>>;

  // What they acknowledge is kept first; where it cannot be, the door resets its connections.
  void leave() {
    auto gone = std::make_shared<answers>(std::exchange(out_, {}));
    if (of_.keep_(home_)) {
      of_.all_.home(0).post([gone = std::move(gone)] {
        for (auto& [reply, what] : *gone) {
          reply.answer(std::move(what));
        }
      });
    }
  }

  // Faults have some never answered; they go with their connections.
  void sweep() {
    if (waiting_.size() >= sweep_at_) {
      std::erase_if(waiting_, [](const auto& each) { return !each.second.awaited(); });
      sweep_at_ = 2 * waiting_.size() + 1024;
    }
  }

  web_ferry& of_;
  const std::uint32_t home_;
  std::map<std::uint64_t, responder> waiting_;
  answers out_;
  std::uint64_t asked_ = 0;
  std::size_t sweep_at_ = 1024;
};

web_ferry::web_ferry(neighbours& all, post_door& first, settle keep, std::vector<web_handler*> each)
    : all_(all), door_(first), keep_(std::move(keep)), each_(std::move(each)) {
  for (std::uint32_t home = 0; home < all.size(); ++home) {
    piers_.push_back(std::make_shared<pier>(*this, home));
  }
}

web_ferry::~web_ferry() = default;

void web_ferry::on_request(const web_request& request, const responder& reply) {
  const auto place = place_of(request);
  const auto home = place ? all_.home_of(*place) : 0;
  all_.home(home).post([to = piers_[home], what = std::make_shared<const carried>(request), reply] {
    to->ask(*what, reply, to);
  });
}

std::optional<std::uint64_t> web_ferry::place_of(const web_request& request) {
  const auto path = request.target.substr(0, request.target.find('?'));
  const auto body = as_text(request.body);
  const auto named = [](const auto& asked) -> std::optional<std::uint64_t> {
    return place_of_device(asked.product_key, asked.device_name);
  };
  if (path == alink::post_auth_path) {
    const auto asked = alink::read_post_logon(json_, request.body);
    return asked ? named(*asked) : std::nullopt;
  }
  if (post_desk::concerns(path)) {
    const auto token = http::find_field(request.fields, "password");
    const auto device = token ? device_in_token(*token) : std::nullopt;
    return device ? door_.place_of(*device) : std::nullopt;
  }
  if (path == alink::registration_path) {
    const auto asked = alink::read_registration(body);
    return asked ? named(asked.value()) : std::nullopt;
  }
  if (path == alink::preauth_path) {
    const auto asked = alink::read_preauth(body);
    return asked ? named(asked.value()) : std::nullopt;
  }
  if (path == alink::id2_path) {
    const auto asked = alink::read_id2(body);
    const auto name = asked ? alink::id2_device(asked.value().id2) : std::nullopt;
    return name ? std::optional{place_of_device(asked.value().product_key, *name)} : std::nullopt;
  }
  return std::nullopt;
}

} // namespace fleet::cloud
