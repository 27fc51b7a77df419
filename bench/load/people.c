// Many people over WebSocket: Engine.IO 4 and Socket.IO 5, subscribing, voting, holding deltas.
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_WAIT_MS 400      // static/js/connection.js
#define LONGEST_WAIT_MS 5000
#define SUBSCRIBE_ACKS 8       // ids below are acks of subscribes, the rest of votes

Person *people;
Stream *streams;
int stream_count, ready, lost, failed, refused, resyncs, connecting, vote_count, back_off;
i64 delivered, bytes_in, measuring_since;
Vote *votes;
Ballot *everybodys;
Histogram ack_times, connect_times;
void (*on_delta)(Person *, Stream *);
void (*on_ready)(Person *);

static int poller = -1, vote_capacity;
static char received[1 << 18];

static int stream_named(const char *name) {
  for (int i = 0; i < stream_count; i++)
    if (!strcmp(streams[i].name, name)) return i;
  streams = realloc(streams, (stream_count + 1) * sizeof *streams);
  memset(&streams[stream_count], 0, sizeof *streams);
  snprintf(streams[stream_count].name, sizeof streams->name, "%s", name);
  return stream_count++;
}

// The questions that a person votes on; people of one room share the list.
static Ballot *ballot_of(const char *words) {
  static Ballot *ballots[512];
  static int count;
  for (int i = 0; i < count; i++)
    if (!strcmp(ballots[i]->words, words)) return ballots[i];
  if (count == 512) fprintf(stderr, "too many ballots\n"), exit(2);
  Ballot *ballot = ballots[count++] = calloc(1, sizeof *ballot);
  ballot->words = strdup(words);
  char *copy = strdup(words);
  for (char *q = strtok(copy, ","); q && ballot->questions < 64; q = strtok(NULL, ","))
    ballot->question[ballot->questions++] = q;
  return ballot;
}

// One line a person: COOKIE ROOM QUESTIONS, "-" where there is none. Without a file all are alike.
void read_seats(void) {
  people = calloc(opt.people, sizeof *people);
  FILE *file = opt.seats ? fopen(opt.seats, "r") : NULL;
  if (opt.seats && !file) perror(opt.seats), exit(2);
  static char cookie[4096], room[64], questions[1024], name[80];
  everybodys = ballot_of(opt.questions);
  for (int i = 0; i < opt.people; i++) {
    Person *p = &people[i];
    p->fd = -1;
    p->held = p->event_held = p->room_held = p->own_held = -1;
    p->ballot = everybodys;
    if (file && fscanf(file, "%4095s %63s %1023s", cookie, room, questions) == 3) {
      if (strcmp(questions, "-")) p->ballot = ballot_of(questions);
      p->cookie = strcmp(cookie, "-") ? strdup(cookie) : NULL;
      p->room = strdup(room);
    } else if (file) {
      fprintf(stderr, "%s has no seats for %d people\n", opt.seats, opt.people), exit(2);
    }
    if (!strcmp(opt.watch, "room") && p->room) {
      snprintf(name, sizeof name, "room:%s", p->room);
      p->watched = stream_named(name);
    } else {
      p->watched = stream_named("event");
    }
    streams[p->watched].people++;
    if (opt.fold) {
      p->folded = malloc(everybodys->questions * sizeof(int));
      for (int q = 0; q < everybodys->questions; q++) p->folded[q] = -1;
    }
  }
  if (file) fclose(file);
  poller = epoll_create1(0);
}

void open_connection(Person *p) {
  p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (p->fd < 0) perror("socket"), exit(2);
  int one = 1;
  setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(opt.port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!p->began) p->began = now();
  p->state = CONNECTING;
  p->length = 0;
  connecting++;
  if (connect(p->fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
    failed++;
    hang_up(p);
    return;
  }
  struct epoll_event wanted = {.events = EPOLLOUT | EPOLLIN, .data.ptr = p};
  epoll_ctl(poller, EPOLL_CTL_ADD, p->fd, &wanted);
}

void hang_up(Person *p) {
  if (p->fd < 0) return;
  close(p->fd);
  p->fd = -1;
  p->length = 0;
  if (p->state == READY) ready--, lost++;
  else connecting--;
  p->state = AWAY;
  if (back_off) wait_before_retry(p);
}

// Jittered and doubling, as the browser's client does it.
void wait_before_retry(Person *p) {
  double most = FIRST_WAIT_MS * (double)(1 << (p->tries < 10 ? p->tries : 10));
  if (most > LONGEST_WAIT_MS) most = LONGEST_WAIT_MS;
  p->tries++;
  p->retry_at = now() + (i64)(most * (0.5 + drand48() / 2) * 1e6);
}

void retry_due(void) {
  i64 t = now();
  for (int i = 0; i < opt.people; i++)
    if (people[i].state == AWAY && people[i].retry_at <= t) open_connection(&people[i]);
}

void send_text(Person *p, const char *text, int length) {
  static const unsigned char key[4] = {0x37, 0xfa, 0x21, 0x3d};
  static unsigned char frame[4200];
  int at = 2;
  if (length > 4000) exit(3);
  frame[0] = 0x81;
  if (length < 126) {
    frame[1] = 0x80 | length;
  } else {
    frame[1] = 0x80 | 126;
    frame[2] = length >> 8;
    frame[3] = length & 255;
    at = 4;
  }
  memcpy(frame + at, key, 4);
  at += 4;
  for (int i = 0; i < length; i++) frame[at + i] = text[i] ^ key[i & 3];
  if (send(p->fd, frame, at + length, MSG_NOSIGNAL) != at + length) failed++;
}

static void send_upgrade(Person *p) {
  static char text[6000];
  int n = snprintf(text, sizeof text,
                   "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Sec-WebSocket-Version: 13\r\nAccept-Language: en\r\n%s%s%s\r\n",
                   opt.path, opt.port, p->cookie ? "Cookie: " : "", p->cookie ? p->cookie : "",
                   p->cookie ? "\r\n" : "");
  if (send(p->fd, text, n, MSG_NOSIGNAL) != n) failed++;
  p->state = UPGRADING;
}

static void writable(Person *p) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) {
    failed++;
    hang_up(p);
    return;
  }
  struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = p};
  epoll_ctl(poller, EPOLL_CTL_MOD, p->fd, &wanted);
  if (!strcmp(opt.mode, "joins") && p->step < 3) pages_begin(p);
  else send_upgrade(p);
}

static void is_ready(Person *p) {
  connecting--;
  ready++;
  p->state = READY;
  p->tries = 0;
  note(&connect_times, now() - p->began);
  p->began = 0;
  if (on_ready) on_ready(p);
}

static void subscribe(Person *p, int ack, const char *stream, i64 since) {
  char text[160];
  int n = since < 0
              ? snprintf(text, sizeof text, "42%d[\"subscribe\",{\"stream\":\"%s\"}]", ack, stream)
              : snprintf(text, sizeof text,
                         "42%d[\"subscribe\",{\"stream\":\"%s\",\"revision\":%lld}]", ack, stream,
                         (long long)since);
  p->waiting++;
  send_text(p, text, n);
}

static void subscribe_room(Person *p) {
  char room[80];
  snprintf(room, sizeof room, "room:%s", p->room);
  subscribe(p, 1, room, strcmp(opt.watch, "room") ? p->room_held : p->held);
}

void subscribe_all(Person *p) {
  p->state = SUBSCRIBING;
  p->waiting = 0;
  if (strstr(opt.streams, "event"))
    subscribe(p, 0, "event", strcmp(opt.watch, "room") ? p->held : p->event_held);
  if (strstr(opt.streams, "me")) subscribe(p, 2, "me", p->own_held);
  if (strstr(opt.streams, "room") && p->room) subscribe_room(p);
  if (!p->waiting) is_ready(p);
}

i64 number_after(const char *text, const char *end, const char *key) {
  size_t size = strlen(key);
  const char *at = memmem(text, end - text, key, size);
  if (!at) return -1;
  at += size;
  i64 value = 0;
  if (at >= end || *at < '0' || *at > '9') return -1;
  for (; at < end && *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0');
  return value;
}

// The support entities of a message, into the person's own picture.
static void fold(Person *p, const char *text, const char *end) {
  static const char key[] = "{\"type\":\"support\",\"id\":\"";
  while ((text = memmem(text, end - text, key, sizeof key - 1))) {
    text += sizeof key - 1;
    size_t size = strcspn(text, "\"");
    for (int q = 0; q < everybodys->questions; q++)
      if (!strncmp(everybodys->question[q], text, size) && !everybodys->question[q][size])
        p->folded[q] = (int)number_after(text, end, "\"people\":");
  }
}

static Delta *delta_at(Stream *s, i64 revision) {
  if (!s->deltas || s->delta[s->deltas - 1].revision < revision) {
    if (s->deltas == s->capacity) {
      s->capacity = s->capacity ? s->capacity * 2 : 1024;
      s->delta = realloc(s->delta, s->capacity * sizeof *s->delta);
    }
    memset(&s->delta[s->deltas], 0, sizeof *s->delta);
    s->delta[s->deltas].revision = revision;
    return &s->delta[s->deltas++];
  }
  int at = s->deltas - 1;
  while (at > 0 && s->delta[at - 1].revision >= revision) at--;
  return &s->delta[at];
}

static void holds(Person *p, i64 revision, i64 at) {
  Stream *s = &streams[p->watched];
  if (revision <= p->held) return;
  Delta *delta = delta_at(s, revision);
  // Whoever was resynchronised holds the deltas before it as well.
  for (; delta >= s->delta && delta->revision > p->held; delta--) {
    if (delta->revision > revision) continue;
    delta->holders++;
    if (delta->holders == s->people - 1) delta->last_but_one = at;
    if (delta->holders == s->people) delta->last = at, delta->last_holder = (int)(p - people);
  }
  p->held = revision;
}

static void take_delta(Person *p, char *text, char *end, i64 at) {
  char *head_end = end - text > 200 ? text + 200 : end;
  i64 revision = number_after(text, head_end, "\"revision\":");
  Stream *s = &streams[p->watched];
  char *name = memmem(text, head_end - text, "\"stream\":\"", 10);
  if (!name || revision < 0) return;
  name += 10;
  size_t size = strlen(s->name);
  int is_watched = !strncmp(name, s->name, size) && name[size] == '"';
  if (is_watched) {
    holds(p, revision, at);
    delivered++;
  } else if (!strncmp(name, "me\"", 3)) {
    p->own_held = revision;
  } else if (!strncmp(name, "room:", 5)) {
    p->room_held = revision;
  } else {
    p->event_held = revision;
  }
  if (p->folded) fold(p, text, end);
  if (is_watched && on_delta) on_delta(p, s);
}

// Who has just joined learns from the seat which room to follow.
static void learn_room(Person *p, const char *text, const char *end) {
  const char *at = memmem(text, end - text, "\"room\":\"", 8);
  if (p->room || !at || !strstr(opt.streams, "room")) return;
  p->room = strndup(at + 8, strcspn(at + 8, "\""));
  subscribe_room(p);
}

static void take_ack(Person *p, char *text, char *end, i64 at) {
  i64 number = 0;
  for (; text < end && *text >= '0' && *text <= '9'; text++) number = number * 10 + (*text - '0');
  char *head_end = end - text > 300 ? text + 300 : end;
  int ok = memmem(text, head_end - text, "\"ok\":true", 9) != NULL;
  i64 revision = number_after(text, head_end, "\"revision\":");
  if (number >= SUBSCRIBE_ACKS) {
    number -= SUBSCRIBE_ACKS;
    if (number >= vote_count) return;
    votes[number].acked = at;
    votes[number].revision = revision;
    votes[number].refused = !ok;
    if (!ok && refused++ < 3) fprintf(stderr, "refused: %.*s\n", (int)(end - text), text);
    if (measuring_since && votes[number].sent >= measuring_since)
      note(&ack_times, at - votes[number].sent);
    return;
  }
  if (!ok) {
    if (failed++ < 3) fprintf(stderr, "refused: %.*s\n", (int)(end - text), text);
    hang_up(p);
    return;
  }
  if (p->folded) fold(p, text, end);
  if (number == 2) {
    p->own_held = revision;
    learn_room(p, text, end);
  } else if ((number == 1) == !strcmp(opt.watch, "room")) {
    p->held = revision;
  } else if (number == 1) {
    p->room_held = revision;
  } else {
    p->event_held = revision;
  }
  if (p->state == SUBSCRIBING && --p->waiting == 0) is_ready(p);
}

static void take_message(Person *p, char *text, int length, i64 at) {
  char *end = text + length;
  if (length < 1) return;
  if (*text == '2') {
    send_text(p, "3", 1);
  } else if (*text == '0') {
    char hello[160];
    int n = opt.event ? snprintf(hello, sizeof hello,
                                 "40{\"event\":\"%s\",\"role\":\"participant\"}", opt.event)
                      : snprintf(hello, sizeof hello, "40");
    p->state = JOINING;
    send_text(p, hello, n);
  } else if (*text == '1') {
    hang_up(p);
  } else if (*text == '4' && length > 1) {
    if (text[1] == '2') {
      if (length > 9 && !memcmp(text + 2, "[\"delta\"", 8)) take_delta(p, text, end, at);
      else if (length > 10 && !memcmp(text + 2, "[\"resync\"", 9)) resyncs++, subscribe_all(p);
    } else if (text[1] == '3') {
      take_ack(p, text + 2, end, at);
    } else if (text[1] == '0' && p->state == JOINING) {
      subscribe_all(p);
    } else if (text[1] == '4' || text[1] == '1') {
      if (failed++ < 3) fprintf(stderr, "turned away: %.*s\n", length, text);
      hang_up(p);
    }
  }
}

// The frames in `text`; how many bytes were used up.
static int take_frames(Person *p, char *text, int n, i64 at) {
  int used = 0;
  while (n - used >= 2 && p->fd >= 0) {
    unsigned char *frame = (void *)(text + used);
    uint64_t length = frame[1] & 127;
    int head = 2;
    if (length == 126) {
      if (n - used < 4) break;
      length = frame[2] << 8 | frame[3];
      head = 4;
    } else if (length == 127) {
      if (n - used < 10) break;
      length = 0;
      for (int i = 2; i < 10; i++) length = length << 8 | frame[i];
      head = 10;
    }
    if ((uint64_t)(n - used - head) < length) break;
    int code = frame[0] & 15;
    if (code == 8) hang_up(p);
    else if (code == 1) take_message(p, text + used + head, (int)length, at);
    used += head + (int)length;
  }
  return used;
}

static int take_upgrade(Person *p, char *text, int n) {
  char *end = memmem(text, n, "\r\n\r\n", 4);
  if (!end) return 0;
  if (n < 12 || memcmp(text + 9, "101", 3)) {
    if (failed++ < 3) fprintf(stderr, "no upgrade: %.*s\n", n > 60 ? 60 : n, text);
    hang_up(p);
    return n;
  }
  p->state = OPENING;
  if (opt.raw) subscribe_all(p);
  return (int)(end + 4 - text);
}

static void readable(Person *p) {
  int n = (int)recv(p->fd, received, sizeof received, 0);
  i64 at = now();
  if (n <= 0) {
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (p->state != READY) failed++;
    hang_up(p);
    return;
  }
  bytes_in += n;
  char *text = received;
  if (p->length) {
    if (p->length + n > p->capacity) {
      p->capacity = p->length + n + 4096;
      p->buffer = realloc(p->buffer, p->capacity);
    }
    memcpy(p->buffer + p->length, received, n);
    n = p->length += n;
    text = p->buffer;
  }
  int used = 0, step = -1;
  while (step && used < n && p->fd >= 0) {
    step = p->state == PAGES       ? pages_read(p, text + used, n - used)
           : p->state == UPGRADING ? take_upgrade(p, text + used, n - used)
                                   : take_frames(p, text + used, n - used, at);
    used += step;
  }
  if (p->fd < 0) return;
  int rest = n - used;
  if (rest && text == p->buffer) {
    memmove(p->buffer, text + used, rest);
  } else if (rest) {
    if (rest > p->capacity) {
      p->capacity = rest + 4096;
      p->buffer = realloc(p->buffer, p->capacity);
    }
    memcpy(p->buffer, text + used, rest);
  } else if (p->buffer) {
    free(p->buffer);
    p->buffer = NULL;
    p->capacity = 0;
  }
  p->length = rest;
}

void poll_sockets(int milliseconds) {
  struct epoll_event found[512];
  int n = epoll_wait(poller, found, 512, milliseconds);
  for (int i = 0; i < n; i++) {
    Person *p = found[i].data.ptr;
    if (p->fd < 0) continue;
    if (p->state != CONNECTING) readable(p);
    else if (found[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) writable(p);
  }
}

double connect_everybody(void) {
  i64 began = now(), again = began;
  int next = 0;
  while (ready < opt.people && (now() - began) / 1e9 < opt.timeout) {
    for (int k = 0; k < 64 && next < opt.people && connecting < opt.concurrent; k++)
      open_connection(&people[next++]);
    if (next == opt.people && now() - again > 200000000) {
      again = now();
      for (int i = 0; i < opt.people && connecting < opt.concurrent; i++)
        if (people[i].state == AWAY) open_connection(&people[i]);
    }
    poll_sockets(1);
  }
  return (now() - began) / 1e9;
}

static uint64_t random_bits(void) {
  static uint64_t x = 0;
  if (!x) x = (uint64_t)now() | 1;
  x ^= x << 13, x ^= x >> 7, x ^= x << 17;
  return x;
}

void send_vote(Person *p) {
  if (p->state != READY) return;
  if (vote_count == vote_capacity) {
    vote_capacity = vote_capacity ? vote_capacity * 2 : 65536;
    votes = realloc(votes, vote_capacity * sizeof *votes);
  }
  int q = (int)(random_bits() % p->ballot->questions);
  p->supports ^= 1ULL << q;
  uint64_t a = random_bits(), b = random_bits();
  char text[220];
  int n = snprintf(
      text, sizeof text,
      "42%d[\"vote.set\",{\"op\":\"%08x-%04x-4%03x-8%03x-%012llx\",\"question\":\"%s\",\"on\":%s}]",
      vote_count + SUBSCRIBE_ACKS, (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
      (unsigned)(a & 0xfff), (unsigned)(b >> 52), (unsigned long long)(b & 0xffffffffffff),
      p->ballot->question[q], p->supports >> q & 1 ? "true" : "false");
  votes[vote_count++] = (Vote){.sent = now(), .revision = -1, .voter = (int)(p - people)};
  send_text(p, text, n);
}
