/* Burns one CPU, in its own code or in the kernel; politely (nice), as the lab shares the machine. */
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

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"user", in_user}, {"kernel", in_kernel}, {"syscalls", with_syscalls}, {NULL, NULL}};
  check(nice(10), "nice");
  say("process");
  return make_trouble(argc, argv, troubles);
}
