import type { ProcessEvidence } from '../evidence/process.ts';

/** Signals that a process reads through signalfds, as a mask (bit n−1 = signal n). */
export function signalfdMask(target: ProcessEvidence): bigint {
  return target.fds
    .filter(({ target: to }) => to === 'anon_inode:[signalfd]')
    .slice(0, 64)
    .reduce((mask, { fd }) => mask | (target.fdinfo(fd)?.sigmask ?? 0n), 0n);
}
