/* Paho's synchronous C client behind the line protocol of clients.md. No callbacks are set:
 * messages come by MQTTClient_receive(). */
#define _GNU_SOURCE
#include "client_lines.h"

#include <MQTTClient.h>
#include <time.h>

static MQTTClient client;
static char last_id[256];

static long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void connect_client(char* rest) {
  struct connect_words words;
  read_connect(rest, &words);
  /* A further connect of the same client keeps the library's side of the session. */
  if (client == NULL || strcmp(last_id, words.client_id) != 0) {
    MQTTClient_destroy(&client);
    const int made = MQTTClient_create(&client, words.uri, words.client_id,
                                       MQTTCLIENT_PERSISTENCE_NONE, NULL);
    if (made != MQTTCLIENT_SUCCESS) {
      answer_failed("create", made);
      return;
    }
    snprintf(last_id, sizeof last_id, "%s", words.client_id);
  }
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
  MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
  MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
  options.keepAliveInterval = words.keep_alive;
  options.cleansession = words.clean;
  options.MQTTVersion = words.version;
  options.username = words.username;
  options.password = words.password;
  options.connectTimeout = 30;
  if (words.will_topic != NULL) {
    will.topicName = words.will_topic;
    will.message = words.will_payload;
    will.qos = words.will_qos;
    will.retained = words.will_retain;
    options.will = &will;
  }
  if (words.ca != NULL) {
    tls.trustStore = words.ca;
    tls.enableServerCertAuth = 1;
    tls.verify = 1;
    options.ssl = &tls;
  }
  const int code = MQTTClient_connect(client, &options);
  if (code == MQTTCLIENT_SUCCESS) {
    printf("connected %d\n", options.returned.sessionPresent);
    fflush(stdout);
  } else if (code > 0) {
    printf("refused %d\n", code);
    fflush(stdout);
  } else {
    answer_failed("connect", code);
  }
}

static void expect(int within_ms) {
  const long end = now_ms() + within_ms;
  do {
    char* topic = NULL;
    int topic_size = 0;
    MQTTClient_message* message = NULL;
    const long left = end - now_ms();
    const int code = MQTTClient_receive(client, &topic, &topic_size, &message,
                                        left > 0 ? (unsigned long)left : 1);
    if (message != NULL) {
      answer_message(message->qos, message->retained, topic, message->payloadlen, message->payload);
      MQTTClient_freeMessage(&message);
      MQTTClient_free(topic);
      return;
    }
    if (code != MQTTCLIENT_SUCCESS && code != MQTTCLIENT_TOPICNAME_TRUNCATED) {
      break;
    }
  } while (now_ms() < end);
  answer("nothing");
}

static void wait_until_lost(int within_ms) {
  const long end = now_ms() + within_ms;
  while (MQTTClient_isConnected(client) && now_ms() < end) {
    MQTTClient_yield();
  }
  answer(MQTTClient_isConnected(client) ? "nothing" : "lost");
}

static void publish(char* rest) {
  const int qos = next_number(&rest);
  const int retain = next_number(&rest);
  const char* topic = next_word(&rest);
  MQTTClient_deliveryToken token = 0;
  int code = MQTTClient_publish(client, topic, rest == NULL ? 0 : (int)strlen(rest),
                                rest == NULL ? "" : rest, qos, retain, &token);
  if (code == MQTTCLIENT_SUCCESS && qos > 0) {
    code = MQTTClient_waitForCompletion(client, token, 30000);
  }
  if (code == MQTTCLIENT_SUCCESS) {
    answer("ok");
  } else {
    answer_failed("publish", code);
  }
}

static void serve(const char* command, char* rest) {
  int code = MQTTCLIENT_SUCCESS;
  if (strcmp(command, "connect") == 0) {
    connect_client(rest);
    return;
  }
  if (strcmp(command, "expect") == 0) {
    expect(next_number(&rest));
    return;
  }
  if (strcmp(command, "lost") == 0) {
    wait_until_lost(next_number(&rest));
    return;
  }
  if (strcmp(command, "publish") == 0) {
    publish(rest);
    return;
  }
  if (strcmp(command, "subscribe") == 0) {
    /* The array form puts the granted code into the array. */
    int qos = next_number(&rest);
    char* const filter[] = {next_word(&rest)};
    code = MQTTClient_subscribeMany(client, 1, filter, &qos);
    if (code == MQTTCLIENT_SUCCESS || code == 0x80) {
      printf("granted %d\n", code == 0x80 ? 0x80 : qos);
      fflush(stdout);
    } else {
      answer_failed(command, code);
    }
    return;
  }
  if (strcmp(command, "unsubscribe") == 0) {
    code = MQTTClient_unsubscribe(client, next_word(&rest));
  } else if (strcmp(command, "disconnect") == 0) {
    code = MQTTClient_disconnect(client, 2000);
  } else {
    code = -1;
  }
  if (code == MQTTCLIENT_SUCCESS) {
    answer("ok");
  } else {
    answer_failed(command, code);
  }
}

int main(void) {
  MQTTClient_init_options options = MQTTClient_init_options_initializer;
  options.do_openssl_init = 1;
  MQTTClient_global_init(&options);
  serve_lines(serve);
  MQTTClient_destroy(&client);
  return 0;
}
