/*
 * A program of 32 bits, without any library: gcc -m32 -nostdlib -static. Sleeps, asks for its parent, and has /bin/true, of
 * 64 bits, executed by a child; until its parent is gone or it is killed.
 */
static int call(int nr, int a, int b, int c) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
}

enum { EXIT = 1, FORK = 2, WRITE = 4, WAITPID = 7, EXECVE = 11, GETPPID = 64, NANOSLEEP = 162 };

void _start(void) {
  static const char *const words[] = {"/bin/true", 0};
  static const int pause[] = {0, 10000000};
  call(WRITE, 1, (int)"ready\n", 6);
  while (call(GETPPID, 0, 0, 0) > 1) {
    call(NANOSLEEP, (int)pause, 0, 0);
    int child = call(FORK, 0, 0, 0);
    if (child == 0) {
      call(EXECVE, (int)words[0], (int)words, 0);
      call(EXIT, 1, 0, 0);
    }
    call(WAITPID, child, 0, 0);
  }
  call(EXIT, 0, 0, 0);
}
