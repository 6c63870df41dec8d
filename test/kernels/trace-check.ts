import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Look, lookAt, wrongPairs } from '../live/tracing.ts';

/** What a recording made on some kernel is worth, with each thing that should be otherwise in `wrong`. */
export interface Verdict {
  readonly wrong: readonly string[];
  readonly figures: Readonly<Record<string, string | number>>;
}

const RATE = 0.9999;
/** Beyond this a call may be taken for its neighbour: with 12 μs the first were, in a thread that does nothing but call. */
const CLOCK_ERROR_NS = 5000;
/** Of the sleeps that ended while both recorders ran: with stack, with waker. */
const NAMED = 0.95;

/** What a recording is to hold. */
export interface Asked {
  /** strace and perf; else what there is. */
  readonly both: boolean;
  /** All that was traced had ended before the recording did. */
  readonly ended: boolean;
}

/** Holds a recording in a directory against what was asked of it. */
export function check(directory: string, { both, ended }: Asked): Verdict {
  const look = lookAt(directory, (source) => source);
  const { correlation } = look.analysed;
  const wrong: string[] = [];
  const figures: Record<string, string | number> = { calls: look.calls.length };
  const demand = (holds: boolean, sentence: string) => {
    if (!holds) wrong.push(sentence);
  };
  if (both) {
    const { compared, wrong: pairs } = wrongPairs(look);
    const { eligible = 0, matched = 0, clockOffsetErrorNs } = correlation ?? {};
    demand(matched > 0, 'nothing matched');
    demand(
      eligible - matched <= Math.max(1, eligible * (1 - RATE)),
      `${eligible - matched} of ${eligible} eligible calls have no partner`,
    );
    demand(pairs.length === 0, `wrong pairs: ${pairs.slice(0, 3).join('; ')}`);
    demand(correlation?.wrongPairsRefused === 0, `${correlation?.wrongPairsRefused} pairs refused`);
    demand((clockOffsetErrorNs ?? Infinity) <= CLOCK_ERROR_NS, `clock error ${clockOffsetErrorNs} ns`);
    Object.assign(figures, { eligible, matched, compared, clockErrorNs: clockOffsetErrorNs ?? -1 });
    figures.residualP50 = correlation?.residualNs.p50 ?? -1;
    figures.unmatched = JSON.stringify(correlation?.unmatched);
    figures.perfOnly = JSON.stringify(correlation?.perfOnly);
  }
  if (look.calls.some(({ sources }) => sources.includes('perf'))) {
    const { share, unnamed } = named(look);
    figures.sleeps = share.of;
    figures.stacks = share.stack;
    figures.wakers = share.waker;
    figures.how = JSON.stringify(share.how);
    demand(share.of > 0, 'no sleep seen');
    demand(share.stack >= share.of * NAMED, `stacks: ${share.stack} of ${share.of}`);
    // The kernel does not tell of each wake-up out of an interrupt that comes over an idle CPU.
    demand(
      share.of - share.waker <= Math.max(1, share.of * (1 - NAMED)),
      `wakers: ${share.waker} of ${share.of}: ${unnamed}`,
    );
  }
  const spawned = look.events.flatMap((event) =>
    event.type === 'spawn' ? [event.childTid ?? event.childPid] : [],
  );
  const exits = new Set(look.events.flatMap((event) => (event.type === 'exit' ? [event.tid] : [])));
  const without = spawned.filter((tid) => !exits.has(tid));
  Object.assign(figures, { spawned: spawned.length, exits: exits.size });
  if (ended) demand(without.length === 0, `no exit of ${without.join(', ')}`);
  const offSums = look.calls.filter(
    ({ onCpuNs, runnableNs, blockedNs, durationNs }) =>
      onCpuNs !== undefined && Math.abs(onCpuNs + runnableNs! + blockedNs! - durationNs) > 1,
  );
  demand(offSums.length === 0, `${offSums.length} calls whose states do not add up`);
  if (existsSync(join(directory, 'truth.log')))
    wrong.push(...againstTruth(look, join(directory, 'truth.log')));
  return { wrong, figures };
}

/** Sleeps inside of calls: how many of them have a stack and somebody who ended them. */
function named({ calls }: Look) {
  const asleep = calls.filter(
    ({ blockedNs, sources, open }) => sources.includes('perf') && (blockedNs ?? 0) > 0 && open === undefined,
  );
  const share = { of: asleep.length, stack: 0, waker: 0, how: {} as Record<string, number> };
  const unnamed: string[] = [];
  for (const { stack, waker, name, result, tid } of asleep) {
    if (stack?.some((frame) => /^[a-z_]/i.test(frame) && !frame.startsWith('0x'))) share.stack++;
    if (waker !== undefined) share.waker++;
    else if (unnamed.length < 5) unnamed.push(`${tid} ${name} = ${result}`);
    const how = waker?.how ?? 'none';
    share.how[how] = (share.how[how] ?? 0) + 1;
  }
  return { share, unnamed: unnamed.join(', ') };
}

/** What the program truth.c logged of itself. */
function againstTruth(look: Look, log: string): string[] {
  const wrong: string[] = [];
  const seen = new Map(
    look.calls
      .filter(({ name, args }) => name === 'close' && /^\d{7}/.test(args))
      .map((call) => [`${call.tid} ${Number.parseInt(call.args, 10)}`, call]),
  );
  const lines = readFileSync(log, 'latin1').trim().split('\n');
  const woke = new Set<number>();
  for (const line of lines) {
    const [what = '', tid, number, before, after] = line.split(' ');
    if (what === 'WOKE') woke.add(Number(tid));
    if (what === 'CALL') {
      const call = seen.get(`${tid} ${number}`);
      const start = look.originNs + BigInt(Math.round(call?.startNs ?? 0));
      const end = start + BigInt(Math.round(call?.durationNs ?? 0));
      const right = call?.sources.length === 2 && call.errno === 'EBADF';
      if (!right || start < BigInt(before!) || end > BigInt(after!)) wrong.push(`not as logged: ${line}`);
    }
    if (what === 'CHILD') {
      const wait = look.calls.find(({ name, result }) => name === 'wait4' && result === Number(number));
      if (wait?.waker?.pid !== Number(number) || wait.waker.how !== 'child-exit')
        wrong.push(`${line}: its parent was woken by ${JSON.stringify(wait?.waker)}`);
      const sleep = look.calls.find(
        ({ tid: who, name }) => who === Number(number) && name === 'clock_nanosleep',
      );
      if (sleep?.waker?.how !== 'timer') wrong.push(`${line}: woken by ${JSON.stringify(sleep?.waker)}`);
      const ended = look.events.some(
        (event) => event.type === 'exit' && event.pid === Number(number) && event.status === 7,
      );
      if (!ended) wrong.push(`${line}: it did not end with 7`);
    }
  }
  const reads = look.calls.filter(
    ({ name, args, blockedNs }) => name === 'read' && args.includes('<pipe:') && (blockedNs ?? 0) > 0,
  );
  const byWriter = reads.filter(({ waker }) => waker?.how === 'pipe' && woke.has(waker.tid));
  if (byWriter.length < reads.length * 0.99 || reads.length === 0)
    wrong.push(`${byWriter.length} of ${reads.length} sleeping readers have a writer as their waker`);
  return wrong.slice(0, 5).concat(wrong.length > 5 ? [`and ${wrong.length - 5} more`] : []);
}
