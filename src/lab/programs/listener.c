/* User-space helpers that the kernel asks and that never answer. `listener fanotify|autofs DIRECTORY`. */
#include "scene.h"
#include <sys/fanotify.h>
#include <sys/mount.h>

/* A virus scanner: nobody opens a file below DIRECTORY without its consent. */
static void fanotify(const char *directory) {
  int fd = check(fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY), "fanotify_init");
  check(fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_EVENT_ON_CHILD, AT_FDCWD, directory), directory);
  say("listener");
  let_go_of_stdout();
  sleep_forever();
}

/* The automounter: whoever looks up a name below DIRECTORY waits until it has mounted something there. */
static void autofs(const char *directory) {
  int ends[2];
  char options[128];
  check(pipe2(ends, O_CLOEXEC | O_DIRECT), "pipe");
  snprintf(options, sizeof options, "fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect", ends[1], getpgrp());
  check(mount("procdiag-lab", directory, "autofs", 0, options), "mount");
  close(ends[1]);
  say("daemon");
  let_go_of_stdout();
  sleep_forever();
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {{"fanotify", fanotify}, {"autofs", autofs}, {NULL, NULL}};
  return make_trouble(argc, argv, troubles);
}
