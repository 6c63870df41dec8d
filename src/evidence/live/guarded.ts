import { errnoFromMessage } from '../../procfs/errno-from-text.ts';
import type { Key } from '../keys.ts';
import { pidOf } from '../keys.ts';
import { NO_TIME, type Outcome } from '../outcome.ts';
import { type ChildResult, runChild } from './child.ts';
import { now } from './clock.ts';
import { fileReaders, MOST_LINES } from './readers.ts';

/**
 * Bytes of arguments for one child. The kernel's limit (execve(2), ARG_MAX) is a quarter of the stack's, some 2 MB with the
 * environment, and at least 128 kB.
 */
export const argumentLimit = { bytes: 1_000_000, least: 100_000 };

/** True when it was too much for the kernel, and less can be tried. */
export function asksLess(result: ChildResult): boolean {
  if (result.errno !== 'E2BIG' || argumentLimit.bytes === argumentLimit.least) return false;
  argumentLimit.bytes = argumentLimit.least;
  return true;
}

type Lock = 'exec_update_lock' | 'mmap_lock' | 'mmap_lock or the lock of each mapping';

/** The locks under which a file is read (proc(5), fs/proc/), that which is its own first. */
function locksOf(path: string): readonly Lock[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === 'cmdline') return ['mmap_lock'];
  // Since 6.17 it can be read while mmap_lock is held.
  if (name === 'maps') return ['mmap_lock or the lock of each mapping', 'exec_update_lock'];
  if (/^(?:environ|smaps|smaps_rollup|numa_maps)$/.test(name)) return ['mmap_lock', 'exec_update_lock'];
  return ['exec_update_lock'];
}

/** Files without a newline at their end: grep adds one, which is taken off again. */
const UNTERMINATED = /\/(?:wchan|cmdline|environ)$/;

/**
 * The order inside one process: what blocks on the fewest kernels first, so that as much as possible is known when a
 * later file blocks (5.10 and 6.1 answer stat and wchan where stack and syscall block); the command line, on another
 * lock, last. '' = all others.
 */
const ORDER = ['stat', 'wchan', 'stack', 'syscall', '', 'cmdline', 'environ'];

/** A file that always answers, with one short line: see Readers. */
const GREETING = '/proc/self/comm';
const GREETED = Buffer.from(`${GREETING}\0`);

/** Children that read at the same time, at most, and into how many parts a batch is dealt to come to that. */
const MOST_HANDS = 16;
const FAN_OUT = 4;

/** Sleeps for a page of the reader's own program, or because somebody froze or stopped it: no file's fault. */
export const OWN_SLEEP =
  /^(?:folio_wait|__folio_lock|wait_on_page|filemap_fault|io_schedule|swap_|do_swap_page|\w*mem_cgroup_|__refrigerator|get_signal|do_signal_stop|ptrace_stop)/;

/** Why a reader that was not stuck gave no answer for the file that it was at. */
const WHY_NOT: Readonly<Record<string, Outcome>> = {
  overflow: { kind: 'skipped', why: 'too large' },
  late: NO_TIME,
};
export const KILLED: Outcome = { kind: 'skipped', why: 'its reader was killed', lost: true };
export const NO_READER: Outcome = {
  kind: 'skipped',
  why: 'no program on this host that could read it safely',
};

export interface GuardedOptions {
  /** See ChildOptions.stallMs. */
  readonly stallMs: number;
  readonly lateMs: number;
  /** Turns the logical path (`/proc/…`) into the real one (`--proc`). */
  readonly realPath: (path: string) => string;
}

/** What is already known to block: shared by all batches of one diagnosis, so that nothing is waited for twice. */
export class BlockedFiles {
  readonly #files = new Map<string, { path: string; outcome: Outcome }>();

  note(path: string, outcome: Outcome): void {
    const pid = pidOf(path);
    if (pid !== undefined) this.#files.set(`${pid} ${locksOf(path)[0]}`, { path, outcome });
  }

  /** The outcome for a file that is known to block, or of which another under the same lock is. */
  known(path: string): Outcome | undefined {
    const pid = pidOf(path);
    if (pid === undefined) return undefined;
    const found = locksOf(path)
      .map((lock) => this.#files.get(`${pid} ${lock}`))
      .find((file) => file !== undefined);
    if (found === undefined) return undefined;
    if (found.path === path) return found.outcome;
    return { kind: 'skipped', why: `${found.path} of the same process does not answer`, lost: true };
  }
}

/**
 * Reads files of which any may never answer: by `grep`, which prints each line behind the file's name and a NUL, so that
 * no content can pass for another file's; as a child that is killed when it stops getting on.
 */
export async function readGuarded(
  paths: readonly Key[],
  blocked: BlockedFiles,
  options: GuardedOptions,
): Promise<Map<Key, Outcome>> {
  const outcomes = new Map<Key, Outcome>();
  await readGroup(sorted(paths), outcomes, blocked, options, 1);
  return outcomes;
}

/** A file's whole text as `grep` would have given it: no more than so many lines, and a newline where its kind ends in one. */
export function fileOutcome(key: Key, text: string): Outcome {
  if (text.length > MOST_LINES) {
    let end = 0;
    for (let line = 0; line < MOST_LINES && end !== -1; line++) end = text.indexOf('\n', end) + 1 || -1;
    if (end !== -1 && end < text.length) return { kind: 'text', text: text.slice(0, end), cut: true };
  }
  const ends = text === '' || text.endsWith('\n') || UNTERMINATED.test(key);
  return { kind: 'text', text: ends ? text : `${text}\n` };
}

/** Paths in the order in which they are best read: see ORDER. */
export function sorted(paths: readonly Key[]): Key[] {
  // Whole kinds before the next kind: one stuck process then costs one wait, after everybody's `stat` was read.
  const kinds = ORDER.map((): Key[] => []);
  const others = ORDER.indexOf('');
  for (const path of paths) {
    const place = ORDER.indexOf(path.slice(path.lastIndexOf('/') + 1));
    kinds[place === -1 ? others : place]?.push(path);
  }
  return kinds.flat();
}

async function readGroup(
  paths: readonly Key[],
  outcomes: Map<Key, Outcome>,
  blocked: BlockedFiles,
  options: GuardedOptions,
  hands: number,
): Promise<void> {
  let rest = [...paths];
  const deadline = now() + options.lateMs;
  const skip = (keys: readonly Key[], outcome: Outcome) => {
    for (const key of keys) outcomes.set(key, outcome);
  };
  while (rest.length > 0) {
    rest = rest.filter((path) => {
      const known = blocked.known(path);
      if (known !== undefined) outcomes.set(path, known);
      return known === undefined;
    });
    const left = deadline - now();
    if (left <= 0) return skip(rest, NO_TIME);
    const batch = firstThatFit(rest);
    if (batch.length === 0) return;
    const reader = fileReaders.current;
    if (reader === undefined) return skip(rest, NO_READER);
    const byRealPath = new Map(batch.map((path) => [options.realPath(path), path]));
    const argv = [...reader.before, GREETING, ...byRealPath.keys(), ...reader.after];
    const result = await runChild(reader.command, argv, {
      stallMs: options.stallMs,
      lateMs: left,
      greets: true,
      ownSleep: OWN_SLEEP,
    });
    if (isShortage(result)) return skip(rest, shortage(result));
    if (!result.stdout.subarray(0, GREETING.length + 1).equals(GREETED)) {
      if (result.ended === 'late') return skip(rest, NO_TIME);
      fileReaders.giveUp(reader);
      continue;
    }
    const answered = takeAnswers(result, byRealPath, outcomes);
    const silent = batch.filter((path) => !answered.has(path));
    rest = rest.slice(batch.length);
    if (result.ended === 'exited' && result.code !== null) {
      for (const path of silent) outcomes.set(path, { kind: 'text', text: '' });
    } else {
      const at = culpritOf(result, batch, silent, byRealPath);
      // Files before the one that blocks were read and are empty; those behind it are still to be read.
      const index = new Map(batch.map((path, i) => [path, i]));
      const place = (path: Key) => index.get(path) ?? -1;
      const position = at === undefined ? -1 : place(at);
      for (const path of silent) {
        if (place(path) < position) outcomes.set(path, { kind: 'text', text: '' });
      }
      if (at !== undefined && result.ended === 'stuck') {
        const outcome: Outcome = {
          kind: 'blocked',
          afterMs: result.stuckIn?.afterMs ?? options.stallMs,
          ...(result.stuckIn?.wchan ? { readerWchan: result.stuckIn.wchan } : {}),
        };
        outcomes.set(at, outcome);
        blocked.note(at, outcome);
      } else if (at !== undefined) {
        outcomes.set(at, WHY_NOT[result.ended] ?? KILLED);
      }
      rest = [...silent.filter((path) => place(path) > position), ...rest];
      // Where one is stuck others are, often with neighbouring numbers, and each costs a wait: from now on side by side.
      if (hands < MOST_HANDS && rest.length > 1) {
        const within = { ...options, lateMs: deadline - now() };
        const parts = Array.from({ length: FAN_OUT }, (_, nth) =>
          rest.filter((_path, index) => index % FAN_OUT === nth),
        );
        await Promise.all(parts.map((part) => readGroup(part, outcomes, blocked, within, hands * FAN_OUT)));
        return;
      }
    }
  }
}

function firstThatFit(paths: readonly Key[]): Key[] {
  let size = 0;
  let end = 0;
  for (const path of paths) {
    size += path.length + 9;
    if (size > argumentLimit.bytes && end > 0) break;
    end++;
  }
  return paths.slice(0, end);
}

/** The host has no process, memory or descriptor left for us: another program would not start either. */
export function isShortage(result: ChildResult): boolean {
  return (
    result.ended === 'no-program' && !/^(?:ENOENT|EACCES|ENOEXEC|ENOTDIR|ELOOP)$/.test(result.errno ?? '')
  );
}

export function shortage({ errno }: ChildResult): Outcome {
  return { kind: 'skipped', why: `no process could be started to read it safely (${errno})`, lost: true };
}

/** Which file the killed child was at: the one it had open, or (open itself blocks) the first without an answer. */
function culpritOf(
  result: ChildResult,
  batch: readonly Key[],
  silent: readonly Key[],
  byRealPath: ReadonlyMap<string, Key>,
): Key | undefined {
  const open = result.stuckIn?.file === undefined ? undefined : byRealPath.get(result.stuckIn.file);
  if (open !== undefined) return open;
  const unanswered = new Set(silent);
  const lastAnswered = batch.findLastIndex((path) => !unanswered.has(path));
  return batch[lastAnswered + 1] ?? silent[0];
}

/** Parses `PATH NUL LINE` records of stdout and `grep: PATH: message` of stderr; gives the keys that were answered. */
function takeAnswers(
  result: ChildResult,
  byRealPath: ReadonlyMap<string, Key>,
  outcomes: Map<Key, Outcome>,
): Set<Key> {
  const answered = new Set<Key>();
  const { stdout } = result;
  const lines = new Map<Key, string[]>();
  for (let start = 0; start < stdout.length; ) {
    let end = stdout.indexOf(10, start);
    if (end === -1) {
      // A child that was killed may leave half a line: only a finished child's last line counts.
      if (result.ended !== 'exited') break;
      end = stdout.length;
    }
    const nul = stdout.indexOf(0, start);
    if (nul !== -1 && nul < end) {
      const key = byRealPath.get(stdout.toString('latin1', start, nul));
      if (key !== undefined) {
        const text = stdout.toString('latin1', nul + 1, end);
        const known = lines.get(key);
        if (known) known.push(text);
        else lines.set(key, [text]);
      }
    }
    start = end + 1;
  }
  // A child that was killed may have been in the middle of the last file that it told of.
  const last = result.ended === 'exited' ? undefined : [...lines.keys()].at(-1);
  for (const [key, content] of lines) {
    if (key === last && result.ended === 'late') continue;
    const text = content.join('\n');
    const cut = key === last && result.stuckIn === undefined ? true : content.length >= MOST_LINES;
    outcomes.set(key, {
      kind: 'text',
      text: UNTERMINATED.test(key) ? text : `${text}\n`,
      ...(cut ? { cut } : {}),
    });
    answered.add(key);
  }
  for (const line of result.stderr.split('\n')) {
    const match = /^(?:\S*\/)?grep: (.+): ([^:]+)$/.exec(line);
    const key = match?.[1] === undefined ? undefined : byRealPath.get(match[1]);
    if (key === undefined) continue;
    // A file that failed in its middle (a process that exits) keeps what was read of it.
    if (!answered.has(key)) outcomes.set(key, { kind: 'error', errno: errnoIn(match?.[2] ?? '') });
    answered.add(key);
  }
  return answered;
}

/** From the message of a program, or of our own readers, which give the name itself. */
export function errnoIn(message: string): string {
  return /^E[A-Z0-9]+$/.test(message) ? message : (errnoFromMessage(message) ?? 'EIO');
}
