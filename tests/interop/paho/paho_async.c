/* Paho's asynchronous C client behind the line protocol of clients.md: what its callbacks tell
 * waits under one lock for the command that asks for it. */
#define _GNU_SOURCE
#include "client_lines.h"

#include <MQTTAsync.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>

struct arrived {
  struct arrived* next;
  int qos;
  int retained;
  int size;
  char* topic;
  char* payload;
};

static MQTTAsync client;
static char last_id[256];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct arrived* first;
static struct arrived** last = &first;
static int lost;
static int done;    /* the request under way has ended */
static int failure; /* … with this code, 0 for success */
static int detail;  /* … session present, or the granted QoS */

static void finish(int code, int what) {
  pthread_mutex_lock(&lock);
  done = 1;
  failure = code;
  detail = what;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void on_connected(void* context, MQTTAsync_successData* data) {
  (void)context;
  finish(0, data->alt.connect.sessionPresent);
}
static void on_subscribed(void* context, MQTTAsync_successData* data) {
  (void)context;
  finish(0, data->alt.qos);
}
static void on_success(void* context, MQTTAsync_successData* data) {
  (void)context;
  (void)data;
  finish(0, 0);
}
static void on_failure(void* context, MQTTAsync_failureData* data) {
  (void)context;
  finish(data == NULL || data->code == 0 ? -1 : data->code, 0);
}

static void on_lost(void* context, char* cause) {
  (void)context;
  (void)cause;
  pthread_mutex_lock(&lock);
  lost = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static int on_message(void* context, char* topic, int topic_size, MQTTAsync_message* message) {
  (void)context;
  (void)topic_size;
  struct arrived* a = calloc(1, sizeof *a);
  a->qos = message->qos;
  a->retained = message->retained;
  a->size = message->payloadlen;
  a->topic = strdup(topic);
  a->payload = malloc((size_t)message->payloadlen + 1);
  memcpy(a->payload, message->payload, (size_t)message->payloadlen);
  MQTTAsync_freeMessage(&message);
  MQTTAsync_free(topic);
  pthread_mutex_lock(&lock);
  *last = a;
  last = &a->next;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  return 1;
}

static struct timespec after_ms(int ms) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_sec += ms / 1000;
  t.tv_nsec += (long)(ms % 1000) * 1000000;
  if (t.tv_nsec >= 1000000000) {
    t.tv_nsec -= 1000000000;
    ++t.tv_sec;
  }
  return t;
}

/* Waits for the request that was begun with `begun`; answers its code. */
static int wait_done(int begun) {
  if (begun != MQTTASYNC_SUCCESS) {
    return begun;
  }
  const struct timespec end = after_ms(45000);
  int expired = 0;
  pthread_mutex_lock(&lock);
  while (!done && expired != ETIMEDOUT) {
    expired = pthread_cond_timedwait(&changed, &lock, &end);
  }
  const int code = done ? failure : -99;
  pthread_mutex_unlock(&lock);
  return code;
}

static MQTTAsync_responseOptions request(MQTTAsync_onSuccess* success) {
  MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
  options.onSuccess = success;
  options.onFailure = on_failure;
  done = 0;
  return options;
}

static void connect_client(char* rest) {
  struct connect_words words;
  read_connect(rest, &words);
  if (client == NULL || strcmp(last_id, words.client_id) != 0) {
    MQTTAsync_destroy(&client);
    if (MQTTAsync_create(&client, words.uri, words.client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL)
          != MQTTASYNC_SUCCESS
        || MQTTAsync_setCallbacks(client, NULL, on_lost, on_message, NULL) != MQTTASYNC_SUCCESS) {
      answer_failed("create", -1);
      return;
    }
    snprintf(last_id, sizeof last_id, "%s", words.client_id);
  }
  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
  MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
  MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
  options.keepAliveInterval = words.keep_alive;
  options.cleansession = words.clean;
  options.MQTTVersion = words.version;
  options.username = words.username;
  options.password = words.password;
  options.connectTimeout = 30;
  options.onSuccess = on_connected;
  options.onFailure = on_failure;
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
  lost = 0;
  done = 0;
  const int code = wait_done(MQTTAsync_connect(client, &options));
  if (code == 0) {
    printf("connected %d\n", detail);
    fflush(stdout);
  } else if (code > 0) {
    printf("refused %d\n", code);
    fflush(stdout);
  } else {
    answer_failed("connect", code);
  }
}

static void expect(int within_ms) {
  const struct timespec end = after_ms(within_ms);
  int expired = 0;
  pthread_mutex_lock(&lock);
  while (first == NULL && expired != ETIMEDOUT) {
    expired = pthread_cond_timedwait(&changed, &lock, &end);
  }
  struct arrived* a = first;
  if (a != NULL) {
    first = a->next;
    last = first == NULL ? &first : last;
  }
  pthread_mutex_unlock(&lock);
  if (a == NULL) {
    answer("nothing");
    return;
  }
  answer_message(a->qos, a->retained, a->topic, a->size, a->payload);
  free(a->topic);
  free(a->payload);
  free(a);
}

static void wait_until_lost(int within_ms) {
  const struct timespec end = after_ms(within_ms);
  int expired = 0;
  pthread_mutex_lock(&lock);
  while (!lost && expired != ETIMEDOUT) {
    expired = pthread_cond_timedwait(&changed, &lock, &end);
  }
  const int is_lost = lost;
  pthread_mutex_unlock(&lock);
  answer(is_lost ? "lost" : "nothing");
}

static int disconnect_client(void) {
  MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
  options.onSuccess = on_success;
  options.onFailure = on_failure;
  options.timeout = 2000;
  done = 0;
  return wait_done(MQTTAsync_disconnect(client, &options));
}

static void subscribe(char* rest) {
  const int qos = next_number(&rest);
  MQTTAsync_responseOptions options = request(on_subscribed);
  const int code = wait_done(MQTTAsync_subscribe(client, next_word(&rest), qos, &options));
  if (code == 0 || code == 0x80) {
    printf("granted %d\n", code == 0x80 ? 0x80 : detail);
    fflush(stdout);
  } else {
    answer_failed("subscribe", code);
  }
}

static void serve(const char* command, char* rest) {
  int code = -1;
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
  if (strcmp(command, "subscribe") == 0) {
    subscribe(rest);
    return;
  }
  if (strcmp(command, "publish") == 0) {
    const int qos = next_number(&rest);
    const int retain = next_number(&rest);
    const char* topic = next_word(&rest);
    MQTTAsync_responseOptions options = request(on_success);
    code = wait_done(MQTTAsync_send(client, topic, rest == NULL ? 0 : (int)strlen(rest),
                                    rest == NULL ? "" : rest, qos, retain, &options));
  } else if (strcmp(command, "unsubscribe") == 0) {
    MQTTAsync_responseOptions options = request(on_success);
    code = wait_done(MQTTAsync_unsubscribe(client, next_word(&rest), &options));
  } else if (strcmp(command, "disconnect") == 0) {
    code = disconnect_client();
  }
  if (code == 0) {
    answer("ok");
  } else {
    answer_failed(command, code);
  }
}

int main(void) {
  MQTTAsync_init_options options = MQTTAsync_init_options_initializer;
  options.do_openssl_init = 1;
  MQTTAsync_global_init(&options);
  serve_lines(serve);
  MQTTAsync_destroy(&client);
  return 0;
}
