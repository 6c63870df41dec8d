import { bounded, statusField } from './peek.ts';
import type { Lab } from './scene.ts';

/** Polls until a task is in this state and its kernel stack shows this function: the trouble is the one we wanted. */
export async function stuckIn(
  lab: Lab,
  pid: number,
  letter: string,
  where: RegExp,
  tid = pid,
): Promise<void> {
  await lab.until(
    `${pid} in state ${letter} in ${where.source}`,
    () => lab.state(pid, tid) === letter && where.test(lab.frames(pid, tid)),
  );
}

/** Polls until a SIGKILL is pending in a task that is still there: killed, but not dying (SigPnd bit 9). */
export async function killedInVain(lab: Lab, pid: number): Promise<void> {
  await lab.until(
    `${pid} to be killed and stay`,
    () => lab.state(pid) === 'D' && (BigInt(`0x${statusField(pid, 'SigPnd') || '0'}`) & 0x100n) !== 0n,
  );
}

/** Whether a read of this file of /proc gives nothing within a second. */
export function blocks(path: string): boolean {
  return bounded(path) === '';
}
