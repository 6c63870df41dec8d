/* Pipes whose end of file does not come, and pipes and message queues that nobody empties. */
#include "scene.h"
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>

static int ends[2];

/* Holds only the write end, for no reason: as a daemon does that was started with its parent's stdout. */
static void be_holder(void) {
  close(ends[0]);
  say("holder");
  let_go_of_stdout();
  sleep_forever();
}

static void be_middle(void) { leave_behind(be_holder); }

/* The child is started, runs, ends and is waited for; what it started keeps the pipe. */
static void leave_pipe_to_grandchild(void) {
  check(pipe2(ends, O_CLOEXEC), "pipe");
  reap(spawn(be_middle));
  close(ends[1]);
  say("reader");
  let_go_of_stdout();
}

static void read_to_the_end(void) {
  char buffer[512];
  while (read(ends[0], buffer, sizeof buffer) > 0) continue;
}

static void held_by_grandchild(const char *_) {
  leave_pipe_to_grandchild();
  read_to_the_end();
}

/* As the runtimes of Go and Node wait: nobody is in read(2), the pipe is in an epoll set. */
static void held_epoll(const char *_) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET};
  leave_pipe_to_grandchild();
  int set = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  check(fcntl(ends[0], F_SETFL, O_NONBLOCK), "O_NONBLOCK");
  check(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event), "epoll_ctl");
  epoll_wait(set, &event, 1, -1);
}

/* Forgot to close its own copy of the write end after the fork. */
static void self_held(const char *_) {
  check(pipe2(ends, O_CLOEXEC), "pipe");
  pid_t child = check(fork(), "fork");
  if (child == 0) _exit(write(ends[1], "done\n", 5) != 5);
  reap(child);
  say("reader");
  let_go_of_stdout();
  read_to_the_end();
}

static void be_writer(void) {
  char block[4096] = {0};
  close(ends[0]);
  say("writer");
  let_go_of_stdout();
  while (write(ends[1], block, sizeof block) > 0) continue;
}

static pid_t start_writer(void) {
  check(pipe2(ends, O_CLOEXEC), "pipe");
  pid_t writer = spawn(be_writer);
  close(ends[1]);
  say("reader");
  let_go_of_stdout();
  return writer;
}

static void full(const char *_) {
  start_writer();
  sleep_forever();
}

static int queue;

static void be_sender(void) {
  say("sender");
  let_go_of_stdout();
  while (syscall(SYS_mq_timedsend, queue, "job", 3, 0, NULL) == 0) continue;
}

/* A queue of two messages, and a receiver that does something else. Without a name it goes with the two. */
static void queue_full(const char *_) {
  struct mq_attr two = {.mq_maxmsg = 2, .mq_msgsize = 16};
  char name[64];
  snprintf(name, sizeof name, "procdiag-lab-%d", getpid());
  queue = check(syscall(SYS_mq_open, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &two), "mq_open");
  check(syscall(SYS_mq_unlink, name), "mq_unlink");
  spawn(be_sender);
  say("receiver");
  let_go_of_stdout();
  sleep_forever();
}

/* The classic: waits for the child's exit before it reads the child's output. */
static void full_parent_waits(const char *_) { reap(start_writer()); }

/* As event loops write: never blocked in write(2), asleep until there is room. */
static void be_polite_writer(void) {
  char block[4096] = {0};
  close(ends[0]);
  say("writer");
  let_go_of_stdout();
  check(fcntl(ends[1], F_SETFL, O_NONBLOCK), "O_NONBLOCK");
  struct pollfd room = {.fd = ends[1], .events = POLLOUT};
  for (;;)
    if (write(ends[1], block, sizeof block) < 0) check(poll(&room, 1, -1), "poll");
}

static void full_poll(const char *_) {
  check(pipe2(ends, O_CLOEXEC), "pipe");
  spawn(be_polite_writer);
  close(ends[1]);
  say("reader");
  let_go_of_stdout();
  sleep_forever();
}

static int there[2], back[2];

static void fill(int fd) {
  char block[4096] = {0};
  while (write(fd, block, sizeof block) > 0) continue;
}

static void say_and_let_go(const char *role) {
  say(role);
  let_go_of_stdout();
}

/* Takes all that it is given and answers, without ever waiting for its answers to be read. */
static void be_filter(void) {
  char block[4096];
  close(there[1]);
  close(back[0]);
  say_and_let_go("filter");
  for (ssize_t got; (got = read(there[0], block, sizeof block)) > 0;)
    if (write(back[1], block, got) < 0) break;
}

/* Gives a filter all of its input first, and wants to read the output afterwards. */
static void mutual(const char *_) {
  check(pipe2(there, O_CLOEXEC), "pipe");
  check(pipe2(back, O_CLOEXEC), "pipe");
  spawn(be_filter);
  close(there[0]);
  close(back[1]);
  say_and_let_go("feeder");
  fill(there[1]);
}

static void be_reader(void) {
  close(ends[1]);
  say_and_let_go("reader");
  read_to_the_end();
}

/* Waits for a child which reads to the end, and keeps that end open. */
static void stdin_kept(const char *_) {
  check(pipe2(ends, O_CLOEXEC), "pipe");
  pid_t reader = spawn(be_reader);
  close(ends[0]);
  say_and_let_go("parent");
  reap(reader);
}

/* Its thread waits for the end of the pipe to learn of the parent's end, and the process has other work: all is well. */
static void *wait_for_end(void *_) {
  read_to_the_end();
  return NULL;
}

static void be_worker(void) {
  pthread_t thread;
  close(ends[1]);
  say_and_let_go("worker");
  pthread_create(&thread, NULL, wait_for_end, NULL);
  sleep_forever();
}

static void lifeline(const char *_) {
  check(pipe2(ends, O_CLOEXEC), "pipe");
  pid_t worker = spawn(be_worker);
  close(ends[0]);
  say_and_let_go("parent");
  reap(worker);
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"held-by-grandchild", held_by_grandchild},
      {"held-epoll", held_epoll},
      {"self-held", self_held},
      {"full", full},
      {"queue-full", queue_full},
      {"full-parent-waits", full_parent_waits},
      {"full-poll", full_poll},
      {"mutual", mutual},
      {"stdin-kept", stdin_kept},
      {"lifeline", lifeline},
      {NULL, NULL},
  };
  return make_trouble(argc, argv, troubles);
}
