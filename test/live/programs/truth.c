/*
 * A program that logs what it does itself, for traces to be held against. Usage: truth LOG THREADS CALLS
 *
 * CALL tid number before after      close(number) was called between these moments (CLOCK_MONOTONIC, ns)
 * WOKE tid number before after      a byte was written to the pipe that the thread after it sleeps on
 * CHILD parent pid before after     a child that sleeps 30 ms and exits with 7 was started, and collected by `after`
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct entry { const char *what; long tid, number, before, after; };

static int threads, calls;
static int pipes[64][2];
static struct entry *log_of[64];
static int logged[64];

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void note(int nth, const char *what, long tid, long number, long before, long after) {
  log_of[nth][logged[nth]++] = (struct entry){what, tid, number, before, after};
}

static void *worker(void *argument) {
  int nth = (int)(long)argument;
  long tid = syscall(SYS_gettid);
  char byte;
  for (int i = 0; i < calls; i++) {
    long number = 1000000 + nth * 100000 + i, before = now();
    close((int)number);
    note(nth, "CALL", tid, number, before, now());
    if (i % 10 != 9) continue;
    /* A ring: each sleeps until the one before it writes. */
    if (nth > 0 && read(pipes[nth][0], &byte, 1) != 1) return NULL;
    before = now();
    if (write(pipes[(nth + 1) % threads][1], "x", 1) != 1) return NULL;
    note(nth, "WOKE", tid, i, before, now());
    if (nth == 0 && read(pipes[0][0], &byte, 1) != 1) return NULL;
  }
  return NULL;
}

int main(int count, char **words) {
  pthread_t ids[64];
  if (count < 4) return 2;
  threads = atoi(words[2]);
  calls = atoi(words[3]);
  for (int i = 0; i < threads; i++) {
    if (pipe(pipes[i]) != 0) return 3;
    log_of[i] = calloc(calls * 2 + 16, sizeof(struct entry));
  }
  for (int i = 0; i < threads; i++) pthread_create(&ids[i], NULL, worker, (void *)(long)i);
  for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
  for (int i = 0; i < 4; i++) {
    long before = now();
    pid_t pid = fork();
    if (pid == 0) {
      usleep(30000);
      _exit(7);
    }
    if (waitpid(pid, NULL, 0) != pid) return 4;
    note(0, "CHILD", getpid(), pid, before, now());
  }
  FILE *file = fopen(words[1], "w");
  for (int i = 0; i < threads; i++)
    for (int k = 0; k < logged[i]; k++) {
      struct entry *e = &log_of[i][k];
      fprintf(file, "%s %ld %ld %ld %ld\n", e->what, e->tid, e->number, e->before, e->after);
    }
  return fclose(file);
}
