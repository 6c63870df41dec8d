/* Parents waiting for a child that the scene stops: no exit, so no end of the wait. */
#include "scene.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static void be_child(void) {
  say("child");
  sleep_forever();
}

static void wait4_child(const char *_) {
  pid_t child = spawn(be_child);
  say("parent");
  reap(child);
}

/* As Go does since 1.23: the wait goes through a descriptor, the syscall does not show the pid. */
static void waitid_pidfd(const char *_) {
  pid_t child = spawn(be_child);
  int pidfd = check(syscall(SYS_pidfd_open, child, 0), "pidfd_open");
  siginfo_t info;
  say("parent");
  check(waitid(P_PIDFD, pidfd, &info, WEXITED), "waitid");
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"wait4", wait4_child}, {"waitid-pidfd", waitid_pidfd}, {NULL, NULL}};
  return make_trouble(argc, argv, troubles);
}
