/* Why a signal seems to do nothing. */
#include "scene.h"
#include <sys/signalfd.h>

static void ignored(const char *_) {
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  say("process");
  sleep_forever();
}

static sigset_t block_sigterm(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  check(sigprocmask(SIG_BLOCK, &set, NULL), "sigprocmask");
  return set;
}

static void blocked_pending(const char *_) {
  block_sigterm();
  kill(getpid(), SIGTERM);
  say("process");
  sleep_forever();
}

static void by_signalfd(const char *_) {
  struct signalfd_siginfo info;
  sigset_t set = block_sigterm();
  int fd = check(signalfd(-1, &set, SFD_CLOEXEC), "signalfd");
  say("process");
  check(read(fd, &info, sizeof info), "read");
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"ignored", ignored}, {"blocked-pending", blocked_pending}, {"signalfd", by_signalfd}, {NULL, NULL}};
  return make_trouble(argc, argv, troubles);
}
