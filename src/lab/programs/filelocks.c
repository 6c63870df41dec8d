/* File locks of all three kinds, one holder and one who waits: `filelocks KIND FILE`. */
#include "scene.h"
#include <netinet/in.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/sem.h>
#include <sys/socket.h>

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

/* Lends the file for writing (Samba, NFS servers do), and does not give it back when it is asked to by SIGIO. */
static void lease_held(const char *file) {
  path = file;
  int fd = open_file();
  signal(SIGIO, SIG_IGN);
  check(fcntl(fd, F_SETLEASE, F_WRLCK), "F_SETLEASE");
  say("holder");
  if (check(fork(), "fork") == 0) {
    ends_with_parent();
    close(fd);
    say("waiter");
    check(truncate(path, 0), "truncate");
    _exit(0);
  }
  sleep_forever();
}

static int set;

static void take_semaphore(void) {
  struct sembuf take = {.sem_num = 0, .sem_op = -1, .sem_flg = SEM_UNDO};
  check(semop(set, &take, 1), "semop");
}

static void be_stopped_taker(void) {
  take_semaphore();
  say("holder");
  raise(SIGSTOP);
}

/* A semaphore as a lock, in an IPC namespace of its own, with which it ends. */
static void semaphore(const char *_) {
  check(unshare(CLONE_NEWIPC), "unshare(CLONE_NEWIPC)");
  set = check(semget(IPC_PRIVATE, 1, 0600), "semget");
  check(semctl(set, 0, SETVAL, 1), "SETVAL");
  pid_t holder = spawn(be_stopped_taker);
  check(waitpid(holder, NULL, WUNTRACED), "waitpid");
  say("waiter");
  take_semaphore();
}

static int ready[2];

/* Takes `mine`, and wants `theirs` once the other one has it. */
static void take_both(const char *role, const char *mine, const char *theirs) {
  char name[256], sign;
  snprintf(name, sizeof name, "%s-%s", path, mine);
  int first = check(open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open");
  lock_flock(first);
  close(ready[1]); /* the end of the file comes when both have closed it */
  while (read(ready[0], &sign, 1) > 0) continue;
  close(ready[0]);
  snprintf(name, sizeof name, "%s-%s", path, theirs);
  int second = check(open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open");
  say(role);
  lock_flock(second);
}

static void be_second(void) { take_both("second", "b", "a"); }

static void deadlock(const char *file) {
  path = file;
  check(pipe2(ready, O_CLOEXEC), "pipe");
  spawn(be_second);
  take_both("first", "a", "b");
}

static int ends[2];

static void be_logger(void) {
  close(ends[1]);
  say("logger");
  lock(open_file());
}

/* Holds the lock and writes more than the pipe takes, to one who waits for that lock. */
static void lock_and_pipe(const char *file) {
  path = file;
  lock = lock_flock;
  int fd = open_file();
  lock(fd);
  check(pipe2(ends, O_CLOEXEC), "pipe");
  pid_t logger = check(fork(), "fork");
  if (logger == 0) {
    ends_with_parent();
    close(fd);
    be_logger();
    _exit(0);
  }
  close(ends[0]);
  say("writer");
  char block[4096] = {0};
  while (write(ends[1], block, sizeof block) > 0) continue;
}

/* Healthy: workers that take turns to accept, as servers do with an accept mutex. */
static int listener;

static void serve(void) {
  int fd = open_file();
  say("worker");
  lock_flock(fd);
  check(accept(listener, NULL, NULL), "accept");
}

static void accept_mutex(const char *file) {
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  path = file;
  listener = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  check(bind(listener, (struct sockaddr *)&local, sizeof local), "bind");
  check(listen(listener, 5), "listen");
  for (int i = 0; i < 2; i++) spawn(serve);
  say("server");
  while (wait(NULL) > 0) continue;
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"flock", flock_held},
      {"posix", posix_held},
      {"ofd", ofd_held},
      {"flock-orphan", flock_orphan},
      {"lease", lease_held},
      {"semaphore", semaphore},
      {"deadlock", deadlock},
      {"lock-and-pipe", lock_and_pipe},
      {"accept-mutex", accept_mutex},
      {NULL, NULL},
  };
  return make_trouble(argc, argv, troubles);
}
