/* Processes that hang in the middle of execve: the argument is a file on a FUSE mount, or a disk that is dead. */
#include "scene.h"
#include <pthread.h>
#include <sys/stat.h>

static void become_another(void) {
  execl("/bin/sleep", "sleep", "120", NULL);
  perror("execl");
}

/* Its close-on-exec descriptor is closed inside execve, which asks the FUSE server to FLUSH. */
static void flush(const char *path) {
  check(open(path, O_RDONLY | O_CLOEXEC), path);
  say("stuck");
  let_go_of_stdout();
  become_another();
}

static void *look(void *path) {
  struct stat found;
  prctl(PR_SET_NAME, "looker");
  return (void *)(long)stat(path, &found);
}

/* execve kills all other threads and waits for their end. SIGUSR1: when the thread sits in the FUSE request. */
static void dethread(const char *path) {
  pthread_t thread;
  sigset_t go;
  int got;
  sigemptyset(&go);
  sigaddset(&go, SIGUSR1);
  sigprocmask(SIG_BLOCK, &go, NULL);
  pthread_create(&thread, NULL, look, (void *)path);
  say("stuck");
  let_go_of_stdout();
  sigwait(&go, &got);
  become_another();
}

/* The other way round: it is not the leader that calls execve, and the leader that cannot die. */
static void *replace(void *_) {
  sigset_t go;
  int got;
  sigemptyset(&go);
  sigaddset(&go, SIGUSR1);
  prctl(PR_SET_NAME, "replacer");
  sigwait(&go, &got);
  become_another();
  return NULL;
}

static void beside_leader(const char *path) {
  pthread_t thread;
  sigset_t go;
  void *block;
  if (posix_memalign(&block, 4096, 4096)) _exit(1);
  int fd = check(open(path, O_RDONLY | O_DIRECT | O_CLOEXEC), path);
  sigemptyset(&go);
  sigaddset(&go, SIGUSR1);
  sigprocmask(SIG_BLOCK, &go, NULL);
  pthread_create(&thread, NULL, replace, NULL);
  say("stuck");
  let_go_of_stdout();
  check(read(fd, block, 4096), path);
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"flush", flush}, {"dethread", dethread}, {"beside-leader", beside_leader}, {NULL, NULL}};
  return make_trouble(argc, argv, troubles);
}
