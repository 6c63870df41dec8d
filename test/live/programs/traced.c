/*
 * Targets of a trace. Each works until it is killed, or its parent ends, and counts what it has done in a file of 8 bytes,
 * its second argument, that it shares: whoever reads it sees whether it goes on. Prints "ready" first.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile uint64_t *counter;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static int many;

static void ready(void) {
  if (write(1, "ready\n", 6) != 6) _exit(1);
}

static void *worker(void *nth) {
  char buffer[16];
  int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  for (;;) {
    pthread_mutex_lock(&lock);
    ++*counter;
    pthread_cond_signal(&turn);
    pthread_mutex_unlock(&lock);
    if (read(zero, buffer, sizeof buffer) < 0) _exit(1);
    usleep(many > 20 ? 50000 : 1000);
  }
  return nth;
}

/* Threads that share a lock and make calls. */
static void threads(int count) {
  many = count;
  for (int i = 1; i < count; i++) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    if (pthread_create(&thread, &attributes, worker, NULL) != 0) _exit(1);
  }
  ready();
  worker(NULL);
}

/* One child after the other, by fork and by vfork with an exec. */
static void forks(void) {
  ready();
  for (int nth = 0;; nth++) {
    pid_t child = nth % 2 ? vfork() : fork();
    if (child == 0) {
      if (nth % 2) execl("/bin/true", "true", (char *)NULL);
      _exit(0);
    }
    if (child > 0) waitpid(child, NULL, 0);
    ++*counter;
  }
}

/* Makes system calls as fast as it can. */
static void hot(void) {
  ready();
  for (;;) {
    syscall(SYS_getppid);
    ++*counter;
  }
}

static void slowly(void) {
  for (;;) {
    ++*counter;
    usleep(5000);
  }
}

/* Works for that many milliseconds and ends. */
static void brief(int milliseconds) {
  ready();
  for (int i = 0; i < milliseconds; i++) {
    ++*counter;
    usleep(1000);
  }
  exit(7);
}

static void on_signal(int number) { (void)number; }

static void *after_leader(void *unused) {
  slowly();
  return unused;
}

/* Its first thread ends, another goes on: at once, or when SIGUSR1 comes. */
static void leader(int on_command) {
  pthread_t thread;
  signal(SIGUSR1, on_signal);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  if (pthread_create(&thread, NULL, after_leader, NULL) != 0) _exit(1);
  sigdelset(&set, SIGUSR1);
  ready();
  if (on_command) sigsuspend(&set);
  pthread_exit(NULL);
}

static void *brief_thread(void *unused) {
  usleep(300);
  return unused;
}

static void *maker(void *unused) {
  for (;;) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
      if (pthread_create(&threads[i], NULL, brief_thread, NULL) != 0) _exit(1);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    ++*counter;
  }
  return unused;
}

/* Makes threads all the time that soon end; its first one lives on, or ends as well. */
static void churn(int without_leader) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, maker, NULL) != 0) _exit(1);
  ready();
  if (without_leader) pthread_exit(NULL);
  maker(NULL);
}

static void name(void) {
  prctl(PR_SET_NAME, "a\nb> (c) [1");
  ready();
  slowly();
}

/* May not be traced by its own user. */
static void shielded(void) {
  prctl(PR_SET_DUMPABLE, 0);
  ready();
  slowly();
}

static void zombie(void) {
  pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t info;
  waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
  printf("%d\n", child);
  fflush(stdout);
  slowly();
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int file = open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0 || ftruncate(file, 8) != 0) return 1;
  counter = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (counter == MAP_FAILED) return 1;
  int number = argc > 3 ? atoi(argv[3]) : 0;
  if (!strcmp(argv[1], "threads")) threads(number);
  if (!strcmp(argv[1], "forks")) forks();
  if (!strcmp(argv[1], "churn")) churn(number);
  if (!strcmp(argv[1], "hot")) hot();
  if (!strcmp(argv[1], "brief")) brief(number);
  if (!strcmp(argv[1], "leader")) leader(number);
  if (!strcmp(argv[1], "name")) name();
  if (!strcmp(argv[1], "shielded")) shielded();
  if (!strcmp(argv[1], "zombie")) zombie();
  return 2;
}
