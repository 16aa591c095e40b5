// Stored messages that tell their store when they die.
#include "cloud_sim/message_store.hpp"

#include <memory>

namespace fleet::cloud {

struct message_store::counted : mqtt::stored_message {
  counted(message_store& s, std::string_view t, bytes_view p, message_mark mark) : store(s) {
    topic.assign(t);
    payload.assign(p.begin(), p.end());
    cookie = mark.cookie;
    due = mark.due;
    store.bytes_ += topic.size() + payload.size();
  }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { store.bytes_ -= topic.size() + payload.size(); }

  message_store& store;
};

mqtt::message_ptr message_store::make(std::string_view topic, bytes_view payload,
                                      message_mark mark) {
  return std::make_shared<const counted>(*this, topic, payload, mark);
}

} // namespace fleet::cloud
