// What is valid and hardly meant: each a sentence with what would be usual.
#include <algorithm>

#include <fmt/format.h>

#include "fleet/explain/explain.hpp"
#include "fleet/explain/load_told.hpp"
#include "fleet/judging/expectation.hpp"
#include "fleet/report/judged.hpp"
#include "fleet/run/cloud_traffic.hpp"
#include "fleet/scenario/words.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

using text::format_count;
using text::format_duration;
using sentences = std::vector<std::string>;

void look_at_products(const explanation& e, sentences& out) {
  for (const auto& p : e.plan.products) {
    if (p.devices.count == 0) {
      out.push_back(fmt::format("product {} gets no device: its share of {} is less than one",
                                p.product.name, format_count(e.plan.devices)));
      continue;
    }
    for (const auto& rule : *p.product.report) {
      if (rule.every > e.plan.run_for) {
        out.push_back(fmt::format("product {} reports {} every {}, and the run lasts {}: most of "
                                  "its devices never do",
                                  p.product.name, word_for(rule.what, report_kind_words),
                                  format_duration(rule.every), format_duration(e.plan.run_for)));
      }
    }
    if (p.curve_most_ppm > actors::curve_ppm_most) {
      out.push_back(
          fmt::format("product {} comes to {} of its reports by the stages and daily curve "
                      "{} together, and devices report at most {} as often",
                      p.product.name, percent_said(p.curve_most_ppm), p.product.daily_curve,
                      percent_said(actors::curve_ppm_most)));
    }
    for (const auto& topic : p.product.topics) {
      if (topic.at >= e.plan.run_for) {
        out.push_back(fmt::format("product {} listens to {} from {} on, and the run lasts {}",
                                  p.product.name, topic.filter, format_duration(topic.at),
                                  format_duration(e.plan.run_for)));
      }
    }
  }
}

void look_at_load(const explanation& e, sentences& out) {
  const auto& plan = e.plan;
  const auto end = target_at(plan, plan.run_for);
  for (std::size_t i = 1; i < plan.stage_ends.size(); ++i) {
    if (plan.stage_ends[i - 1] >= plan.run_for) {
      out.push_back(fmt::format("stage {} begins when the run ends, and does nothing; give it, or "
                                "the run, a while",
                                i + 1));
    }
  }
  std::uint32_t after = 0;
  duration ramped{0};
  for (const auto& line : plan.lines) {
    after += line.load.after;
    ramped = line.load.segments.empty() ? ramped : std::max(ramped, line.load.segments.back().end);
  }
  if (e.figures.most_connections == 0) {
    out.push_back("the stages never start a device");
  } else if (end != after && ramped > plan.run_for) {
    out.push_back(fmt::format("the ramp takes {}, longer than the run: {} of {} devices are on "
                              "when it ends",
                              format_duration(ramped), format_count(end),
                              format_count(plan.connections)));
  } else if (e.figures.most_connections < plan.connections) {
    out.push_back(fmt::format("no stage has more than {} of the {} devices that connect on",
                              format_count(e.figures.most_connections),
                              format_count(plan.connections)));
  }
}

void look_at_traffic(const explanation& e, sentences& out) {
  for (const auto& entry : e.plan.cloud_traffic) {
    if (entry.traffic.rate * seconds(e.plan.run_for) < 1) {
      out.push_back(fmt::format("cloud traffic {} to {} comes less than once in {}",
                                word_for(entry.traffic.kind, traffic_kind_words),
                                entry.traffic.product, format_duration(e.plan.run_for)));
    }
  }
}

void look_at_faults(const explanation& e, sentences& out) {
  const auto& plan = e.plan;
  for (const auto& one : e.faults) {
    const auto& f = one.fault;
    if (one.devices == 0 && !one.by_name) {
      out.push_back(fmt::format("fault {} selects no device{}", f.name,
                                one.exact ? "" : "; another seed may"));
    }
    const bool over = f.span == faults::no_end || f.at + f.span <= plan.run_for;
    if (!over) {
      out.push_back(fmt::format("fault {} would end at {}, after the run, which ends it at {}",
                                f.name, format_duration(f.at + f.span),
                                format_duration(plan.run_for)));
    }
    const auto until =
        f.span == faults::no_end ? plan.run_for : std::min(f.at + f.span, plan.run_for);
    if (target_at(plan, f.at) == 0 && target_at(plan, until) == 0) {
      out.push_back(
          fmt::format("fault {} comes at {}, when no device is on", f.name, format_duration(f.at)));
    }
  }
}

void look_at_rollouts(const explanation& e, sentences& out) {
  for (const auto& planned : e.plan.rollouts) {
    const auto& r = planned.rollout;
    const auto left = e.plan.run_for - r.at;
    if (const auto rate = r.rate) {
      const double devices = static_cast<double>(e.plan.products[planned.product].devices.count)
                             * r.percent_ppm / whole_ppm;
      if (devices / *rate > seconds(left)) {
        out.push_back(
            fmt::format("rollout {} offers {} a second to {:.0f} devices, more than it can "
                        "in the {} that are left of the run",
                        r.name, rate_said(*rate), devices, format_duration(left)));
      }
    }
  }
}

/// Why what an expectation names cannot be told of this run; empty: it can.
class decidable {
public:
  explicit decidable(const explanation& e) : e_(e) {}

  [[nodiscard]] std::string why_not(const judging::term& t) const {
    const auto& figure = report::figures().figures[t.figure];
    switch (figure.takes) {
      case judging::argument::latency: return of_latency(t.argument);
      case judging::argument::fault: return of_fault(figure.name, t.argument);
      case judging::argument::direction: return of_ledger(t.argument);
      case judging::argument::nothing:
      case judging::argument::outcome:
      case judging::argument::counter: break;
    }
    if (figure.name == "shadows_waiting" && none([](const auto& p) { return p.shadow; })) {
      return "no product has a shadow";
    }
    return {};
  }

private:
  template <class Test>
  [[nodiscard]] bool none(Test test) const {
    const auto& all = e_.plan.products;
    return std::none_of(all.begin(), all.end(), [&test](const product_plan& p) {
      return p.devices.count != 0 && test(p.product);
    });
  }

  [[nodiscard]] std::string of_latency(std::string_view which) const {
    const auto reports = [](const scenario_product& p) { return !p.report->empty(); };
    if (which == "connect") {
      return {};
    }
    if (which == "download" || which == "update") {
      return e_.plan.rollouts.empty() ? "there is no rollout" : "";
    }
    if (which == "downlink") {
      return commands() ? "" : "cloud_traffic has no command of qos 1 with the ledger's tag";
    }
    if (none(reports)) {
      return "no device sends a report";
    }
    if (which == "publish_ack" && none([&](const scenario_product& p) {
          return reports(p)
                 && (p.qos != mqtt::qos::at_most_once || p.protocol != device_protocol::mqtt);
        })) {
      return "reports of qos 0 are not acknowledged";
    }
    if (which == "publish_reply" && none([&](const scenario_product& p) {
          return reports(p) && p.profile != profile::mqtt;
        })) {
      return "no broker of profile mqtt replies";
    }
    return {};
  }

  /// Whether the scenario's cloud sends what a device acknowledges and the twin times.
  [[nodiscard]] bool commands() const {
    const auto& all = e_.plan.cloud_traffic;
    return std::any_of(all.begin(), all.end(), [this](const traffic_plan& t) {
      const auto& to = e_.plan.products[t.product].product;
      return is_ledger_command(t.traffic, to.profile) && to.qos != mqtt::qos::at_most_once;
    });
  }

  [[nodiscard]] std::string of_fault(std::string_view figure, std::string_view name) const {
    if (figure != "recovered_within") {
      return {};
    }
    for (const auto& one : e_.faults) {
      const auto& f = one.fault;
      const bool to_the_end = f.span == faults::no_end || f.at + f.span >= e_.plan.run_for;
      if (judging::means_fault(name, f.name) && to_the_end) {
        return "the fault lasts until the run ends";
      }
    }
    return {};
  }

  [[nodiscard]] std::string of_ledger(std::string_view which) const {
    const auto tagged = [](const scenario_product& p) {
      return p.profile != profile::mqtt || p.report->empty() || p.report->front().payload.empty()
             || p.report->front().payload.find("{ledger}") != std::string::npos;
    };
    return which != "downlink" && none(tagged) ? "no payload holds {ledger}" : "";
  }

  const explanation& e_;
};

void look_at_expectations(const explanation& e, sentences& out) {
  const decidable can{e};
  for (const auto& line : e.plan.expect) {
    const auto read = judging::read_expectation(line.text, report::figures());
    for (const auto* const side : {&read.value().left, &read.value().right}) {
      for (const auto* const term :
           {&side->what, side->over ? &*side->over : static_cast<const judging::term*>(nullptr)}) {
        if (term == nullptr || term->amount()) {
          continue;
        }
        if (const auto why = can.why_not(*term); !why.empty()) {
          out.push_back(
              fmt::format("expectation {} cannot be decided, and so fails: {}", line.text, why));
        }
      }
    }
  }
}

} // namespace

std::vector<std::string> oddities(const explanation& e) {
  sentences out;
  if (e.empty) {
    out.push_back("the file asks for nothing: all is as `fleet run` has it by default");
  }
  look_at_products(e, out);
  look_at_load(e, out);
  look_at_traffic(e, out);
  look_at_faults(e, out);
  look_at_rollouts(e, out);
  look_at_expectations(e, out);
  return out;
}

} // namespace fleet::program
