/* PID namespaces: their inits, those who enter from outside, and what keeps them from ending. */
#include "scene.h"
#include <sched.h>

static pid_t init_pid;

/* A child that is PID 1 of a namespace of its own. */
static pid_t spawn_init(void (*body)(void)) {
  pid_t pid = check(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0), "clone(CLONE_NEWPID)");
  if (pid == 0) {
    ends_with_parent();
    body();
    _exit(0);
  }
  return pid;
}

/* What `nsenter -t PID -p` does: the caller stays outside, its next children are born inside. */
static void enter_namespace_of(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/pid", pid);
  int fd = check(open(path, O_RDONLY | O_CLOEXEC), path);
  check(setns(fd, CLONE_NEWPID), "setns");
  close(fd);
}

static void be_plain_init(void) {
  say("init");
  sleep_forever();
}

static void be_reaping_init(void) {
  say("init");
  signal(SIGCHLD, SIG_IGN); /* the kernel reaps for it */
  sleep_forever();
}

/* Each worker leaves an orphan behind, which dies too: init gets both and waits for neither. */
static void exit_at_once(void) {}
static void be_worker(void) { leave_behind(exit_at_once); }

static void be_careless_init(void) {
  for (int i = 0; i < 4; i++) spawn(be_worker);
  say("init");
  sleep_forever();
}

static void not_reaping(const char *_) { reap(spawn_init(be_careless_init)); }

static void ignores_sigterm(const char *_) {
  init_pid = spawn_init(be_plain_init);
  kill(init_pid, SIGTERM); /* comes to nothing: no handler, and it is a namespace's init */
  reap(init_pid);
}

static void be_member(void) {
  say("injected");
  sleep_forever();
}

static void be_short_member(void) { say("zombie"); }

static void be_waiting_parent(void) {
  enter_namespace_of(init_pid);
  say("parent");
  reap(spawn(be_member));
}

static void be_forgetful_parent(void) {
  enter_namespace_of(init_pid);
  say("parent");
  spawn(be_short_member);
  sleep_forever();
}

static void injected(const char *_) {
  init_pid = spawn_init(be_reaping_init);
  spawn(be_waiting_parent);
  reap(init_pid);
}

static void injected_zombie(const char *_) {
  init_pid = spawn_init(be_reaping_init);
  spawn(be_forgetful_parent);
  reap(init_pid);
}

/* Waits for its init as a container runtime does; the scene kills that init. */
static void teardown(const char *_) {
  say("runtime");
  injected_zombie(_);
}

/* `unshare -p COMMAND` without --fork: the first child was the namespace's init, and has ended. */
static void fork_enomem(const char *_) {
  check(unshare(CLONE_NEWPID), "unshare");
  pid_t first = check(fork(), "fork");
  if (first == 0) _exit(0);
  reap(first);
  if (fork() >= 0 || errno != ENOMEM) check(-1, "a second fork should fail with ENOMEM");
  say("shell");
  sleep_forever();
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"not-reaping", not_reaping}, {"ignores-sigterm", ignores_sigterm}, {"injected", injected},
      {"injected-zombie", injected_zombie}, {"teardown", teardown}, {"fork-enomem", fork_enomem},
      {NULL, NULL},
  };
  return make_trouble(argc, argv, troubles);
}
