/*
 * Does one of each thing that the ledgers of a trace tell, in known numbers, once it is told to (a byte on standard input);
 * then says so on standard output and sleeps until it is killed. Usage: books DIRECTORY LEAKS
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void sleep_ms(int ms) { poll(NULL, 0, ms); }

static void signals(void) {
  sigset_t set;
  signal(SIGTERM, SIG_IGN);
  kill(getpid(), SIGTERM);
  kill(getpid(), SIGTERM);
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  sigprocmask(SIG_BLOCK, &set, NULL);
  kill(getpid(), SIGHUP);
}

/* One is never collected, and one lives on with a socket of which it knows nothing. */
static void children(void) {
  pid_t child;
  if ((child = fork()) == 0) _exit(3);
  waitpid(child, NULL, 0);
  if ((child = fork()) == 0) {
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM);
  }
  waitpid(child, NULL, 0);
  if (fork() == 0) _exit(0);
  socket(AF_INET, SOCK_STREAM, 0);
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execlp("sleep", "sleep", "600", NULL);
    _exit(127);
  }
}

static void watches(const char *directory) {
  char path[512];
  int fd = inotify_init1(IN_CLOEXEC), first = inotify_add_watch(fd, directory, IN_CREATE);
  inotify_add_watch(fd, "/etc", IN_CREATE);
  inotify_add_watch(fd, "/usr", IN_CREATE);
  inotify_rm_watch(fd, first);
  snprintf(path, sizeof path, "%s/none", directory);
  inotify_add_watch(fd, path, IN_CREATE);
}

static void epoll(void) {
  int ends[2], set = epoll_create1(EPOLL_CLOEXEC);
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  struct epoll_event event = {.events = EPOLLIN, .data = {.fd = ends[0]}};
  epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event);
  fcntl(ends[0], F_DUPFD_CLOEXEC, 0);
  close(ends[0]);
  if (write(ends[1], "x", 1) != 1) return;
  for (int i = 0; i < 3; i++) epoll_wait(set, &event, 1, 0);
  epoll_ctl(set, EPOLL_CTL_DEL, ends[0], &event);
}

static void rights(void) {
  int over[2], fd = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
  char byte = 'x', control[CMSG_SPACE(sizeof fd)] = {0};
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, over) != 0) return;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  sendmsg(over[0], &message, 0);
  close(fd);
  message.msg_controllen = sizeof control;
  recvmsg(over[1], &message, MSG_CMSG_CLOEXEC);
}

int main(int argc, char **argv) {
  char byte;
  if (argc < 3 || read(0, &byte, 1) != 1) return 2;
  signals();
  children();
  watches(argv[1]);
  epoll();
  rights();
  for (int i = 0; i < atoi(argv[2]); i++) {
    if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0) return 3;
    close(open("/etc/group", O_RDONLY | O_CLOEXEC));
    sleep_ms(30);
  }
  if (write(1, "done\n", 5) != 5) return 4;
  for (;;) pause();
}
