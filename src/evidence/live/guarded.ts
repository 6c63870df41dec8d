import { errnoFromMessage } from '../../procfs/errno-from-text.ts';
import type { Key } from '../keys.ts';
import { pidOf } from '../keys.ts';
import type { Outcome } from '../outcome.ts';
import { type ChildResult, runChild } from './child.ts';

/** Bytes of arguments for one child; the kernel's limit (execve(2), ARG_MAX) is some 2 MB with the environment. */
const ARGUMENT_LIMIT = 1_000_000;

/** Reads under mmap_lock (proc(5)); all other guarded files are under exec_update_lock, if any. */
const UNDER_MMAP_LOCK = /\/(?:cmdline|environ|maps|smaps|smaps_rollup|numa_maps)$/;

/** Files without a newline at their end: grep adds one, which is taken off again. */
const UNTERMINATED = /\/(?:wchan|cmdline|environ)$/;

/**
 * The order inside one process: what blocks on the fewest kernels first, so that as much as possible is known when a
 * later file blocks (5.10 and 6.1 answer stat and wchan where stack and syscall block); the command line, on another
 * lock, last. '' = all others.
 */
const ORDER = ['stat', 'wchan', 'stack', 'syscall', '', 'cmdline', 'environ'];

export interface GuardedOptions {
  /** See ChildOptions.stallMs. */
  readonly stallMs: number;
  readonly lateMs: number;
  /** Turns the logical path (`/proc/…`) into the real one (`--proc`). */
  readonly realPath: (path: string) => string;
}

/** What is already known to block: shared by all batches of one diagnosis, so that nothing is waited for twice. */
export class BlockedFiles {
  readonly #execLock = new Map<number, { path: string; outcome: Outcome }>();
  readonly #mmapLock = new Map<number, { path: string; outcome: Outcome }>();

  note(path: string, outcome: Outcome): void {
    const pid = pidOf(path);
    if (pid === undefined) return;
    (UNDER_MMAP_LOCK.test(path) ? this.#mmapLock : this.#execLock).set(pid, { path, outcome });
  }

  /**
   * The outcome for a file that is known to block, or whose sibling under the same lock is. A stuck exec blocks `maps` too,
   * but not `cmdline`.
   */
  known(path: string): Outcome | undefined {
    const pid = pidOf(path);
    if (pid === undefined) return undefined;
    const exec = this.#execLock.get(pid);
    const mmap = this.#mmapLock.get(pid);
    const found = !UNDER_MMAP_LOCK.test(path) ? exec : path.endsWith('/cmdline') ? mmap : (mmap ?? exec);
    if (found === undefined) return undefined;
    if (found.path === path) return found.outcome;
    return { kind: 'skipped', why: `${found.path} of the same process does not answer` };
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
  await readGroup(sorted(paths), outcomes, blocked, options);
  return outcomes;
}

function sorted(paths: readonly Key[]): Key[] {
  const rank = (path: string) => {
    const place = ORDER.indexOf(path.slice(path.lastIndexOf('/') + 1));
    return place === -1 ? ORDER.indexOf('') : place;
  };
  // Whole kinds before the next kind: one stuck process then costs one wait, after everybody's `stat` was read.
  return [...paths].sort((a, b) => rank(a) - rank(b));
}

async function readGroup(
  paths: readonly Key[],
  outcomes: Map<Key, Outcome>,
  blocked: BlockedFiles,
  options: GuardedOptions,
): Promise<void> {
  let rest = [...paths];
  const deadline = performance.now() + options.lateMs;
  while (rest.length > 0) {
    rest = rest.filter((path) => {
      const known = blocked.known(path);
      if (known !== undefined) outcomes.set(path, known);
      return known === undefined;
    });
    const left = deadline - performance.now();
    if (left <= 0) {
      for (const path of rest) outcomes.set(path, { kind: 'skipped', why: 'no time left' });
      return;
    }
    const batch = firstThatFit(rest);
    if (batch.length === 0) return;
    const byRealPath = new Map(batch.map((path) => [options.realPath(path), path]));
    const result = await runChild('grep', ['-aHZ', '--line-buffered', '', '--', ...byRealPath.keys()], {
      stallMs: options.stallMs,
      lateMs: left,
    });
    const answered = takeAnswers(result, byRealPath, outcomes);
    const silent = batch.filter((path) => !answered.has(path));
    rest = rest.slice(batch.length);
    if (result.ended === 'exited') {
      for (const path of silent) outcomes.set(path, { kind: 'text', text: '' });
    } else if (result.ended === 'no-program') {
      for (const path of silent)
        outcomes.set(path, { kind: 'skipped', why: 'no grep on this host to read it safely' });
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
        outcomes.set(at, {
          kind: 'skipped',
          why: result.ended === 'overflow' ? 'too large' : 'no time left',
        });
      }
      rest = [...silent.filter((path) => place(path) > position), ...rest];
    }
  }
}

function firstThatFit(paths: readonly Key[]): Key[] {
  let size = 0;
  let end = 0;
  for (const path of paths) {
    size += path.length + 9;
    if (size > ARGUMENT_LIMIT && end > 0) break;
    end++;
  }
  return paths.slice(0, end);
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
  for (const [key, content] of lines) {
    const text = content.join('\n');
    outcomes.set(key, { kind: 'text', text: UNTERMINATED.test(key) ? text : `${text}\n` });
    answered.add(key);
  }
  for (const line of result.stderr.split('\n')) {
    const match = /^(?:\S*\/)?grep: (.+): ([^:]+)$/.exec(line);
    const key = match?.[1] === undefined ? undefined : byRealPath.get(match[1]);
    if (key === undefined) continue;
    // A file that failed in its middle (a process that exits) keeps what was read of it.
    if (!answered.has(key))
      outcomes.set(key, { kind: 'error', errno: errnoFromMessage(match?.[2] ?? '') ?? 'EIO' });
    answered.add(key);
  }
  return answered;
}
