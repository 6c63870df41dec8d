/* Mutexes that are never unlocked: by a cycle, by a thread that is gone, by one that sleeps, by another process. */
#include "scene.h"
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <time.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

static void say_thread(const char *role) { dprintf(1, "%s %d\n", role, gettid()); }

static pthread_t start(void *(*body)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, body, argument) != 0) _exit(1);
  return thread;
}

static void nap_forever(void) {
  for (;;) {
    struct timespec long_time = {1000, 0};
    nanosleep(&long_time, NULL);
  }
}

static void *first_then_second(void *_) {
  say_thread("thread-a");
  pthread_mutex_lock(&first);
  pthread_barrier_wait(&both);
  pthread_mutex_lock(&second);
  return NULL;
}

static void *second_then_first(void *_) {
  say_thread("thread-b");
  pthread_mutex_lock(&second);
  pthread_barrier_wait(&both);
  pthread_mutex_lock(&first);
  return NULL;
}

static void deadlock(const char *_) {
  say("process");
  pthread_barrier_init(&both, NULL, 2);
  pthread_t a = start(first_then_second, NULL), b = start(second_then_first, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
}

static void *lock_and_exit(void *mutex) {
  say_thread("owner");
  pthread_mutex_lock(mutex);
  return NULL;
}

static void dead_owner(const char *_) {
  say("process");
  pthread_join(start(lock_and_exit, &first), NULL);
  pthread_mutex_lock(&first);
}

static void *lock_and_nap(void *mutex) {
  say_thread("owner");
  pthread_mutex_lock(mutex);
  pthread_barrier_wait(&both);
  nap_forever();
  return NULL;
}

static void wait_for_napping_owner(void) {
  say("process");
  pthread_barrier_init(&both, NULL, 2);
  start(lock_and_nap, &first);
  pthread_barrier_wait(&both);
  pthread_mutex_lock(&first);
}

static void held(const char *_) { wait_for_napping_owner(); }

static void pi_held(const char *_) {
  pthread_mutexattr_t inherit;
  pthread_mutexattr_init(&inherit);
  pthread_mutexattr_setprotocol(&inherit, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&first, &inherit);
  wait_for_napping_owner();
}

static struct timespec in_a_while(clockid_t clock) {
  struct timespec then;
  clock_gettime(clock, &then);
  then.tv_sec += SECONDS;
  return then;
}

/* The same with a limit, as timed_mutex of C++ and mtx_timedlock of C take it. */
static void timed_held(const char *_) {
  say("process");
  pthread_barrier_init(&both, NULL, 2);
  start(lock_and_nap, &first);
  pthread_barrier_wait(&both);
  struct timespec limit = in_a_while(CLOCK_MONOTONIC);
  pthread_mutex_clocklock(&first, CLOCK_MONOTONIC, &limit);
}

/* A condition variable and a semaphore, each with a limit: nobody owns either, and nothing is wrong. */
static void *wait_for_post(void *_) {
  sem_t posted;
  say_thread("sleeper");
  sem_init(&posted, 0, 0);
  struct timespec limit = in_a_while(CLOCK_REALTIME);
  sem_timedwait(&posted, &limit);
  return NULL;
}

static void timed_idle(const char *_) {
  static pthread_cond_t signalled = PTHREAD_COND_INITIALIZER;
  say("process");
  start(wait_for_post, NULL);
  pthread_mutex_lock(&first);
  struct timespec limit = in_a_while(CLOCK_REALTIME);
  pthread_cond_timedwait(&signalled, &first, &limit);
}

/* A read-write lock names its writer, and only counts its readers. */
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;

static void *write_and_nap(void *_) {
  say_thread("owner");
  pthread_rwlock_wrlock(&table);
  pthread_barrier_wait(&both);
  nap_forever();
  return NULL;
}

static void *read_and_nap(void *_) {
  say_thread("owner");
  pthread_rwlock_rdlock(&table);
  pthread_barrier_wait(&both);
  nap_forever();
  return NULL;
}

static void wait_for_table(void *(*owner)(void *), int (*lock)(pthread_rwlock_t *)) {
  say("process");
  pthread_barrier_init(&both, NULL, 2);
  start(owner, NULL);
  pthread_barrier_wait(&both);
  lock(&table);
}

static void written(const char *_) { wait_for_table(write_and_nap, pthread_rwlock_rdlock); }
static void being_read(const char *_) { wait_for_table(read_and_nap, pthread_rwlock_wrlock); }

/* A thread holds a stream while it does something slow; whoever wants to print there waits. */
static void *hold_stream(void *_) {
  say_thread("owner");
  flockfile(stderr);
  pthread_barrier_wait(&both);
  nap_forever();
  return NULL;
}

static void stream_held(const char *_) {
  say("process");
  pthread_barrier_init(&both, NULL, 2);
  start(hold_stream, NULL);
  pthread_barrier_wait(&both);
  fputs("this is never printed", stderr);
}

/* The mutex lies in memory that two processes share: the owner's number means a thread of the other one. */
static pthread_mutex_t *shared;

static void be_waiter(void) {
  say("waiter");
  pthread_mutex_lock(shared);
}

static void shared_held(const char *_) {
  pthread_mutexattr_t across;
  pthread_mutexattr_init(&across);
  pthread_mutexattr_setpshared(&across, PTHREAD_PROCESS_SHARED);
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) check(-1, "mmap");
  pthread_mutex_init(shared, &across);
  pthread_mutex_lock(shared);
  spawn(be_waiter);
  say("owner");
  nap_forever();
}

static void *nap_thread(void *_) {
  say_thread("napper");
  nap_forever();
  return NULL;
}

static void join(const char *_) {
  say("process");
  pthread_join(start(nap_thread, NULL), NULL);
}

/* Semaphores as locks: nothing names their owners. */
static sem_t gates[2];

static void *pass_gates(void *from) {
  int at = *(int *)from;
  sem_wait(&gates[at]);
  pthread_barrier_wait(&both);
  sem_wait(&gates[1 - at]);
  return NULL;
}

static void semaphores(const char *_) {
  int ends[2] = {0, 1};
  pthread_barrier_init(&both, NULL, 2);
  for (int i = 0; i < 2; i++) sem_init(&gates[i], 0, 1);
  pthread_t other = start(pass_gates, &ends[1]);
  say("process");
  pass_gates(&ends[0]);
  pthread_join(other, NULL);
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"deadlock", deadlock}, {"dead-owner", dead_owner}, {"held", held}, {"pi-held", pi_held},
      {"shared", shared_held}, {"join", join}, {"timed-held", timed_held}, {"timed-idle", timed_idle},
      {"stream-held", stream_held}, {"written", written}, {"being-read", being_read}, {"semaphores", semaphores}, {NULL, NULL},
  };
  return make_trouble(argc, argv, troubles);
}
