// Clocks, histograms and how much processor everybody used.
#include "load.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

i64 now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

void note(Histogram *h, i64 nanoseconds) {
  double us = nanoseconds / 1000.0;
  if (us < 1) us = 1;
  int octave = (int)floor(log2(us));
  int at = octave * STEPS + (int)((us / exp2(octave) - 1) * STEPS);
  h->count[at < 0 ? 0 : at >= BUCKETS ? BUCKETS - 1 : at]++;
  h->n++;
  if (us > h->longest) h->longest = us;
}

double quantile(const Histogram *h, double q) {
  i64 wanted = (i64)ceil(q * h->n), seen = 0;
  if (!h->n) return -1;
  for (int at = 0; at < BUCKETS; at++) {
    seen += h->count[at];
    if (seen >= wanted && seen) {
      double part = (at % STEPS + 0.5) / STEPS;
      return exp2(at / STEPS) * (1 + part) / 1000;
    }
  }
  return h->longest / 1000;
}

void print_histogram(const char *name, const Histogram *h) {
  printf(",\"%s\":{\"n\":%lld,\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"max\":%.2f}", name,
         (long long)h->n, quantile(h, .5), quantile(h, .9), quantile(h, .99),
         h->n ? h->longest / 1000 : -1);
}

Usage server_usage(void) {
  Usage usage = {0, 0};
  char path[64], text[2048];
  snprintf(path, sizeof path, "/proc/%d/stat", opt.pid);
  FILE *file = fopen(path, "r");
  if (!file) return usage;
  size_t n = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[n] = 0;
  char *after_name = strrchr(text, ')');
  unsigned long user = 0, system = 0;
  long pages = 0;
  if (after_name)
    sscanf(after_name + 2,
           "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u %ld",
           &user, &system, &pages);
  usage.cpu = (user + system) / (double)sysconf(_SC_CLK_TCK);
  usage.kilobytes = pages * (sysconf(_SC_PAGESIZE) / 1024.0);
  return usage;
}

double own_cpu(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

double busy_cpu(void) {
  unsigned long t[8] = {0};
  FILE *file = fopen("/proc/stat", "r");
  if (!file) return 0;
  int got = fscanf(file, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", &t[0], &t[1], &t[2], &t[3], &t[4],
                   &t[5], &t[6], &t[7]);
  fclose(file);
  if (got != 8) return 0;
  // All but idle and waiting for the disk; stolen time counts, as somebody else had the core.
  return (t[0] + t[1] + t[2] + t[5] + t[6] + t[7]) / (double)sysconf(_SC_CLK_TCK);
}
