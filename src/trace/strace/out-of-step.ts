/**
 * What strace says when a thread stops where it enters a call, and it takes that for the end of one: it has been out of step
 * with that thread since its first stop. That happens when it attaches to a thread just then in clone, fork or vfork, whose
 * first stop is that event: the next one is the end of a call of which strace does not know (seen with 6.1 on Linux 6.18, 4
 * threads in 60 attachments to a program that starts threads all the time). From then on it shows each end as a call, with
 * what is in the registers for arguments, until the thread ends. `entering, … == 2` alone is that first stop: most of those
 * threads are in step again.
 */
const OUT_OF_STEP = /\bstrace: pid (\d+): exiting, ptrace_syscall_info\.op == 1$/gm;
const STARTLED = /\bstrace: pid (\d+): entering, ptrace_syscall_info\.op == 2$/gm;

/** Threads of which what strace tells is wrong, by what it said on stderr. */
export function outOfStep(said: string): Set<number> {
  return numbersIn(said, OUT_OF_STEP);
}

/** Threads of which that may come to be so. */
export function startled(said: string): Set<number> {
  return numbersIn(said, STARTLED);
}

function numbersIn(said: string, pattern: RegExp): Set<number> {
  return new Set([...said.matchAll(pattern)].map(([, pid]) => Number(pid)));
}
