/* Dead children, and parents which do not or cannot wait for them. */
#include "scene.h"
#include <pthread.h>

static void die_at_once(void) {
  say("zombie");
  _exit(7);
}

static void sleeping_parent(const char *_) {
  spawn(die_at_once);
  say("parent");
  sleep_forever();
}

/* vfork(2): the parent stands still until the child execs or exits, and this child does neither. */
static void vfork_for_ever(void) {
  pid_t child = vfork();
  if (child == 0) {
    ends_with_parent();
    say("child");
    sleep_forever();
  }
}

static void vforking_parent(const char *_) {
  say("parent");
  vfork_for_ever();
}

static void blocked_parent(const char *_) {
  spawn(die_at_once);
  say("parent");
  vfork_for_ever();
}

/* Adopts the orphans below it (PR_SET_CHILD_SUBREAPER) and waits only for the child that it knows. */
static void leave_an_orphan_that_dies(void) { leave_behind(die_at_once); }

static void subreaper(const char *_) {
  check(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "PR_SET_CHILD_SUBREAPER");
  reap(spawn(leave_an_orphan_that_dies));
  say("subreaper");
  sleep_forever();
}

static void be_orphan(void) {
  say("orphan");
  sleep_forever();
}

static void leave_an_orphan(void) { leave_behind(be_orphan); }

static void orphan(const char *_) { reap(spawn(leave_an_orphan)); }

static void *live_on(void *_) {
  dprintf(1, "thread %d\n", gettid());
  sleep_forever();
  return NULL;
}

static void leader_exits(const char *_) {
  pthread_t thread;
  say("process");
  if (pthread_create(&thread, NULL, live_on, NULL) != 0) _exit(1);
  pthread_exit(NULL);
}

/* Children that come and go and are waited for at once: a zombie at nearly every look, and nothing wrong. */
static void die_soon(void) { usleep(2000); }

static void churn(const char *_) {
  say("parent");
  for (;;) reap(spawn(die_soon));
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"sleeping-parent", sleeping_parent}, {"vforking-parent", vforking_parent},
      {"blocked-parent", blocked_parent},   {"subreaper", subreaper},
      {"orphan", orphan},                   {"leader-exits", leader_exits},
      {"churn", churn},                     {NULL, NULL},
  };
  return make_trouble(argc, argv, troubles);
}
