/* File locks of all three kinds, one holder and one who waits: `filelocks KIND FILE`. */
#include "scene.h"
#include <sys/file.h>

static const char *path;

static int open_file(void) { return check(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open"); }

static void lock_flock(int fd) { check(flock(fd, LOCK_EX), "flock"); }

static void lock_posix(int fd) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  check(fcntl(fd, F_SETLKW, &whole), "F_SETLKW");
}

static void lock_ofd(int fd) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  check(fcntl(fd, F_OFD_SETLKW, &whole), "F_OFD_SETLKW");
}

static void (*lock)(int fd);

static void be_waiter(void) {
  int fd = open_file();
  say("waiter");
  lock(fd);
}

static void hold_against_waiter(const char *file, void (*kind)(int fd)) {
  path = file;
  lock = kind;
  int fd = open_file();
  lock(fd);
  say("holder");
  pid_t waiter = check(fork(), "fork");
  if (waiter == 0) {
    ends_with_parent();
    close(fd); /* an inherited descriptor would hold the flock and OFD lock too */
    be_waiter();
    _exit(0);
  }
  sleep_forever();
}

static void flock_held(const char *file) { hold_against_waiter(file, lock_flock); }
static void posix_held(const char *file) { hold_against_waiter(file, lock_posix); }
static void ofd_held(const char *file) { hold_against_waiter(file, lock_ofd); }

/* The one who took the flock has ended; what it started holds the descriptor, and so the lock. */
static void be_heir(void) {
  say("holder");
  sleep_forever();
}

static void take_and_leave(void) {
  lock_flock(open_file());
  say("taker");
  leave_behind(be_heir);
}

static void flock_orphan(const char *file) {
  path = file;
  lock = lock_flock;
  reap(spawn(take_and_leave));
  be_waiter();
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"flock", flock_held},
      {"posix", posix_held},
      {"ofd", ofd_held},
      {"flock-orphan", flock_orphan},
      {NULL, NULL},
  };
  return make_trouble(argc, argv, troubles);
}
