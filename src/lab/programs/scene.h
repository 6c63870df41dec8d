/*
 * What the lab's programs share: how they end, how they tell who is who, how they pick a sub-command.
 *
 * A program prints one line a process, "ROLE PID", and goes on into its trouble; the scene waits until the
 * kernel shows it. Every process ends with its parent and, whatever happens, after SECONDS.
 */
#ifndef SCENE_H
#define SCENE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 120

static inline void ends_after_a_while(void) { alarm(SECONDS); }

static inline void ends_with_parent(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  ends_after_a_while();
}

/* Descriptors that whoever started the lab forgot to close are no part of the story. */
static inline void close_inherited(void) {
  for (long fd = sysconf(_SC_OPEN_MAX) < 4096 ? sysconf(_SC_OPEN_MAX) : 4096; fd > 2; fd--) close(fd);
}

static inline long check(long result, const char *what) {
  if (result < 0) {
    perror(what);
    _exit(1);
  }
  return result;
}

/* In a new PID namespace getpid() says 1: the lab wants the number that its own /proc shows. */
static inline long outer_pid(void) {
  char text[32] = "";
  check(readlink("/proc/self", text, sizeof text - 1), "readlink /proc/self");
  return atol(text);
}

static inline void say_pid(const char *role, long pid) { dprintf(1, "%s %ld\n", role, pid); }
static inline void say(const char *role) { say_pid(role, outer_pid()); }

/* For those whose inherited descriptors would tell a second story (the lab's own pipe on stdout). */
static inline void let_go_of_stdout(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, 1);
  close(null);
}

static inline void sleep_forever(void) {
  for (;;) pause();
}

/* A child that runs `body` and ends with it. */
static inline pid_t spawn(void (*body)(void)) {
  pid_t pid = check(fork(), "fork");
  if (pid == 0) {
    ends_with_parent();
    body();
    _exit(0);
  }
  return pid;
}

/* A child that `parent` leaves behind: runs `body` once it has been adopted by somebody else. */
static inline void leave_behind(void (*body)(void)) {
  pid_t parent = getpid();
  if (check(fork(), "fork") > 0) return;
  ends_after_a_while();
  while (getppid() == parent) usleep(1000);
  body();
  _exit(0);
}

static inline void reap(pid_t pid) {
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
}

/* One way to be in trouble: `PROGRAM NAME [ARGUMENT]`. */
struct trouble {
  const char *name;
  void (*make)(const char *argument);
};

static inline int make_trouble(int argc, char **argv, const struct trouble *troubles) {
  ends_with_parent();
  close_inherited();
  for (; argc > 1 && troubles->name; troubles++) {
    if (strcmp(argv[1], troubles->name) == 0) {
      troubles->make(argc > 2 ? argv[2] : "");
      return 0;
    }
  }
  fprintf(stderr, "no such trouble: %s\n", argc > 1 ? argv[1] : "(none given)");
  return 2;
}

#endif
