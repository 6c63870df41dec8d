/*
 * Does random things with descriptors, in threads, children and executed programs, and writes down what each process holds
 * when it ends: FILE.PID, a line `FD TARGET` each. Usage: descriptors FILE SEED STEPS [dump]
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Numbers above are the program's own: so few that they are used again and again. */
#define LOWEST 3
#define HIGHEST 60

static const char *file;
static const char *self;
static const char *steps;

static unsigned next(unsigned *state) {
  *state = *state * 1103515245u + 12345u;
  return *state >> 16;
}

/* What is open, and nothing of the looking. */
static void dump(void) {
  static char text[1 << 16];
  size_t length = 0;
  DIR *directory = opendir("/proc/self/fd");
  struct dirent *entry;
  while ((entry = readdir(directory)) != NULL) {
    char link[64], target[512];
    int fd = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(directory)) continue;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t got = readlink(link, target, sizeof target - 1);
    if (got < 0) continue;
    target[got] = 0;
    length += snprintf(text + length, sizeof text - length, "%d %s\n", fd, target);
  }
  closedir(directory);
  char name[512];
  snprintf(name, sizeof name, "%s.%d", file, getpid());
  int out = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0600);
  if (write(out, text, length) < 0) _exit(9);
  close(out);
}

static int pass(int over[2], int fd, int flags) {
  char byte = 'x', control[CMSG_SPACE(sizeof fd)] = {0};
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (sendmsg(over[0], &message, 0) < 0) return -1;
  message.msg_controllen = sizeof control;
  return recvmsg(over[1], &message, flags) < 0 ? -1 : 0;
}

static void step(unsigned *state, int alone) {
  unsigned choice = next(state) % 24, flag = next(state) % 2;
  int fd = LOWEST + next(state) % (HIGHEST - LOWEST), other = LOWEST + next(state) % (HIGHEST - LOWEST);
  int pair[2];
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  switch (choice) {
  case 0: case 1: open(flag ? "/dev/null" : "/etc/passwd", O_RDONLY | (next(state) % 2 ? O_CLOEXEC : 0)); break;
  case 2: if (syscall(SYS_pipe2, pair, flag ? O_CLOEXEC : 0) < 0) return; break;
  case 3: if (socketpair(AF_UNIX, SOCK_STREAM | (flag ? SOCK_CLOEXEC : 0), 0, pair) < 0) return; break;
  case 4: socket(AF_INET, SOCK_DGRAM | (flag ? SOCK_CLOEXEC : 0), 0); break;
  case 5: epoll_create1(flag ? EPOLL_CLOEXEC : 0); break;
  case 6: eventfd(0, flag ? EFD_CLOEXEC : 0); break;
  case 7: timerfd_create(CLOCK_MONOTONIC, flag ? TFD_CLOEXEC : 0); break;
  case 8: signalfd(-1, &set, flag ? SFD_CLOEXEC : 0); break;
  case 9: memfd_create("truth", flag ? MFD_CLOEXEC : 0); break;
  case 10: inotify_init1(flag ? IN_CLOEXEC : 0); break;
  case 11: dup(fd); break;
  case 12: if (alone) dup2(fd, other); break;
  case 13: if (alone && fd != other) dup3(fd, other, flag ? O_CLOEXEC : 0); break;
  case 14: fcntl(fd, flag ? F_DUPFD : F_DUPFD_CLOEXEC, LOWEST); break;
  case 15: fcntl(fd, F_SETFD, flag ? FD_CLOEXEC : 0); break;
  case 16: ioctl(fd, flag ? FIOCLEX : FIONCLEX); break;
  case 17:
    if (alone && syscall(SYS_close_range, fd, fd + next(state) % 4, flag ? 4 : 0) < 0) return;
    break;
  case 18:
    if (!alone || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return;
    pass(pair, fd, flag ? MSG_CMSG_CLOEXEC : 0);
    close(pair[0]);
    close(pair[1]);
    break;
  default: close(fd);
  }
}

static void *thread(void *seed) {
  unsigned state = (unsigned)(size_t)seed;
  /* Only what takes the lowest free number: two threads must not mean the same one. */
  for (int i = 0; i < atoi(steps) / 4; i++) step(&state, 0);
  return NULL;
}

int main(int argc, char **argv) {
  self = argv[0];
  file = argv[1];
  steps = argv[3];
  unsigned state = (unsigned)atoi(argv[2]);
  if (argc > 4) {
    dump();
    return 0;
  }
  for (int i = 0; i < atoi(steps); i++) step(&state, 1);
  pthread_t threads[3];
  for (size_t i = 0; i < 3; i++) pthread_create(&threads[i], NULL, thread, (void *)(size_t)next(&state));
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < 6; i++) {
    pid_t child = i % 2 ? vfork() : fork();
    if (child == 0) {
      if (i % 2 == 0) {
        for (int j = 0; j < 20; j++) step(&state, 1);
        if (i == 4) {
          dump();
          _exit(0);
        }
      }
      execl(self, self, file, "0", "0", "dump", NULL);
      _exit(127);
    }
    for (int j = 0; j < 10; j++) step(&state, 1);
    if (i % 3) waitpid(child, NULL, 0);
  }
  while (waitpid(-1, NULL, 0) > 0) {
  }
  dump();
  return 0;
}
