// Rounds: registered at their time, unregistered after their span, and again.
#include "actors/device/topic_schedule.hpp"

#include <algorithm>
#include <utility>

#include "protocol/alink/template.hpp"

namespace fleet::actors {

topic_schedule::topic_schedule(const device_parts& of, std::span<const filter_text> own)
    : of_(of), channel_(of),
      connection_(channel_, rules_of(of.product.behaviour == behaviour::sdk)),
      plans_(of.product.features.topics) {
  FLEET_CHECK(plans_.size() <= topics_per_product_max);
  for (const auto& f : own) {
    connection_.hold(f.filter);
  }
  topics_.resize(plans_.size());
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    topics_[i].filter = filter_of(plans_[i]);
  }
}

std::string topic_schedule::filter_of(const topic_plan& plan) const {
  const auto index = of_.slot.board.index();
  const auto compiled = alink::payload_template::compile(plan.filter);
  FLEET_CHECK(compiled.ok()); // whoever made the plan has checked it
  const std::string name = of_.product.speech->name(index);
  alink::template_values values;
  values.device = name;
  values.client = name;
  values.index = index;
  const auto* const triples = of_.product.speech->triples();
  const auto who = triples != nullptr ? triples->at(index) : alink::identity{};
  values.product = who.product_key;
  random_stream random{of_.product.seed, index, "topics"};
  byte_buffer text;
  compiled.value().render(text, values, random);
  if (plan.where == uri_type::undefine || triples == nullptr) {
    return std::string{as_text(text.view())};
  }
  return topic_of(plan.where, {who.product_key, who.device_name}, as_text(text.view()));
}

void topic_schedule::online() {
  connection_.online();
  if (std::exchange(started_, true)) {
    return;
  }
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    topics_[i].due = topics_[i].began = later(now(), plans_[i].at);
  }
}

void topic_schedule::quiet() {
  started_ = true;
  for (auto& t : topics_) {
    t.due = never;
  }
}

time_point topic_schedule::next_timeout() const noexcept {
  time_point next = never;
  for (const auto& t : topics_) {
    next = std::min(next, t.due);
  }
  return next;
}

void topic_schedule::handle_timeout() {
  for (std::uint32_t i = 0; i < topics_.size(); ++i) {
    while (topics_[i].due <= now()) {
      step(i);
    }
  }
}

void topic_schedule::step(std::uint32_t which) {
  const auto& plan = plans_[which];
  auto& t = topics_[which];
  connection_code said = connection_code::done;
  if (!t.on) {
    t.on = true;
    t.began = t.due;
    t.due = plan.span > duration::zero() ? later(t.began, plan.span) : never;
    said = connection_.register_topic(t.filter, plan.qos, *this, which);
  } else {
    t.on = false;
    t.due = plan.every > duration::zero() ? later(t.began, plan.every) : never;
    said = connection_.unregister_topic(t.filter);
  }
  // What was refused before is not there to be given back.
  if (said != connection_code::done && said != connection_code::unknown_topic) {
    bump(of_.around.counts->topics_refused);
  }
}

void topic_schedule::on_topic_message(std::uint32_t token, const mqtt::message_view&) {
  bump(of_.around.counts->topic_messages);
  bump(of_.around.counts->messages_by_topic[token]);
}

void topic_schedule::on_topic_news(std::uint32_t, topic_news what) {
  auto& counts = *of_.around.counts;
  switch (what) {
    case topic_news::registered: bump(counts.topics_registered); return;
    case topic_news::refused: bump(counts.topics_refused); return;
    case topic_news::timed_out: bump(counts.topics_timed_out); return;
    case topic_news::unregistered: bump(counts.topics_unregistered); return;
  }
  FLEET_CHECK(false);
}

std::size_t topic_schedule::memory_bytes() const noexcept {
  std::size_t sum =
      sizeof(*this) + connection_.memory_bytes() + topics_.capacity() * sizeof(listening);
  for (const auto& t : topics_) {
    sum += t.filter.capacity() > std::string{}.capacity() ? t.filter.capacity() + 1 : 0;
  }
  return sum;
}

} // namespace fleet::actors
