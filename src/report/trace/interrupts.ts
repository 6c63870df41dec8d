import type { WakeKind } from '../../trace/event.ts';

const INTERRUPTS: ReadonlySet<WakeKind> = new Set(['timer', 'disk', 'interrupt']);

/** The wake-up came with an interrupt: whatever thread it is said to be of was only running then. */
export function isInterrupt(how: WakeKind): boolean {
  return INTERRUPTS.has(how);
}
