/* Sleepers with nothing wrong about them, one process a kind of sleep; and a thread pool as runtimes have. */
#include "scene.h"
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

static const struct timespec long_time = {1000, 0};

static void in_pause(void) { sleep_forever(); }
static void in_nanosleep(void) { nanosleep(&long_time, NULL); }

/* Something to watch on which nothing happens. */
static int quiet_descriptor(void) { return check(eventfd(0, EFD_CLOEXEC), "eventfd"); }

static void poll_for(int milliseconds) {
  struct pollfd watched = {quiet_descriptor(), POLLIN, 0};
  poll(&watched, 1, milliseconds);
}

static void in_poll(void) { poll_for(-1); }
static void in_poll_timed(void) { poll_for(1000000); }

static void in_select(void) {
  int fd = quiet_descriptor();
  fd_set watched;
  FD_ZERO(&watched);
  FD_SET(fd, &watched);
  select(fd + 1, &watched, NULL, NULL, NULL);
}

static void in_epoll(void) {
  struct epoll_event event = {.events = EPOLLIN};
  int set = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  check(epoll_ctl(set, EPOLL_CTL_ADD, quiet_descriptor(), &event), "epoll_ctl");
  epoll_wait(set, &event, 1, -1);
}

static void in_sigwait(void) {
  sigset_t set;
  int got;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  sigwait(&set, &got);
}

static void in_sigsuspend(void) {
  sigset_t none;
  sigemptyset(&none);
  sigsuspend(&none);
}

static void in_wait4(void) { reap(spawn(in_nanosleep)); }

static void in_waitid(void) {
  siginfo_t info;
  waitid(P_PID, spawn(in_nanosleep), &info, WEXITED);
}

static int listen_on(struct sockaddr *address, socklen_t size) {
  int fd = check(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  check(bind(fd, address, size), "bind");
  check(listen(fd, 8), "listen");
  return fd;
}

static void in_accept(void) {
  struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  accept(listen_on((void *)&loopback, sizeof loopback), NULL, NULL);
}

static void in_unix_accept(void) {
  struct sockaddr_un unnamed = {.sun_family = AF_UNIX}; /* the kernel gives it an abstract name */
  accept(listen_on((void *)&unnamed, sizeof unnamed.sun_family), NULL, NULL);
}

static void in_udp_recv(void) {
  struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  char byte;
  int fd = check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  check(bind(fd, (void *)&loopback, sizeof loopback), "bind");
  recv(fd, &byte, 1, 0);
}

/* Its only writer is its own live child: a worker that has nothing to say yet. */
static int channel[2];

static void keep_write_end(void) {
  close(channel[0]);
  in_nanosleep();
}

static void in_pipe_read(void) {
  char byte;
  check(pipe2(channel, O_CLOEXEC), "pipe");
  spawn(keep_write_end);
  close(channel[1]);
  check(read(channel[0], &byte, 1), "read");
}

static void in_eventfd(void) {
  eventfd_t value;
  eventfd_read(quiet_descriptor(), &value);
}

static void in_inotify(void) {
  char buffer[4096];
  int fd = check(inotify_init1(IN_CLOEXEC), "inotify_init1");
  check(inotify_add_watch(fd, "/", IN_DELETE_SELF), "inotify_add_watch");
  check(read(fd, buffer, sizeof buffer), "read");
}

/* System V objects outlive their makers; in an IPC namespace of their own they go with it. */
static void in_semop(void) {
  struct sembuf take = {0, -1, 0};
  check(unshare(CLONE_NEWIPC), "unshare(CLONE_NEWIPC)");
  semop(check(semget(IPC_PRIVATE, 1, 0600), "semget"), &take, 1);
}

static void in_msgrcv(void) {
  struct {
    long type;
    char text[1];
  } message;
  check(unshare(CLONE_NEWIPC), "unshare(CLONE_NEWIPC)");
  msgrcv(check(msgget(IPC_PRIVATE, 0600), "msgget"), &message, 1, 0, 0);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t nothing_to_do = PTHREAD_COND_INITIALIZER;

static void in_condvar(void) {
  pthread_mutex_lock(&mutex);
  pthread_cond_wait(&nothing_to_do, &mutex);
}

static void in_condvar_timed(void) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 1000;
  pthread_mutex_lock(&mutex);
  pthread_cond_timedwait(&nothing_to_do, &mutex, &until);
}

static void *be_pool_thread(void *_) {
  in_condvar();
  return NULL;
}

/* As a Go or JVM process looks at rest: one thread in epoll, the others parked on futexes. */
static void in_thread_pool(void) {
  for (int i = 0; i < 12; i++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, be_pool_thread, NULL) != 0) _exit(1);
  }
  in_epoll();
}

static const struct kind {
  const char *name;
  void (*sleep)(void);
} kinds[] = {
    {"pause", in_pause}, {"nanosleep", in_nanosleep}, {"poll", in_poll}, {"poll-timed", in_poll_timed},
    {"select", in_select}, {"epoll", in_epoll}, {"sigwait", in_sigwait}, {"sigsuspend", in_sigsuspend},
    {"wait4", in_wait4}, {"waitid", in_waitid}, {"accept", in_accept}, {"unix-accept", in_unix_accept},
    {"udp-recv", in_udp_recv}, {"pipe-read", in_pipe_read}, {"eventfd", in_eventfd}, {"inotify", in_inotify},
    {"semop", in_semop}, {"msgrcv", in_msgrcv}, {"condvar", in_condvar}, {"condvar-timed", in_condvar_timed},
    {"thread-pool", in_thread_pool},
};

int main(int argc, char **argv) {
  ends_with_parent();
  close_inherited();
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (argc > 1 && strcmp(argv[1], kinds[i].name) != 0) continue;
    if (check(fork(), "fork") > 0) continue;
    ends_with_parent();
    say(kinds[i].name);
    kinds[i].sleep();
    _exit(0);
  }
  say("zoo");
  sleep_forever();
}
