import type { Key } from '../keys.ts';
import { pathOf } from '../keys.ts';
import { NO_TIME, type Outcome } from '../outcome.ts';
import { type ChildResult, runChild } from './child.ts';
import { now } from './clock.ts';
import {
  argumentLimit,
  asksLess,
  type BlockedFiles,
  errnoIn,
  type GuardedOptions,
  isShortage,
  KILLED,
  NO_READER,
  OWN_SLEEP,
  shortage,
} from './guarded.ts';
import { linkReaders } from './readers.ts';

/** A directory of links that always answers: see Readers. */
const GREETING = '/proc/self/ns';
const GREETED = Buffer.from(`${GREETING}\t`);

const WHY_NOT: Readonly<Record<string, Outcome>> = {
  overflow: { kind: 'skipped', why: 'too many links' },
  late: NO_TIME,
};

/**
 * Reads all links of directories (`/proc/PID/fd`, `/proc/PID/ns`; `/proc/PID` for exe, cwd and root) with `find`, which
 * calls lstat and readlink only: a descriptor on a dead mount is named and never touched. readlink itself blocks on a
 * process that is stuck in exec (6.12 to 6.18): so a child again, and when it hangs the directories are halved until the
 * one is found that does not answer.
 */
export async function readLinks(
  keys: readonly Key[],
  blocked: BlockedFiles,
  options: GuardedOptions,
): Promise<Map<Key, Outcome>> {
  const outcomes = new Map<Key, Outcome>();
  const open: Key[] = [];
  for (const key of keys) {
    const known = blocked.known(key);
    if (known === undefined) open.push(key);
    else outcomes.set(key, known);
  }
  const deadline = now() + options.lateMs;
  for (let start = 0; start < open.length; ) {
    let size = 0;
    let end = start;
    while (end < open.length && size < argumentLimit.bytes) size += (open[end++]?.length ?? 0) + 20;
    await readSome(open.slice(start, end), outcomes, blocked, options, deadline);
    start = end;
  }
  return outcomes;
}

async function readSome(
  keys: readonly Key[],
  outcomes: Map<Key, Outcome>,
  blocked: BlockedFiles,
  options: GuardedOptions,
  deadline: number,
): Promise<void> {
  if (keys.length === 0) return;
  const left = deadline - now();
  if (left <= 0) {
    for (const key of keys) outcomes.set(key, NO_TIME);
    return;
  }
  const byDirectory = new Map<string, Key>();
  for (const key of keys) byDirectory.set(options.realPath(pathOf(key)), key);
  const skip = (outcome: Outcome) => {
    for (const key of keys) outcomes.set(key, outcome);
  };
  const reader = linkReaders.current;
  if (reader === undefined) return skip(NO_READER);
  const argv = [...reader.before, GREETING, ...byDirectory.keys(), ...reader.after];
  const result = await runChild(reader.command, argv, {
    stallMs: options.stallMs,
    lateMs: left,
    ownSleep: OWN_SLEEP,
  });
  if (asksLess(result)) {
    const parts = Math.ceil((keys.join().length + keys.length * 20) / argumentLimit.bytes);
    const size = Math.ceil(keys.length / parts);
    for (let start = 0; start < keys.length; start += size)
      await readSome(keys.slice(start, start + size), outcomes, blocked, options, deadline);
    return;
  }
  if (isShortage(result)) return skip(shortage(result));
  // find says all at its end: of one that was killed nothing is known.
  const greeted = result.stdout.subarray(0, GREETING.length + 1).equals(GREETED);
  if (result.ended === 'no-program' || (result.ended === 'exited' && !greeted)) {
    linkReaders.giveUp(reader);
    return readSome(keys, outcomes, blocked, options, deadline);
  }
  if (result.ended === 'exited' && result.code !== null) {
    take(result, byDirectory, outcomes);
    return;
  }
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) {
    if (result.ended === 'stuck') {
      const wchan = result.stuckIn?.wchan;
      const afterMs = result.stuckIn?.afterMs ?? options.stallMs;
      const outcome: Outcome = { kind: 'blocked', afterMs, ...(wchan ? { readerWchan: wchan } : {}) };
      outcomes.set(only, outcome);
      blocked.note(only, outcome);
    } else {
      outcomes.set(only, WHY_NOT[result.ended] ?? KILLED);
    }
    return;
  }
  const half = Math.ceil(keys.length / 2);
  const again = (part: readonly Key[]) => readSome(part, outcomes, blocked, options, deadline);
  await Promise.all([again(keys.slice(0, half)), again(keys.slice(half))]);
}

function take(result: ChildResult, byDirectory: ReadonlyMap<string, Key>, outcomes: Map<Key, Outcome>): void {
  const texts = new Map<Key, string[]>();
  for (const record of result.stdout.toString('latin1').split('\0')) {
    const tab = record.indexOf('\t');
    const key = tab === -1 ? undefined : byDirectory.get(record.slice(0, tab));
    if (key === undefined) continue;
    const known = texts.get(key);
    if (known) known.push(record.slice(tab + 1));
    else texts.set(key, [record.slice(tab + 1)]);
  }
  const refused = new Map<Key, string>();
  for (const line of result.stderr.split('\n')) {
    // `find: '/proc/1/fd': Permission denied`, and for an entry that went away in between its own path.
    const match = /find: .(.+).: ([^:]+)$/.exec(line);
    const key = match?.[1] === undefined ? undefined : byDirectory.get(match[1]);
    if (key !== undefined) refused.set(key, errnoIn(match?.[2] ?? ''));
  }
  for (const key of byDirectory.values()) {
    const found = texts.get(key);
    const errno = refused.get(key);
    if (found === undefined && errno !== undefined) outcomes.set(key, { kind: 'error', errno });
    else outcomes.set(key, { kind: 'text', text: found === undefined ? '' : `${found.join('\0')}\0` });
  }
}
