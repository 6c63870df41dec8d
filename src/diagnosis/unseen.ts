import type { Evidence } from '../evidence/evidence.ts';
import { type Key, pathOf } from '../evidence/keys.ts';
import type { Outcome } from '../evidence/outcome.ts';
import type { ProcessEvidence } from '../evidence/process.ts';
import type { Step } from '../waits/walk.ts';
import type { Unseen } from './diagnosis.ts';

/** What a file is good for, in the words of a diagnosis. */
export const WORTH: Readonly<Record<string, string>> = {
  stack: 'the kernel stack: where in the kernel it sleeps',
  syscall: 'the system call it is in, and its arguments',
  wchan: 'the function it sleeps in',
  stat: 'start time, process group, terminal, CPU time',
  fd: 'its descriptors: who is at the other end of pipes, sockets and locks',
  maps: 'its memory map: who owns a futex',
  cmdline: 'its command line',
  ns: 'its namespaces',
};

/**
 * What could not be read of the processes that take part, why, and how to get it: nothing is left out silently.
 * @param told what is told elsewhere (see lost.ts)
 */
export function unseenOf(
  evidence: Evidence,
  target: ProcessEvidence,
  steps: readonly Step[],
  told: ReadonlySet<Key>,
): Unseen[] {
  const pids = new Set([target.pid, ...steps.map(({ wait }) => wait.process.pid)]);
  const { self } = evidence.host;
  const found = new Map<string, { pids: Set<number>; unseen: Unseen }>();
  for (const [key, outcomes] of evidence.world.entries()) {
    const outcome = outcomes[outcomes.length - 1];
    if (outcome === undefined || told.has(key)) continue;
    const match = /^\/proc\/(\d+)\/(?:task\/\d+\/)?(\w+)/.exec(pathOf(key));
    if (match?.[1] === undefined || match[2] === undefined || !pids.has(Number(match[1]))) continue;
    const worth = WORTH[match[2]];
    const why = whyOf(outcome);
    if (worth === undefined || why === undefined) continue;
    const slot = `${match[2]}\0${why}`;
    const known = found.get(slot);
    if (known) known.pids.add(Number(match[1]));
    else
      found.set(slot, {
        pids: new Set([Number(match[1])]),
        unseen: { what: worth, why, remedy: remedyOf(outcome, self.uid) },
      });
  }
  const list = [...found.values()].map(({ pids: of, unseen }) => ({
    ...unseen,
    what: `${unseen.what} (of ${[...of].slice(0, 5).join(', ')}${of.size > 5 ? ' …' : ''})`,
  }));
  if (self.foreign === true) {
    list.unshift({
      what: 'these processes by the PIDs that this shell knows',
      why: `${evidence.world.proc} shows another PID namespace: all PIDs said here are its`,
      remedy: 'run commands inside it (nsenter -p -m), or mount a /proc of your own',
    });
  }
  const shallow = target.threads.filter((thread) => !thread.deep).length;
  if (shallow > 0) {
    list.push({
      what: `${shallow} of ${target.tids.length} threads in full`,
      why: 'of very many threads only some of each kind of sleep are read in full; of the others state and wait channel',
      remedy: 'procdiag inspect TID shows one thread',
    });
  }
  for (const { wait } of steps) {
    const owner = wait.detail?.ownerUnread;
    if (typeof owner === 'string' && owner !== 'pending' && list.length < 20) {
      list.push({
        what: `the owner of the lock behind ${wait.point}`,
        why: owner,
        remedy: '--read-memory reads it all the same',
      });
      break;
    }
  }
  const blind = blindSteps(steps);
  // Root without capabilities: the kernel gives others' wait channels to who may trace them.
  const refused = [...found.keys()].some((slot) => slot.startsWith('stack\0'));
  if (blind > 0 && self.uid === 0) {
    list.push({
      what: `where ${blind} sleeping thread${blind === 1 ? '' : 's'} wait${blind === 1 ? 's' : ''} in the kernel`,
      why: refused
        ? 'the kernel stack is refused, and no wait channel is given'
        : 'neither kernel stack nor wait channel is given (ptrace_scope 3, lockdown, or a kernel without them)',
      remedy: 'procdiag doctor says which',
    });
  }
  const { missing, lost } = steps.some(
    ({ wait }) => wait.hops.length > 0 && /^(?:pipe|socket|file-lock|fuse)/.test(wait.kind),
  )
    ? evidence.host.fdCoverage
    : { missing: 0, lost: 0 };
  if (missing > lost) {
    list.push({
      what: `descriptors of ${missing - lost} other processes`,
      why:
        self.uid === 0
          ? 'they ended while they were looked at, or may not be read'
          : 'they belong to other users',
      remedy: self.uid === 0 ? '' : 'run as root',
    });
  }
  return list;
}

function blindSteps(steps: readonly Step[]): number {
  return steps.filter(
    ({ depth, wait }) => depth === 0 && /[SD]/.test(wait.thread.state) && wait.thread.frames.length === 0,
  ).length;
}

export function whyOf(outcome: Outcome): string | undefined {
  if (outcome.kind === 'blocked')
    return `its reader got no answer and was killed after ${outcome.afterMs} ms`;
  if (outcome.kind === 'skipped') return outcome.why;
  if (outcome.kind === 'text')
    return outcome.cut === true ? 'it is very long, and only its beginning was read' : undefined;
  // Gone, or not there for this kind of task: no loss.
  if (/^(?:ENOENT|ESRCH|EINVAL|ENOTDIR)$/.test(outcome.errno)) return undefined;
  return outcome.errno === 'EACCES' || outcome.errno === 'EPERM'
    ? `not allowed (${outcome.errno})`
    : outcome.errno;
}

function remedyOf(outcome: Outcome, uid: number): string {
  if (outcome.kind === 'error' && uid !== 0) return 'run as root (sudo procdiag …)';
  if (outcome.kind === 'error') return 'CAP_SYS_PTRACE and CAP_SYS_ADMIN in the namespace of the process';
  return '';
}
