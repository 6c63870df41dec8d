import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { privateDir } from '../../src/lab/compile.ts';

const SOURCE = join(import.meta.dirname, 'programs/traced.c');

/** Compiles programs/traced.c, once for its content. */
export function tracedProgram(): string {
  const hash = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16);
  const folder = join(privateDir(), `traced-${hash}`);
  const binary = join(folder, 'traced');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const fresh = `${binary}.${randomUUID()}`;
  execFileSync('gcc', ['-O1', '-Wall', '-pthread', '-o', fresh, SOURCE]);
  renameSync(fresh, binary);
  return binary;
}

export interface TracedTarget {
  readonly pid: number;
  /** The first line that it printed. */
  readonly line: string;
  /** How much it has done. */
  count(): bigint;
  /** Resolves when it has done more than now; false when it does not within the time. */
  goesOn(milliseconds?: number): Promise<boolean>;
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

export interface TargetOptions {
  /** Put in front, such as `setpriv --reuid 65534`. */
  readonly wrapper?: readonly string[];
  /** Where it is and writes, for those who may not into ours. */
  readonly directory?: string;
}

/** Starts one of its kinds; resolves when it works. */
export async function startTarget(
  kind: string,
  argument = 0,
  { wrapper = [], directory }: TargetOptions = {},
): Promise<TracedTarget> {
  const file = join(directory ?? privateDir(), `count-${randomUUID()}`);
  const binary = directory === undefined ? tracedProgram() : join(directory, 'traced');
  if (directory !== undefined) copyFileSync(tracedProgram(), binary);
  const [program = '', ...args] = [...wrapper, binary, kind, file, String(argument)];
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve);
    child.once('error', reject);
    void ended.then(() => reject(new Error(`${kind} ended at once`)));
  });
  const count = () => readFileSync(file).readBigUInt64LE(0);
  return {
    pid: child.pid!,
    line,
    count,
    ended,
    async goesOn(milliseconds = 20_000) {
      const before = count();
      const deadline = performance.now() + milliseconds;
      while (count() === before) {
        if (performance.now() > deadline) return false;
        await pause(5);
      }
      return true;
    },
    async close() {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It has ended.
      }
      await ended;
      rmSync(file, { force: true });
    },
  };
}

/** Statuses of all tasks of a process and its children, as far as they are there. */
export function tasksBelow(root: number): { tid: number; state: string; tracer: number; name: string }[] {
  const found: { tid: number; state: string; tracer: number; name: string }[] = [];
  const queue = [root];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    for (const tid of namesIn(`/proc/${pid}/task`)) {
      const status = textOf(`/proc/${pid}/task/${tid}/status`);
      const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
      if (status !== '') {
        found.push({
          tid: Number(tid),
          state: field('State').slice(0, 1),
          tracer: Number(field('TracerPid')),
          name: field('Name'),
        });
      }
      queue.push(...textOf(`/proc/${pid}/task/${tid}/children`).split(' ').filter(Boolean).map(Number));
    }
  }
  return found;
}

/** Processes whose command line holds `mark`, or that are of that session, and that have not ended. */
export function processesOf(mark: string, session: number): string[] {
  return namesIn('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    const status = textOf(`/proc/${pid}/status`);
    if (status === '' || /^State:\t[ZX]/m.test(status)) return [];
    const ofSession = new RegExp(`^NSsid:\\t(?:\\d+\\t)*${session}$`, 'm').test(status);
    const line = textOf(`/proc/${pid}/cmdline`);
    return ofSession || line.includes(mark)
      ? [`${pid} ${/^State:.*/m.exec(status)?.[0]} ${line.replaceAll('\0', ' ').slice(-160)}`]
      : [];
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
