/* Those who use files, plainly: what they meet there is made by the scene. `files WHAT PATH`. */
#include "scene.h"
#include <sys/stat.h>

#define BLOCK 65536

static char *aligned_block(void) {
  void *block;
  if (posix_memalign(&block, 4096, BLOCK)) _exit(1);
  memset(block, 'x', BLOCK);
  return block;
}

static void speak(const char *role) {
  say(role);
  let_go_of_stdout();
}

/* The scene goes on when it has prepared the trouble. */
static void await_go(void) {
  sigset_t go;
  int got;
  sigemptyset(&go);
  sigaddset(&go, SIGUSR1);
  sigwait(&go, &got);
}

static void block_go(void) {
  sigset_t go;
  sigemptyset(&go);
  sigaddset(&go, SIGUSR1);
  sigprocmask(SIG_BLOCK, &go, NULL);
}

static void look(const char *path) {
  struct stat found;
  speak("looker");
  check(stat(path, &found), path);
}

static void make_directory(const char *path) {
  speak("maker");
  check(mkdir(path, 0755), path);
}

static void read_once(const char *path) {
  speak("reader");
  int fd = check(open(path, O_RDONLY), path);
  check(read(fd, aligned_block(), BLOCK), path);
}

static void read_direct(const char *path) {
  speak("reader");
  int fd = check(open(path, O_RDONLY | O_DIRECT), path);
  check(read(fd, aligned_block(), BLOCK), path);
}

/* Healthy and busy: in D whenever one looks, and getting on all the time. */
static void read_direct_for_ever(const char *path) {
  char *block = aligned_block();
  speak("reader");
  int fd = check(open(path, O_RDONLY | O_DIRECT), path);
  for (off_t at = 0;; at += BLOCK)
    if (check(pread(fd, block, BLOCK, at), path) == 0) at = -BLOCK;
}

static void read_now_and_then(const char *path) {
  char *block = aligned_block();
  speak("reader");
  int fd = check(open(path, O_RDONLY), path);
  for (;;) {
    check(pread(fd, block, BLOCK, 0), path);
    usleep(20 * 1000);
  }
}

static void append(const char *path) {
  int fd = check(open(path, O_WRONLY | O_CREAT | O_APPEND, 0644), path);
  speak("writer");
  for (;;) {
    check(write(fd, "line\n", 5), path);
    usleep(20 * 1000);
  }
}

static void sync_what_was_written(const char *path) {
  int fd = check(open(path, O_RDWR | O_CREAT, 0644), path);
  check(write(fd, aligned_block(), BLOCK), path);
  block_go();
  speak("writer");
  await_go();
  check(fsync(fd), path);
}

int main(int argc, char **argv) {
  static const struct trouble uses[] = {{"look", look},
                                        {"mkdir", make_directory},
                                        {"read", read_once},
                                        {"read-direct", read_direct},
                                        {"read-direct-for-ever", read_direct_for_ever},
                                        {"read-now-and-then", read_now_and_then},
                                        {"append", append},
                                        {"fsync", sync_what_was_written},
                                        {NULL, NULL}};
  return make_trouble(argc, argv, uses);
}
