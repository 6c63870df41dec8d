/* Never at rest, in its own code or in the kernel; politely (nice), as the lab shares the machine. */
#include "scene.h"

static volatile unsigned long counter;

static void in_user(const char *_) {
  for (;;) counter++;
}

static void in_kernel(const char *_) {
  static char block[1 << 20];
  int zero = check(open("/dev/zero", O_RDONLY | O_CLOEXEC), "/dev/zero");
  for (;;) check(read(zero, block, sizeof block), "read");
}

/* Something for strace to see, a thousand times a second. */
static void with_syscalls(const char *_) {
  for (;;) {
    getppid();
    usleep(1000);
  }
}

#define MOST_CHILDREN 8

/* SIGUSR1: the scene has set the limit. */
static void fork_in_vain(const char *_) {
  sigset_t go;
  int got;
  sigemptyset(&go);
  sigaddset(&go, SIGUSR1);
  sigprocmask(SIG_BLOCK, &go, NULL);
  say("process");
  sigwait(&go, &got);
  for (int children = 0; children < MOST_CHILDREN;) {
    pid_t child = fork();
    if (child == 0) {
      ends_with_parent();
      say("child");
      sleep_forever();
    }
    if (child > 0) children++;
    if (child < 0) usleep(50 * 1000);
  }
  fprintf(stderr, "there is no limit\n");
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"user", in_user}, {"kernel", in_kernel}, {"syscalls", with_syscalls}, {"fork", fork_in_vain}, {NULL, NULL}};
  check(nice(10), "nice");
  if (argc < 2 || strcmp(argv[1], "fork") != 0) say("process");
  return make_trouble(argc, argv, troubles);
}
