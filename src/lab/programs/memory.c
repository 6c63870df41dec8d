/*
 * Trouble with memory: kernel locks that are held across a page fault on a file whose server never answers, and limits.
 * SIGUSR1: the scene has seen the holder in its fault, the next in the queue may come; or has set the limit.
 */
#include "scene.h"
#include <sys/mman.h>

static char *page;
static int ends[2];

static void map(const char *path) {
  int fd = check(open(path, O_RDONLY), path);
  page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  if (page == MAP_FAILED) check(-1, "mmap");
  close(fd);
}

static void block_go(void) {
  sigset_t go;
  sigemptyset(&go);
  sigaddset(&go, SIGUSR1);
  sigprocmask(SIG_BLOCK, &go, NULL);
}

static void await_go(void) {
  sigset_t go;
  int got;
  sigemptyset(&go);
  sigaddset(&go, SIGUSR1);
  sigwait(&go, &got);
}

/* As debuggers do (process_vm_readv would not do: it lets go of the lock while it waits for the page). */
static void peek_into_parent(void) {
  char name[32], copy[16];
  snprintf(name, sizeof name, "/proc/%d/mem", getppid());
  int memory = check(open(name, O_RDONLY), name);
  say("holder");
  let_go_of_stdout();
  await_go();
  check(pread(memory, copy, sizeof copy, (off_t)page), name);
}

static void mmap_lock(const char *path) {
  map(path);
  block_go();
  pid_t holder = spawn(peek_into_parent);
  say("target");
  let_go_of_stdout();
  /* Not before: a target that still has to fault in its own pages would hang before it has told who it is. */
  kill(holder, SIGUSR1);
  await_go();
  mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  sleep_forever();
}

/* write() takes the pipe's mutex and then copies from memory that is not there yet. */
static void write_the_page(void) {
  close(ends[0]);
  say("writer");
  let_go_of_stdout();
  check(write(ends[1], page, 4096), "write");
}

static void read_the_pipe(void) {
  char byte;
  close(ends[1]);
  say("reader");
  let_go_of_stdout();
  await_go();
  check(read(ends[0], &byte, 1), "read");
}

static void pipe_mutex(const char *path) {
  map(path);
  check(pipe(ends), "pipe");
  block_go();
  spawn(write_the_page);
  spawn(read_the_pipe);
  close(ends[0]);
  close(ends[1]);
  say("parent");
  let_go_of_stdout();
  sleep_forever();
}

#define PAGE 4096
#define EATEN (64 << 20)
#define SWAPPED (24 << 20)

static char *memory_of(size_t bytes) {
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) check(-1, "mmap");
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  return memory;
}

static void write_to_all(volatile char *memory, size_t bytes) {
  for (size_t at = 0; at < bytes; at += PAGE) memory[at] = 1;
}

/* More than the scene lets it have. */
static void eat(const char *_) {
  block_go();
  say("eater");
  let_go_of_stdout();
  await_go();
  write_to_all(memory_of(EATEN), EATEN);
  sleep_forever();
}

/* Has written it all before; wants it back when the scene has seen it go to swap. */
static void come_back(const char *_) {
  volatile char *memory = memory_of(SWAPPED);
  block_go();
  say("sleeper");
  let_go_of_stdout();
  await_go();
  write_to_all(memory, SWAPPED);
  await_go();
  for (size_t at = 0; at < SWAPPED; at += PAGE) (void)memory[at];
  sleep_forever();
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {{"mmap-lock", mmap_lock},
                                            {"pipe-mutex", pipe_mutex},
                                            {"eat", eat},
                                            {"come-back", come_back},
                                            {NULL, NULL}};
  return make_trouble(argc, argv, troubles);
}
