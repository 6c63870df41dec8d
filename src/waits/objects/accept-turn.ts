import type { ProcessEvidence } from '../../evidence/process.ts';

/**
 * Servers with many workers let one of them at a time wait for a connection, and the others for that one's lock (an accept
 * mutex): a brother asleep in accept() is no holder that holds up anybody.
 */
export function acceptsFor(waiter: ProcessEvidence, holder: ProcessEvidence | undefined): boolean {
  const parent = waiter.status?.ppid;
  if (holder === undefined || holder.pid === waiter.pid) return false;
  const isBrother = parent !== undefined && parent > 1 && holder.status?.ppid === parent;
  return (
    isBrother &&
    holder.threads.some(({ state, syscallName }) => state === 'S' && /^accept4?$/.test(syscallName ?? ''))
  );
}
