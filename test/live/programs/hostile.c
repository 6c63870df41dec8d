/*
 * Processes that are hard to look at. Each prints "ready" when it is what it has to be, and sleeps; all end after a
 * quarter of an hour, or with their parent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void ready(void) {
  if (write(1, "ready\n", 6) != 6) _exit(1);
  for (;;) pause();
}

static void die(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

/* argv: hex bytes of the name. */
static void name(char **argv) {
  char bytes[16] = {0};
  for (int i = 0; i < 15 && argv[0][2 * i]; i++) {
    unsigned byte;
    sscanf(argv[0] + 2 * i, "%2x", &byte);
    bytes[i] = (char)byte;
  }
  prctl(PR_SET_NAME, bytes);
  ready();
}

/* Its arguments become escapes, newlines and NULs: they are memory of its own, which it may write. */
static void arguments(char **argv) {
  size_t length = strlen(argv[0]);
  const char pattern[] = "\x1b]0;x\x07\n\0\xff\xfe \\$(id)`'\"\x9b" "31m\r";
  for (size_t i = 0; i < length; i++) argv[0][i] = pattern[i % (sizeof pattern - 1)];
  ready();
}

/* The page with its arguments goes away. */
static void unmapped(char **argv) {
  long page = sysconf(_SC_PAGESIZE);
  munmap((void *)((uintptr_t)argv[0] & ~(uintptr_t)(page - 1)), (size_t)page);
  for (;;) {
    ssize_t done = write(1, "ready\n", 6);
    (void)done;
    for (;;) pause();
  }
}

static void descriptors(char **argv) {
  long count = atol(argv[0]);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit)) die("setrlimit");
  int file = open("/dev/null", O_RDONLY);
  for (long i = 0; i < count; i++)
    if (dup(file) < 0) die("dup");
  ready();
}

static void *sleeper(void *nothing) {
  for (;;) pause();
  return nothing;
}

static void threads(char **argv) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 16384);
  for (long i = 0, count = atol(argv[0]); i < count; i++) {
    pthread_t thread;
    errno = pthread_create(&thread, &small, sleeper, NULL);
    if (errno) die("pthread_create");
  }
  ready();
}

/* Files whose names look like other things, in the directory that is given. */
static void files(char **argv) {
  static const char *names[] = {"pipe:[4242]", "socket:[1]", "anon_inode:[eventpoll]", "new\nline\t\x1b[31m", "x (deleted)", "\xff\xfe", "a\\b$(id)'"};
  if (chdir(argv[0])) die(argv[0]);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (open(names[i], O_RDWR | O_CREAT, 0600) < 0) die(names[i]);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  /* What /proc/net/unix and ss would print for a line of another socket. */
  strcpy(address.sun_path, "s\nu_str ESTAB 0 0 * 1 * 2\n0000: 00000002 00000000 00010000 0001 01 1 x\x1b[31m");
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 1)) die("bind");
  int client = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(client, (void *)&address, sizeof address)) die("connect");
  if (write(1, "ready\n", 6) != 6) _exit(1);
  char byte;
  ssize_t got = read(client, &byte, 1);
  (void)got;
}

/* A process of this number changes all the time. argv: the program itself. */
static void execs(char **argv) {
  static int said;
  if (!getenv("SAID")) {
    if (write(1, "ready\n", 6) != 6) _exit(1);
    setenv("SAID", "1", 1);
    close(1);
    open("/dev/null", O_WRONLY);
  }
  (void)said;
  usleep(500);
  execl("/proc/self/exe", "hostile", "execs", argv[0], NULL);
  die("exec");
}

/* Bears children which end at once, and reaps them. */
static void forks(char **argv) {
  (void)argv;
  if (write(1, "ready\n", 6) != 6) _exit(1);
  for (;;) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    if (child > 0) waitpid(child, NULL, 0);
    usleep(500);
  }
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(char **);
  } kinds[] = {{"name", name}, {"arguments", arguments}, {"unmapped", unmapped}, {"descriptors", descriptors},
               {"threads", threads}, {"files", files}, {"execs", execs}, {"forks", forks}};
  if (argc < 3) return 2;
  alarm(900);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(kinds[i].name, argv[1]) == 0) kinds[i].run(argv + 2);
  return 2;
}
