import type { ThreadEvidence } from '../../evidence/thread.ts';

/** Which argument of a call that moves data between two descriptors is the one that it takes from, and the one it gives to. */
const BETWEEN: Readonly<Record<string, { readonly from: number; readonly to: number }>> = {
  splice: { from: 0, to: 2 },
  tee: { from: 0, to: 1 },
  copy_file_range: { from: 0, to: 2 },
  sendfile: { from: 1, to: 0 },
};

/** The descriptor that a thread's call takes data from, or gives data to: the first argument of all but a few calls. */
export function dataFd(thread: ThreadEvidence, side: 'from' | 'to'): number | undefined {
  return thread.intArgument(BETWEEN[thread.syscallName ?? '']?.[side] ?? 0);
}
