/*
 * Makes every system call that there is, of the own table and, on x86, of that of 32 bits, and none of them takes effect: a
 * filter refuses all (ENOSYS) behind the stop in which a tracer sees them. Ends by SIGILL, since it cannot exit either; without
 * calls of 32 bits by SIGSEGV.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Numbers that no kernel has given away, or that are no calls (uretprobe raises SIGILL itself). */
#define FIRST_UNUSED 335
#define LAST_UNUSED 423
#define MOST 480

int main(void) {
  struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 38);
  struct sock_fprog filter = {1, &refuse};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 2;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) return 3;
  for (long number = 0; number < MOST; number++)
    if (number < FIRST_UNUSED || number > LAST_UNUSED) syscall(number, -1L, 0L, 0L, 0L, 0L, 0L);
#ifdef __x86_64__
  for (long number = 0; number < MOST; number++) {
    long result = number;
    __asm__ volatile("int $0x80"
                     : "+a"(result)
                     : "b"(-1L), "c"(0L), "d"(0L), "S"(0L), "D"(0L)
                     : "memory", "r8", "r9", "r10", "r11");
  }
#endif
  __builtin_trap();
}
