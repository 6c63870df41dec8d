/* Tracers, good and bad, and what they hold. */
#include "scene.h"
#include <sys/ptrace.h>

static pid_t target;

/* Makes a syscall every few milliseconds, so that a tracer finds something to stop at. */
static void nap(void) {
  for (;;) usleep(10000);
}

/* Said by the parent: the target itself might be stopped before it can speak. */
static void start_target(void) {
  target = spawn(nap);
  say_pid("target", target);
}

/* Sleeps in read() until the cue: its tracer has nothing to do then, and is in waitpid for sure. */
static int cue[2];

static void read_cue(void) {
  char byte;
  check(read(cue[0], &byte, 1), "read");
  nap();
}

static void start_waiting_target(void) {
  check(pipe2(cue, O_CLOEXEC), "pipe");
  target = spawn(read_cue);
  say_pid("target", target);
}

/* The scene looks that all are in their places, and then sends SIGUSR1. */
static sigset_t go_ahead;

static void wait_for_scene(void) {
  int signal;
  sigwait(&go_ahead, &signal);
}

static void prepare_to_wait_for_scene(void) {
  sigemptyset(&go_ahead);
  sigaddset(&go_ahead, SIGUSR1);
  sigprocmask(SIG_BLOCK, &go_ahead, NULL);
}

/*
 * What strace does: lets `pid` run from one syscall stop to the next. Says so after the first of them: before it the
 * target may sleep, and still have to stop for PTRACE_INTERRUPT.
 */
static void follow(pid_t pid, const char *role) {
  int status;
  check(ptrace(PTRACE_SEIZE, pid, 0, (void *)PTRACE_O_TRACESYSGOOD), "PTRACE_SEIZE");
  check(ptrace(PTRACE_INTERRUPT, pid, 0, 0), "PTRACE_INTERRUPT");
  while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
    int in_call = WSTOPSIG(status) == (SIGTRAP | 0x80);
    int deliver = in_call || status >> 16 ? 0 : WSTOPSIG(status);
    ptrace(PTRACE_SYSCALL, pid, 0, (void *)(long)deliver);
    if (in_call && role) say(role);
    if (in_call) role = NULL;
  }
}

static void be_follower(void) { follow(target, "tracer"); }

/* A tracer at work; the scene stops it, and then lets the target run into its next syscall stop. */
static void working_tracer(const char *_) {
  start_waiting_target();
  pid_t tracer = spawn(be_follower);
  prepare_to_wait_for_scene();
  say("director");
  wait_for_scene();
  check(write(cue[1], "x", 1), "write");
  reap(tracer);
}

/* Attached without ever stopping its tracee, as crash reporters do. */
static void be_bystander(void) {
  check(ptrace(PTRACE_SEIZE, target, 0, 0), "PTRACE_SEIZE");
  say("tracer");
  waitpid(target, NULL, __WALL);
}

static void idle_tracer(const char *_) {
  start_target();
  reap(spawn(be_bystander));
}

/* Takes the stop of `pid` and sits on it. */
static void hold(pid_t pid) {
  check(ptrace(PTRACE_SEIZE, pid, 0, 0), "PTRACE_SEIZE");
  check(ptrace(PTRACE_INTERRUPT, pid, 0, 0), "PTRACE_INTERRUPT");
  check(waitpid(pid, NULL, __WALL), "waitpid");
}

static void be_holder(void) {
  hold(target);
  say("tracer");
  sleep_forever();
}

static void holding_tracer(const char *_) {
  start_target();
  reap(spawn(be_holder));
}

/* As strace does when its tracee gets SIGSTOP: takes notice, and lets SIGCONT end the stop. */
static void listen_to(pid_t pid) {
  int status;
  check(ptrace(PTRACE_SEIZE, pid, 0, 0), "PTRACE_SEIZE");
  say("tracer");
  while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
    int is_stop = status >> 16 == PTRACE_EVENT_STOP;
    int is_group_stop = is_stop && WSTOPSIG(status) != SIGTRAP;
    ptrace(is_group_stop ? PTRACE_LISTEN : PTRACE_CONT, pid, 0, (void *)(long)(is_stop ? 0 : WSTOPSIG(status)));
  }
}

/* Takes notice of the SIGSTOP likewise, and does nothing more. */
static void sit_on_stop(pid_t pid) {
  int status;
  check(ptrace(PTRACE_SEIZE, pid, 0, 0), "PTRACE_SEIZE");
  say("keeper");
  while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) && status >> 16 != PTRACE_EVENT_STOP)
    ptrace(PTRACE_CONT, pid, 0, (void *)(long)WSTOPSIG(status));
  sleep_forever();
}

static void be_listener(void) { listen_to(target); }
static void be_keeper(void) { sit_on_stop(target); }

static void stop_watchers(const char *_) {
  start_target();
  spawn(be_listener);
  target = spawn(nap);
  say_pid("kept", target);
  reap(spawn(be_keeper));
}

/* Top tracer -> middle (itself a tracer) -> target. */
static void chain(const char *_) {
  start_waiting_target();
  pid_t middle = check(fork(), "fork");
  if (middle == 0) {
    ends_with_parent();
    follow(target, "middle");
    _exit(0);
  }
  prepare_to_wait_for_scene();
  say("top");
  wait_for_scene();
  hold(middle);
  check(write(cue[1], "x", 1), "write");
  sleep_forever();
}

/* A third party traces the child, does not wait: the dead child stays hidden from its own parent. */
static void be_child(void) {
  char byte;
  say("child");
  check(read(cue[0], &byte, 1), "read");
  _exit(7);
}

static void be_forgetful(void) {
  check(ptrace(PTRACE_SEIZE, target, 0, 0), "PTRACE_SEIZE");
  say("tracer");
  check(write(cue[1], "x", 1), "write");
  sleep_forever();
}

static void zombie_held(const char *_) {
  check(pipe2(cue, O_CLOEXEC), "pipe");
  target = spawn(be_child);
  spawn(be_forgetful);
  say("parent");
  reap(target);
}

/* The child asked to be traced by a parent that does not know what to do about it. */
static void be_traceme(void) {
  check(ptrace(PTRACE_TRACEME, 0, 0, 0), "PTRACE_TRACEME");
  say("child");
  execl("/bin/sleep", "sleep", "120", (char *)NULL);
}

static void traceme(const char *_) {
  spawn(be_traceme);
  say("parent");
  sleep_forever();
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"working-tracer", working_tracer}, {"idle-tracer", idle_tracer}, {"holding-tracer", holding_tracer},
      {"chain", chain},                   {"zombie-held", zombie_held}, {"traceme", traceme},
      {"stop-watchers", stop_watchers},   {NULL, NULL},
  };
  return make_trouble(argc, argv, troubles);
}
