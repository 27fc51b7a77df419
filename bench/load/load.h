// What the parts of the load generator share: people, the streams they watch, votes, the options.
#ifndef LOAD_H
#define LOAD_H
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>

typedef int64_t i64;

// --- measuring.c

// Latencies, log-linear: 64 steps an octave, in microseconds.
#define STEPS 64
#define BUCKETS (STEPS * 40)
typedef struct {
  i64 count[BUCKETS], n;
  double longest;
} Histogram;
typedef struct {
  double cpu, kilobytes;
} Usage;

i64 now(void);                                // nanoseconds, monotonic
void note(Histogram *h, i64 nanoseconds);
double quantile(const Histogram *h, double q);  // milliseconds, -1 when empty
void print_histogram(const char *name, const Histogram *h);
Usage server_usage(void);                     // CPU seconds and resident memory of the server
double own_cpu(void);                         // CPU seconds of this program
double busy_cpu(void);                        // CPU seconds that anybody used, all cores

// --- options (main.c)

typedef struct {
  int port, pid, people, concurrent, window, raw, fold;
  double seconds, warm, every, timeout;
  const char *event, *seats, *path, *mode, *watch, *streams;
  const char *questions;
} Options;
extern Options opt;

// --- people (people.c): one connection each

enum State { AWAY, CONNECTING, UPGRADING, OPENING, JOINING, SUBSCRIBING, READY, PAGES };

typedef struct {
  char *words;
  const char *question[64];
  int questions;
} Ballot;

typedef struct {
  int fd, watched, waiting, tries, step;
  enum State state;
  char *buffer;
  int length, capacity;
  char *cookie, *room;
  Ballot *ballot;
  // `held` is of the watched stream.
  i64 began, retry_at, held, event_held, room_held, own_held;
  uint64_t supports;
  int *folded;                                // people behind each question, when opt.fold
} Person;

// A delta of a watched stream, and when everybody had it.
typedef struct {
  i64 revision, last_but_one, last;
  int holders, last_holder;
} Delta;
typedef struct {
  char name[40];
  int people, deltas, capacity;
  Delta *delta;
} Stream;

typedef struct {
  i64 sent, acked, revision;
  int voter, refused;
} Vote;

extern Person *people;
extern Stream *streams;
extern int stream_count, ready, lost, failed, refused, resyncs, connecting;
extern i64 delivered, bytes_in, measuring_since;
extern Vote *votes;
extern Ballot *everybodys;
extern int vote_count;
extern Histogram ack_times, connect_times;
extern int back_off;                           // reconnect as the browser's client does
extern void (*on_delta)(Person *person, Stream *stream);
extern void (*on_ready)(Person *person);

void read_seats(void);
void open_connection(Person *person);
void hang_up(Person *person);
void poll_sockets(int milliseconds);
void send_text(Person *person, const char *text, int length);
void send_vote(Person *person);
void subscribe_all(Person *person);
double connect_everybody(void);
void wait_before_retry(Person *person);
void retry_due(void);
i64 number_after(const char *text, const char *end, const char *key);  // -1 where there is none

// --- http.c: the pages of a full join

void pages_begin(Person *person);
int pages_read(Person *person, char *text, int length);  // bytes used up

#endif
