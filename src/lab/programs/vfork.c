/* Parents that vfork(): they are suspended, in D, until the child has called execve or has exited. */
#include "scene.h"

/* posix_spawn, Go and Python do it so: what the child does before its exec, the parent waits for. */
static void slow_child(const char *_) {
  say("parent");
  if (vfork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    say("child");
    sleep_forever();
  }
  sleep_forever();
}

/* The child writes more than a pipe takes, and the only one to read it is its parent, which is suspended. */
static void writing_child(const char *_) {
  static char block[4096];
  int ends[2];
  check(pipe2(ends, O_CLOEXEC), "pipe");
  say("parent");
  if (vfork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    say("child");
    let_go_of_stdout();
    while (write(ends[1], block, sizeof block) > 0) continue;
    _exit(1);
  }
  sleep_forever();
}

static void exec_in_child(const char *path) {
  say("parent");
  if (vfork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    say("child");
    execl(path, path, NULL);
    _exit(127);
  }
  sleep_forever();
}

/* The healthy one: each suspension takes microseconds, and the process is in D in many a look. */
static void again_and_again(const char *_) {
  say("parent");
  for (;;) {
    pid_t child = vfork();
    if (child == 0) {
      execl("/bin/true", "true", NULL);
      _exit(127);
    }
    reap(child);
    usleep(1000); /* or it would be a process that burns CPU */
  }
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {{"slow-child", slow_child},
                                            {"writing-child", writing_child},
                                            {"exec", exec_in_child},
                                            {"again-and-again", again_and_again},
                                            {NULL, NULL}};
  return make_trouble(argc, argv, troubles);
}
