import { statusField } from './peek.ts';
import type { Lab, LabProcess } from './scene.ts';

/** The PIDs of a play by role, and the process that was started for it. */
export interface Play<Role extends string> {
  pids: Record<Role, number>;
  process: LabProcess;
}

/**
 * Compiles and starts one of the lab's programs and collects its `ROLE PID` lines, in whatever order they come,
 * until each of `roles` has spoken. All of them then belong to the lab's clean-up, those too that lost their parent.
 */
export async function play<Role extends string>(
  lab: Lab,
  program: string,
  args: string[],
  roles: readonly Role[],
): Promise<Play<Role>> {
  const binary = await lab.program(program, { threads: true });
  const process = await lab.start(binary, args, { stdio: 'lines' });
  const pids: Partial<Record<string, number>> = {};
  while (roles.some((role) => pids[role] === undefined)) {
    const [role, pid] = (await process.line()).split(' ');
    if (role === undefined || !Number.isSafeInteger(Number(pid))) throw new Error(`${program}: not a role`);
    pids[role] = Number(pid);
    lab.owns(Number(pid));
  }
  return { pids: pids as Record<Role, number>, process };
}

/**
 * Polls until a task is in this state and has not run between two looks: it has arrived where it will stay, and is not
 * just passing through a short sleep on the way there.
 */
export function settled(lab: Lab, pid: number, letter: string, tid = pid): Promise<void> {
  return settledAtOnce(lab, [[pid, letter, tid]]);
}

/**
 * The same of several tasks at once: of those that meet on their way one alone may sleep long before it has arrived,
 * while the other waits for a CPU.
 */
export async function settledAtOnce(
  lab: Lab,
  tasks: readonly (readonly [pid: number, letter: string, tid?: number])[],
): Promise<void> {
  let before = '';
  await lab.until(tasks.map(([pid, letter, tid = pid]) => `${letter} of ${tid}`).join(', '), () => {
    if (tasks.some(([pid, letter, tid]) => lab.state(pid, tid) !== letter)) {
      before = '';
      return false;
    }
    const now = tasks.map(([pid, , tid]) => switchesOf(pid, tid)).join();
    if (now === before) return true;
    before = now;
    return false;
  });
}

/** The same of threads of a process that all sleep. */
export function threadsAsleep(lab: Lab, pid: number, tids: readonly number[]): Promise<void> {
  return settledAtOnce(
    lab,
    tids.map((tid) => [pid, 'S', tid]),
  );
}

/** The same of processes that all sleep. */
export function allAsleep(lab: Lab, pids: readonly number[]): Promise<void> {
  return settledAtOnce(
    lab,
    pids.map((pid) => [pid, 'S']),
  );
}

function switchesOf(pid: number, tid = pid): string {
  return `${statusField(pid, 'voluntary_ctxt_switches', tid)} ${statusField(pid, 'nonvoluntary_ctxt_switches', tid)}`;
}

/** Polls until a process has been a zombie for so long: shorter ones are the normal way of all processes. */
export async function zombieFor(lab: Lab, pid: number, seconds = 2.2): Promise<void> {
  await settled(lab, pid, 'Z');
  const since = performance.now();
  await lab.until(`${pid} a zombie for ${seconds} s`, () => performance.now() - since > seconds * 1000);
}

export const parentOf = (pid: number): number => Number(statusField(pid, 'PPid'));
export const tracerOf = (pid: number): number => Number(statusField(pid, 'TracerPid'));
export const nameOf = (pid: number): string => statusField(pid, 'Name');
