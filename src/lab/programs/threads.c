/* Five threads, of which one alone is in trouble: the leader, which ps shows, sleeps soundly. */
#include "scene.h"
#include <pthread.h>

static void *idle(void *_) {
  sleep_forever();
  return NULL;
}

static void *read_page(void *path) {
  char block[4096];
  prctl(PR_SET_NAME, "page-reader");
  int fd = check(open(path, O_RDONLY), path);
  return (void *)read(fd, block, sizeof block);
}

static void one_reads(const char *path) {
  pthread_t thread;
  for (int i = 0; i < 3; i++) pthread_create(&thread, NULL, idle, NULL);
  pthread_create(&thread, NULL, read_page, (void *)path);
  say("process");
  let_go_of_stdout();
  sleep_forever();
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {{"one-reads", one_reads}, {NULL, NULL}};
  return make_trouble(argc, argv, troubles);
}
