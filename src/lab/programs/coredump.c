/*
 * A process that dumps core into a handler which does not read.
 *   coredump crash                            the process: two threads, dies of the scene's SIGABRT
 *   coredump handle PIDFILE EXPECTED DUMPING  what core_pattern starts, once for each process that crashes
 */
#include "scene.h"
#include <pthread.h>

#define MEMORY (4 << 20) /* more than any pipe takes */

static void *idle(void *_) {
  sleep_forever();
  return NULL;
}

static void crash(const char *_) {
  pthread_t thread;
  char *memory = malloc(MEMORY);
  memset(memory, 'x', MEMORY);
  pthread_create(&thread, NULL, idle, NULL);
  say("crashing");
  let_go_of_stdout();
  sleep_forever();
}

/* Others that crash meanwhile are not ours to hold up: their cores are thrown away. */
static int swallow(void) {
  char block[65536];
  while (read(0, block, sizeof block) > 0) continue;
  return 0;
}

static int handle(const char *pidfile, const char *expected, const char *dumping) {
  ends_after_a_while();
  if (strcmp(expected, dumping) != 0) return swallow();
  FILE *file = fopen(pidfile, "w");
  if (!file) return swallow();
  fprintf(file, "%ld\n", outer_pid());
  fclose(file);
  sleep_forever();
  return 0;
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {{"crash", crash}, {NULL, NULL}};
  if (argc == 5 && strcmp(argv[1], "handle") == 0) return handle(argv[2], argv[3], argv[4]);
  return make_trouble(argc, argv, troubles);
}
