import { errnoFromMessage } from '../../procfs/errno-from-text.ts';
import type { Key } from '../keys.ts';
import { pathOf } from '../keys.ts';
import type { Outcome } from '../outcome.ts';
import { type ChildResult, runChild } from './child.ts';
import type { BlockedFiles, GuardedOptions } from './guarded.ts';

const ARGUMENT_LIMIT = 1_000_000;

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
  const deadline = performance.now() + options.lateMs;
  for (let start = 0; start < open.length; ) {
    let size = 0;
    let end = start;
    while (end < open.length && size < ARGUMENT_LIMIT) size += (open[end++]?.length ?? 0) + 20;
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
  const left = deadline - performance.now();
  if (left <= 0) {
    for (const key of keys) outcomes.set(key, { kind: 'skipped', why: 'no time left' });
    return;
  }
  const byDirectory = new Map<string, Key>();
  for (const key of keys) byDirectory.set(options.realPath(pathOf(key)), key);
  const args = [...byDirectory.keys(), '-mindepth', '1', '-maxdepth', '1', '-type', 'l'];
  const result = await runChild('find', [...args, '-printf', '%h\\t%f\\t%M\\t%l\\0'], {
    stallMs: options.stallMs,
    lateMs: left,
  });
  if (result.ended === 'exited') {
    take(result, byDirectory, outcomes);
    return;
  }
  if (result.ended === 'no-program') {
    for (const key of keys)
      outcomes.set(key, { kind: 'skipped', why: 'no find on this host to read it safely' });
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
      outcomes.set(only, {
        kind: 'skipped',
        why: result.ended === 'overflow' ? 'too many links' : 'no time left',
      });
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
    if (key !== undefined) refused.set(key, errnoFromMessage(match?.[2] ?? '') ?? 'EIO');
  }
  for (const key of byDirectory.values()) {
    const found = texts.get(key);
    const errno = refused.get(key);
    if (found === undefined && errno !== undefined) outcomes.set(key, { kind: 'error', errno });
    else outcomes.set(key, { kind: 'text', text: found === undefined ? '' : `${found.join('\0')}\0` });
  }
}
