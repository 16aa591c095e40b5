/* The line protocol of clients.md, as far as both Paho programs share it: reading commands and
 * taking them apart. Knows nothing of Paho. */
#ifndef FLEET_INTEROP_CLIENT_LINES_H
#define FLEET_INTEROP_CLIENT_LINES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The words of `connect`, absent ones null. */
struct connect_words {
  char uri[256];
  const char* client_id;
  int clean;
  int keep_alive;
  int version;
  const char* username;
  const char* password;
  const char* ca;
  const char* will_topic;
  int will_qos;
  int will_retain;
  const char* will_payload;
};

/** Cuts the next word off `*rest`; `-` is null. */
static char* next_word(char** rest) {
  char* word = strsep(rest, " ");
  return word == NULL || strcmp(word, "-") == 0 ? NULL : word;
}

static int next_number(char** rest) {
  const char* word = next_word(rest);
  return word == NULL ? 0 : atoi(word);
}

static void read_connect(char* rest, struct connect_words* out) {
  const char* scheme = next_word(&rest);
  const int tls = scheme != NULL && strcmp(scheme, "mqtts") == 0;
  const char* port = next_word(&rest);
  snprintf(out->uri, sizeof out->uri, "%s://%s:%s", tls ? "ssl" : "tcp",
           tls ? "localhost" : "127.0.0.1", port == NULL ? "0" : port);
  out->client_id = next_word(&rest);
  out->clean = next_number(&rest);
  out->keep_alive = next_number(&rest);
  out->version = next_number(&rest);
  out->username = next_word(&rest);
  out->password = next_word(&rest);
  out->ca = next_word(&rest);
  out->will_topic = next_word(&rest);
  out->will_qos = next_number(&rest);
  out->will_retain = next_number(&rest);
  out->will_payload = rest == NULL ? "" : rest;
}

static void answer(const char* text) {
  puts(text);
  fflush(stdout);
}

static void answer_failed(const char* what, int code) {
  printf("failed %s: code %d\n", what, code);
  fflush(stdout);
}

static void answer_message(int qos, int retained, const char* topic, int size,
                           const void* payload) {
  printf("message %d %d %s %.*s\n", qos, retained, topic, size, (const char*)payload);
  fflush(stdout);
}

/** Calls `serve(command, rest)` for each line until the input ends. */
static void serve_lines(void (*serve)(const char* command, char* rest)) {
  char* line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, stdin) > 0) {
    line[strcspn(line, "\n")] = 0;
    char* rest = line;
    const char* command = strsep(&rest, " ");
    serve(command, rest);
  }
  free(line);
}

#endif
