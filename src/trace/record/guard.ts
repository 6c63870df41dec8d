import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type NotStarted, notStarted } from '../../evidence/live/not-started.ts';
import { parseStat } from '../../procfs/stat.ts';
import { errnoOf } from './proc.ts';

/**
 * Reads whom to watch from a pipe whose other end only procdiag holds. Its end is the end of procdiag, however that came:
 * then every recorder is killed with its process group (strace's self-tests leave children behind when it dies in its first
 * milliseconds), and the directory is removed. SIGKILL and no detaching: the kernel frees the tracees of a dead tracer at
 * once, where a strace that detaches can lock itself up with a vfork parent for ever.
 *
 * A group is only killed while its leader has the start time that it was announced with, or is gone: the number of a group
 * that still has members is not given to another process.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM PIPE
directory=$1
watched=
mkdir -m 700 -- "$directory" || exit 1
look() {
  line=
  IFS= read -r line <"/proc/$1/stat"
  set -- \${line##*') '}
  echo "$1 \${20}"
}
end_all() {
  alive=1
  for one in $watched; do
    pid=\${one%%:*}
    now=$(look "$pid" 2>/dev/null)
    case $now in
      ' ' | "Z \${one#*:}") kill -s KILL -- "-$pid" ;;
      *" \${one#*:}") kill -s KILL -- "-$pid" && alive=0 ;;
    esac
  done 2>/dev/null
  return $alive
}
echo ready
while IFS=' ' read -r what pid start; do
  rest=
  for one in $watched; do
    [ "\${one%%:*}" = "$pid" ] || rest="$rest $one"
  done
  watched=$rest
  [ "$what" = watch ] && watched="$watched $pid:$start"
  echo "$what $pid"
done
turns=0
while end_all && [ $turns -lt 50 ]; do
  turns=$((turns + 1))
  sleep 0.02 2>/dev/null || sleep 1
done
rm -rf -- "$directory"
`;

const READY_MS = 10_000;

/** Its process could not be started. */
export class GuardError extends Error {
  readonly prevented: NotStarted | undefined;

  constructor(prevented: NotStarted | undefined, errno = 'unknown') {
    super(`no process can be started beside procdiag: ${prevented?.why ?? errno}`);
    this.prevented = prevented;
  }
}

/**
 * A process of its own that outlives procdiag, ends what procdiag had started and removes its directory. It is never waited
 * for: it may be the last to know.
 */
export class Guard {
  /** Private to this user, empty at first, and gone when the guard is. */
  readonly directory: string;
  readonly #child: ChildProcess;
  readonly #answers = new Map<string, () => void>();
  #said = '';
  #gone: Promise<void>;
  #isGone = false;

  private constructor(directory: string, child: ChildProcess) {
    this.directory = directory;
    this.#child = child;
    this.#gone = new Promise((resolve) => {
      const gone = () => {
        this.#isGone = true;
        for (const answered of this.#answers.values()) answered();
        resolve();
      };
      child.once('close', gone);
      child.once('error', gone);
    });
    child.stdin?.on('error', () => undefined);
    child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      this.#said += text;
      const lines = this.#said.split('\n');
      this.#said = lines.pop() ?? '';
      for (const line of lines) this.#answers.get(line)?.();
    });
  }

  /**
   * @param parent where the directory is made; default: the system's for temporary files.
   * @throws Error when it cannot be started, or cannot make the directory.
   */
  static async start(parent = tmpdir()): Promise<Guard> {
    const directory = join(parent, `procdiag-trace-${randomBytes(9).toString('hex')}`);
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'procdiag-guard', directory], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A session of its own: no signal of the terminal comes to it.
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    });
    let complaint = '';
    let errno: string | undefined;
    child.once('error', (error) => (errno = errnoOf(error)));
    child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      if (complaint.length < 1000) complaint += text;
    });
    const guard = new Guard(directory, child);
    if (await guard.#answer('ready')) return guard;
    child.stdin?.destroy();
    const prevented = notStarted(/cannot fork/i.test(complaint) ? 'EAGAIN' : errno);
    if (prevented !== undefined || complaint === '') throw new GuardError(prevented, errno);
    throw new Error(`no directory for the recording could be made in ${parent}: ${complaint.trim()}`);
  }

  /** Resolves when the guard has ended, which it does before us only if somebody kills it. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /**
   * From now on the process group of `pid`, a child of ours that leads it and is not yet reaped, ends with us. False when the
   * guard is gone: then it must not be let go.
   */
  async watch(pid: number): Promise<boolean> {
    const start = startTimeOf(pid);
    if (start === undefined) return false;
    return this.#tell(`watch ${pid}`, ` ${start}`);
  }

  /** `pid` has ended: its number may become another's. */
  async forget(pid: number): Promise<void> {
    await this.#tell(`forget ${pid}`, '');
  }

  /** Removes the directory and ends the guard, and what of the recorders may still be there. */
  async close(): Promise<void> {
    this.#child.ref();
    this.#child.stdin?.end();
    await this.#gone;
    // Where it had been killed before.
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Lets the program end though the guard still runs. */
  unref(): void {
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr])
      (stream as (Readable | Writable) & { unref?: () => void })?.unref?.();
  }

  async #tell(line: string, rest: string): Promise<boolean> {
    if (this.isGone) return false;
    this.#child.stdin?.write(`${line}${rest}\n`);
    return this.#answer(line);
  }

  #answer(line: string): Promise<boolean> {
    return new Promise((resolve) => {
      const late = setTimeout(() => done(false), READY_MS);
      const done = (answered: boolean) => {
        clearTimeout(late);
        this.#answers.delete(line);
        resolve(answered && !this.#isGone);
      };
      this.#answers.set(line, () => done(true));
    });
  }
}

/** Of a child of ours that was started and not yet reaped: its stat cannot block, for it is past its execve. */
function startTimeOf(pid: number): number | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.startTime;
  } catch {
    return undefined;
  }
}
