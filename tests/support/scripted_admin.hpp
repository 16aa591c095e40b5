// A twin's admin API by hand: answers in the order of a script, and what it was asked.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "fleet/console/admin_api.hpp"

namespace fleet::support {

class scripted_admin final : public program::admin_api {
public:
  /// The next answer.
  void give(std::uint16_t status, std::string body) {
    answers_.push_back({status, std::move(body)});
  }
  void give(std::string body) { give(200, std::move(body)); }

  /// Nobody answers the next question.
  void lose() { answers_.push_back({0, {}}); }

  result<program::admin_answer, std::string> ask(const program::admin_request& what) override {
    asked.push_back(what);
    if (answers_.empty()) {
      return fail(std::string{"nobody is there"});
    }
    auto out = std::move(answers_.front());
    answers_.pop_front();
    if (out.status == 0) {
      return fail(std::string{"nobody is there"});
    }
    return out;
  }

  std::vector<program::admin_request> asked;

private:
  std::deque<program::admin_answer> answers_;
};

} // namespace fleet::support
