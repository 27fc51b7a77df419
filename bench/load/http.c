// The pages of a full join, as a browser asks for them: form, its answer, the room's page.
#include "load.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static void ask(Person *p, const char *method, const char *path, const char *body) {
  static char text[8192];
  int n = snprintf(text, sizeof text,
                   "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/html\r\n"
                   "Accept-Language: en\r\n%s%s%s",
                   method, path, opt.port, p->cookie ? "Cookie: " : "", p->cookie ? p->cookie : "",
                   p->cookie ? "\r\n" : "");
  if (body)
    n += snprintf(text + n, sizeof text - n,
                  "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n"
                  "\r\n%s",
                  strlen(body), body);
  else
    n += snprintf(text + n, sizeof text - n, "\r\n");
  if (send(p->fd, text, n, MSG_NOSIGNAL) != n) failed++;
}

void pages_begin(Person *p) {
  char path[80];
  p->state = PAGES;
  p->step = 0;
  snprintf(path, sizeof path, "/join/%s", opt.event);
  ask(p, "GET", path, NULL);
}

static void keep_cookie(Person *p, const char *head, const char *end) {
  static const char key[] = "\r\nSet-Cookie: ";
  for (const char *at = head; at + sizeof key < end; at++) {
    if (strncasecmp(at, key, sizeof key - 1)) continue;
    at += sizeof key - 1;
    free(p->cookie);
    p->cookie = strndup(at, strcspn(at, ";\r\n"));
    return;
  }
}

// The value of the form's hidden field, which the caller frees.
static char *field(const char *page, const char *end, const char *name) {
  char key[80];
  int size = snprintf(key, sizeof key, "name=\"%s\" value=\"", name);
  const char *at = memmem(page, end - page, key, size);
  return at ? strndup(at + size, strcspn(at + size, "\"")) : NULL;
}

static void fail(Person *p, const char *why, const char *head) {
  if (failed++ < 3) fprintf(stderr, "%s: %.60s\n", why, head);
  hang_up(p);
}

static void next_page(Person *p, const char *head, const char *page, const char *end) {
  char path[80], body[2048];
  int status = atoi(head + 9);
  keep_cookie(p, head, page);
  if (p->step == 0) {
    char *token = field(page, end, "csrf_token"), *op = field(page, end, "op");
    if (status != 200 || !token || !op) {
      fail(p, "no join form", head);
    } else {
      snprintf(path, sizeof path, "/join/%s", opt.event);
      snprintf(body, sizeof body, "csrf_token=%s&op=%s&name=&room=&affiliation=", token, op);
      p->step = 1;
      ask(p, "POST", path, body);
    }
    free(token);
    free(op);
  } else if (p->step == 1) {
    if (status != 303) {
      fail(p, "no seat", head);
      return;
    }
    snprintf(path, sizeof path, "/room/%s", opt.event);
    p->step = 2;
    ask(p, "GET", path, NULL);
  } else {
    if (status != 200) {
      fail(p, "no room page", head);
      return;
    }
    // The page is there; its script opens the socket.
    p->step = 3;
    i64 began = p->began;
    hang_up(p);
    p->began = began;
    open_connection(p);
  }
}

int pages_read(Person *p, char *text, int length) {
  char *head_end = memmem(text, length, "\r\n\r\n", 4);
  if (!head_end) return 0;
  head_end += 4;
  int size = -1;
  for (char *at = text; at < head_end; at++)
    if (!strncasecmp(at, "\r\ncontent-length:", 17)) size = atoi(at + 17);
  if (size < 0) {
    fail(p, "an answer without a length", text);
    return length;
  }
  if (head_end + size > text + length) return 0;
  next_page(p, text, head_end, head_end + size);
  return (int)(head_end - text) + size;
}
