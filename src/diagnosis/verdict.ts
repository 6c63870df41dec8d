import type { ProcessEvidence } from '../evidence/process.ts';
import type { Step } from '../waits/walk.ts';
import type { Judged, Unseen, Verdict, VerdictState } from './diagnosis.ts';

const STOPPED = new Set([
  'stopped',
  'stopped-tty',
  'cgroup-frozen',
  'ptrace-stopped',
  'ptrace-tracer-stopped',
]);
const DEGRADED = new Set(['reaping', 'pid-namespace', 'signal', 'limit', 'hostile']);

/**
 * The diagnosis in one line: by the top finding, else by what the threads do.
 * @param lost what was needed and not read: with any of it nothing is called healthy
 */
export function verdictOf(
  process: ProcessEvidence,
  steps: readonly Step[],
  findings: readonly Judged[],
  lost: readonly Unseen[] = [],
): Verdict {
  const [top] = findings;
  if (top !== undefined && top.severity !== 'info') {
    const own = findings.find((finding) => finding.step?.depth === 0)?.step ?? ownStep(top.step);
    const seconds = own?.wait.thread.secondsAsleep;
    const killable = own?.wait.killable;
    return {
      state: stateOf(process, top),
      summary: top.title,
      ...(seconds === undefined ? {} : { seconds }),
      ...(killable === undefined ? {} : { killable }),
    };
  }
  return healthy(process, steps, top, lost);
}

function stateOf(process: ProcessEvidence, top: Judged): VerdictState {
  if (/[Tt]/.test(process.state) || (STOPPED.has(top.rule.id) && (top.step?.depth ?? 0) === 0))
    return 'stopped';
  // A limit that slows down does so in D as well.
  const isSlowed = top.rule.family === 'limit' && top.severity === 'warning';
  if (isSlowed) return 'degraded';
  // Of what it does itself nothing is wrong: it is about its children, say.
  if (top.step === undefined && top.severity === 'warning') return 'degraded';
  if (DEGRADED.has(top.rule.family) && top.rule.id !== 'pidns-teardown-stuck' && process.state !== 'D')
    return 'degraded';
  return 'hung';
}

function ownStep(step: Step | undefined): Step | undefined {
  let at = step;
  while (at?.via !== undefined) at = at.via.step;
  return at;
}

function healthy(
  process: ProcessEvidence,
  steps: readonly Step[],
  note: Judged | undefined,
  lost: readonly Unseen[],
): Verdict {
  const own = steps.filter(({ depth }) => depth === 0);
  const [missed] = lost;
  if (missed !== undefined && own.length > 0) return untold(own, missed);
  const running = own.find(({ wait }) => wait.kind === 'running');
  if (running !== undefined) {
    return {
      state: 'healthy',
      summary: note?.rule.family === 'busy' ? note.title : 'running',
      idle: 'running',
    };
  }
  const moving = own.find(({ wait }) => wait.idle === undefined && wait.thread.moved === true);
  if (moving !== undefined) {
    return {
      state: 'healthy',
      summary:
        moving.wait.kind === 'unknown'
          ? 'it ran between the looks; what it sleeps in meanwhile cannot be seen from here'
          : `working: ${moving.wait.point} comes and goes`,
      idle: 'running',
    };
  }
  const unknown = own.find(({ wait }) => wait.idle === undefined);
  if (unknown !== undefined) {
    return { state: 'unknown', summary: `${sleepOf(unknown.wait.point)}: what for could not be told` };
  }
  const leader = own.find(({ wait }) => wait.thread.isLeader) ?? own[0];
  if (leader === undefined) return { state: 'unknown', summary: 'none of its threads could be read' };
  const seconds = leader.wait.thread.secondsAsleep;
  const count = process.tids.length;
  const others = count > 1 ? `; ${othersInWords(own.length, count)}` : '';
  return {
    state: 'healthy',
    summary: `${sleepOf(leader.wait.point)}${others}`,
    ...(leader.wait.idle === undefined ? {} : { idle: leader.wait.idle }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(process.isKernelThread ? {} : { killable: true }),
  };
}

function othersInWords(looked: number, count: number): string {
  // Asked about one of them.
  if (looked === 1) return `one of ${count} threads`;
  return looked < count
    ? `${looked} of ${count} threads were looked at, all idle`
    : `${count} threads, all idle`;
}

/** An unknown is no health: what was not read may be just that which tells of a hang. */
function untold(own: readonly Step[], { what, why, remedy }: Unseen): Verdict {
  const top = own.find(({ wait }) => wait.idle === undefined) ?? own[0];
  const does = top === undefined || top.wait.kind === 'running' ? 'it runs' : sleepOf(top.wait.point);
  return {
    state: 'unknown',
    summary: `${does}; whether all is well is not known: not read: ${brief(what)}: ${why}${remedy === '' ? '' : `; ${remedy}`}`,
  };
}

/** Without what it is good for: `its descriptors (of 1, 2)`. */
const brief = (what: string) => what.replace(/:.*(?= \(of )/, '');

/** A dead process is not asleep. */
const sleepOf = (point: string) => (point.startsWith('exited') ? point : `asleep in ${point}`);
