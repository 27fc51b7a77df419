// A load generator for Dialogi and its references: one thread, loopback only. Prints JSON lines.
//   load mode=connect|vote|flood|joins|recovery|hold port=N people=N [KEY=VALUE…]
#include "load.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Options opt;

static const char *option(int count, char **words, const char *key, const char *usual) {
  size_t size = strlen(key);
  for (int i = 1; i < count; i++)
    if (!strncmp(words[i], key, size) && words[i][size] == '=') return words[i] + size + 1;
  return usual;
}

static void read_options(int count, char **words) {
  opt.mode = option(count, words, "mode", "connect");
  opt.port = atoi(option(count, words, "port", "5000"));
  opt.pid = atoi(option(count, words, "pid", "0"));
  opt.people = atoi(option(count, words, "people", "100"));
  opt.concurrent = atoi(option(count, words, "concurrent", "32"));
  opt.window = atoi(option(count, words, "window", "2"));
  opt.raw = atoi(option(count, words, "raw", "0"));
  opt.fold = !strcmp(opt.mode, "recovery");
  opt.seconds = atof(option(count, words, "seconds", "6"));
  opt.warm = atof(option(count, words, "warm", "2"));
  opt.every = atof(option(count, words, "every", "5"));
  opt.timeout = atof(option(count, words, "timeout", "60"));
  opt.event = option(count, words, "event", NULL);
  opt.seats = option(count, words, "seats", NULL);
  opt.watch = option(count, words, "watch", "event");
  opt.streams = option(count, words, "streams", "event");
  opt.path = option(count, words, "path",
                    opt.raw ? "/" : "/socket.io/?EIO=4&transport=websocket");
  opt.questions = option(count, words, "questions", "1");
  srand48(atoi(option(count, words, "seed", "1")));
}

typedef struct {
  Usage server;
  double generator, busy;
  i64 at, delivered, bytes;
} Moment;

static Moment moment(void) {
  return (Moment){server_usage(), own_cpu(), busy_cpu(), now(), delivered, bytes_in};
}

static void print_span(const Moment *from, const Moment *to) {
  double wall = (to->at - from->at) / 1e9;
  double server = to->server.cpu - from->server.cpu, own = to->generator - from->generator;
  printf(",\"wall\":%.3f,\"delivered\":%lld,\"bytes\":%lld,\"server_cpu\":%.3f,"
         "\"generator_cpu\":%.3f,\"foreign\":%.3f,\"server_kb\":%.0f",
         wall, (long long)(to->delivered - from->delivered),
         (long long)(to->bytes - from->bytes), server, own,
         (to->busy - from->busy - server - own) / wall, to->server.kilobytes);
}

static void print_end(void) {
  printf(",\"ready\":%d,\"lost\":%d,\"failed\":%d,\"refused\":%d,\"resyncs\":%d}\n", ready, lost,
         failed, refused, resyncs);
  fflush(stdout);
}

static void connect_phase(void) {
  Moment from = moment();
  double seconds = connect_everybody();
  Moment to = moment();
  printf("{\"phase\":\"connect\",\"people\":%d,\"per_second\":%.1f,\"kb_each\":%.2f", opt.people,
         ready / seconds, (to.server.kilobytes - from.server.kilobytes) / opt.people);
  print_span(&from, &to);
  print_histogram("connect_ms", &connect_times);
  print_end();
}

// --- votes: everybody votes now and then, and we look when everybody else has seen it

// Nanoseconds from sending a vote until every other person held a delta that has it; -1 if never.
static i64 seen_after(const Vote *vote) {
  Stream *s = &streams[people[vote->voter].watched];
  int low = 0, high = s->deltas;
  while (low < high) {
    int middle = (low + high) / 2;
    if (s->delta[middle].revision < vote->revision) low = middle + 1;
    else high = middle;
  }
  if (low == s->deltas) return -1;
  const Delta *d = &s->delta[low];
  i64 at = d->holders < s->people               ? d->last_but_one
           : d->last_holder == vote->voter ? d->last_but_one
                                                : d->last;
  if (d->holders < s->people - 1 || !at) return -1;
  // With nobody else to see it, or everybody sooner than the ack came, it counts from the delta.
  return at - vote->sent;
}

static int unseen_since(int first) {
  int unseen = 0;
  for (int i = first; i < vote_count; i++)
    if (!votes[i].refused && (!votes[i].acked || seen_after(&votes[i]) < 0)) unseen++;
  return unseen;
}

static void vote_phase(void) {
  i64 began = now();
  double next = 0, rate = opt.people / opt.every;
  int first = -1;
  Moment from = {0};
  for (double at; (at = (now() - began) / 1e9) < opt.warm + opt.seconds;) {
    if (first < 0 && at >= opt.warm) {
      first = vote_count;
      from = moment();
      measuring_since = from.at;
    }
    for (; next <= at; next += -log(1 - drand48()) / rate)
      send_vote(&people[(int)(drand48() * opt.people)]);
    poll_sockets(1);
  }
  Moment to = moment();
  int sent = vote_count - first, deltas = 0;
  for (i64 drain = now(); (now() - drain) / 1e9 < 20 && unseen_since(first);) {
    for (int k = 0; k < 20; k++) poll_sockets(5);
    if (!ready) break;
  }
  Histogram *seen = calloc(1, sizeof *seen);
  for (int i = first; i < first + sent; i++)
    if (!votes[i].refused && votes[i].acked && seen_after(&votes[i]) >= 0)
      note(seen, seen_after(&votes[i]));
  for (int s = 0; s < stream_count; s++)
    for (int d = 0; d < streams[s].deltas; d++)
      deltas += streams[s].delta[d].last_but_one >= from.at && streams[s].delta[d].last <= to.at;
  printf("{\"phase\":\"vote\",\"people\":%d,\"streams\":%d,\"sent\":%d,\"unseen\":%d,"
         "\"deltas_each\":%.2f",
         opt.people, stream_count, sent, unseen_since(first), deltas / (double)stream_count);
  print_span(&from, &to);
  print_histogram("ack_ms", &ack_times);
  print_histogram("seen_ms", seen);
  print_end();
}

// --- flood: somebody votes whenever a delta goes out, so that another is always ready

static int next_voter;
static i64 last_delta;

static void vote_again(Person *p, Stream *s) {
  (void)s;
  if (p != people) return;
  last_delta = now();
  for (int k = 0; k < opt.window; k++) send_vote(&people[next_voter++ % opt.people]);
}

static void flood_phase(void) {
  on_delta = vote_again;
  i64 began = now();
  Moment from = {0};
  vote_again(people, NULL);
  for (double at; (at = (now() - began) / 1e9) < opt.warm + opt.seconds;) {
    if (!measuring_since && at >= opt.warm) {
      from = moment();
      measuring_since = from.at;
    }
    if (now() - last_delta > 500000000) vote_again(people, NULL);
    poll_sockets(10);
  }
  Moment to = moment();
  on_delta = NULL;
  printf("{\"phase\":\"flood\",\"people\":%d,\"per_second\":%.0f,\"votes\":%d", opt.people,
         (to.delivered - from.delivered) / ((to.at - from.at) / 1e9), vote_count);
  print_span(&from, &to);
  print_histogram("ack_ms", &ack_times);
  print_end();
}

// --- full joins: pages, form, socket and snapshots, so many at a time

static void joins_phase(void) {
  Moment from = moment();
  double seconds = connect_everybody();
  Moment to = moment();
  printf("{\"phase\":\"joins\",\"people\":%d,\"per_second\":%.1f", opt.people, ready / seconds);
  print_span(&from, &to);
  print_histogram("join_ms", &connect_times);
  print_end();
}

// --- recovery: the server is killed by whoever started us; everybody comes back by themselves

static volatile sig_atomic_t ended;

static void end(int sign) {
  (void)sign;
  ended = 1;
}

static int all_alike(void) {
  for (int i = 1; i < opt.people; i++) {
    if (people[i].held != people[0].held) return 0;
    if (memcmp(people[i].folded, people[0].folded, everybodys->questions * sizeof(int))) return 0;
  }
  return 1;
}

static void recovery_phase(void) {
  back_off = 1;
  // A few votes under way make sure that there is something to catch up with.
  i64 began = now(), told = now();
  int dropped = 0;
  printf("{\"phase\":\"ready\"}\n");
  fflush(stdout);
  while ((now() - began) / 1e9 < opt.timeout) {
    if (!dropped && now() - told > 20000000) {
      told = now();
      send_vote(&people[next_voter++ % opt.people]);
    }
    retry_due();
    poll_sockets(2);
    if (!dropped && lost) dropped = 1;
    if (dropped && lost == opt.people && ready == opt.people) break;
  }
  i64 back = now();
  // What came in while we came back is only counted once everybody has it.
  while ((now() - began) / 1e9 < opt.timeout && !all_alike()) poll_sockets(2), back = now();
  i64 acked = -1;
  for (int i = 0; i < vote_count; i++)
    if (votes[i].acked && votes[i].revision > acked) acked = votes[i].revision;
  printf("{\"phase\":\"recovery\",\"people\":%d,\"back_at_ns\":%lld,\"held\":%lld,\"acked\":%lld,"
         "\"alike\":%s,\"folded\":[",
         opt.people, (long long)back, (long long)people[0].held, (long long)acked,
         all_alike() ? "true" : "false");
  for (int q = 0; q < everybodys->questions; q++) printf("%s%d", q ? "," : "", people[0].folded[q]);
  printf("]");
  print_end();
}

static void hold_phase(void) {
  while (!ended) poll_sockets(50);
}

int main(int count, char **words) {
  read_options(count, words);
  signal(SIGTERM, end);
  signal(SIGPIPE, SIG_IGN);
  read_seats();
  if (!strcmp(opt.mode, "joins")) {
    joins_phase();
    return ready != opt.people;
  }
  connect_phase();
  if (ready != opt.people) return 1;
  if (!strcmp(opt.mode, "vote")) vote_phase();
  if (!strcmp(opt.mode, "flood")) flood_phase();
  if (!strcmp(opt.mode, "recovery")) recovery_phase();
  if (!strcmp(opt.mode, "hold")) hold_phase();
  return 0;
}
