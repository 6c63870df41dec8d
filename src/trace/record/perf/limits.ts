import type { Refusal } from '../preflight/refusal.ts';
import { perfEventParanoid } from '../proc.ts';

/** What there is of perf without the right to tracepoints, and what is not. */
export function switchesOnly({ message, remedy }: Refusal): string {
  return `perf could only see when the threads got and left their CPUs: not their system calls, not in what of the kernel they slept, not who woke them, so that the wait for a CPU after a sleep counts as sleep. ${message} ${remedy}`;
}

/**
 * Whether perf's own words mean that it may not. Where it may open no event at all it takes the kernel for one that has no
 * such records (Debian's 6.12 at perf_event_paranoid 3).
 */
export function isDenied(said: string): boolean {
  return /permi|limited|access|denied|does not support recording context switch/i.test(said);
}

/**
 * The kernel did not give even that. Distributions patch it to take perf from users altogether (Debian at perf_event_paranoid
 * 3, Ubuntu at 4), and containers forbid the call.
 */
export function deniedAltogether(limit: Refusal, said: string, paranoid = perfEventParanoid()): Refusal {
  if (paranoid === undefined || paranoid < 3) {
    return {
      ...limit,
      message: `perf may record nothing at all: ${said}.`,
      remedy:
        'Run it as root. In a container, perf_event_open(2) is mostly forbidden (seccomp): record on the host.',
    };
  }
  return {
    ...limit,
    message: `perf may record nothing at all: kernel.perf_event_paranoid is ${paranoid}, which here takes perf from users altogether.`,
    remedy:
      'Run it as root; or let root set sysctl kernel.perf_event_paranoid=2, which gives users the switches of their own threads.',
  };
}
