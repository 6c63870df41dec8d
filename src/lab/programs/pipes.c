/* Pipes whose end of file does not come, and pipes that nobody empties. */
#include "scene.h"
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

/* The classic: waits for the child's exit before it reads the child's output. */
static void full_parent_waits(const char *_) { reap(start_writer()); }

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"held-by-grandchild", held_by_grandchild},
      {"held-epoll", held_epoll},
      {"self-held", self_held},
      {"full", full},
      {"full-parent-waits", full_parent_waits},
      {NULL, NULL},
  };
  return make_trouble(argc, argv, troubles);
}
