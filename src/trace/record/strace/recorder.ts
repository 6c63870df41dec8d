import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { outOfStep, startled } from '../../strace/out-of-step.ts';
import type { Guard } from '../guard.ts';
import { statusOf } from '../proc.ts';
import { Tool } from '../tool.ts';
import type { StraceTool } from '../tools.ts';

export interface StraceOptions {
  readonly pids: readonly number[];
  readonly follow: boolean;
  /** What `-e trace=` takes. */
  readonly syscalls?: string;
}

/** Its stderr; goes into meta.json. */
export const STRACE_SAID = 'strace.said';

/** Environment in which strace's times need no look at /etc/localtime, which costs it an eighth of its speed. */
const ENVIRONMENT = { TZ: 'UTC0' };

const ATTACH_MS = 10_000;
const DETACH_MS = 2000;
const KILLED_MS = 2000;
const POLL_MS = 5;
const MOST_SAID = 16_000;
/** A line for each process of a large tree. */
const MOST_ATTACH_WORDS = 2_000_000;
/** All of it: a line for each thread that is made, and two for each call of one that it is out of step with. */
const MOST_WORDS = 64_000_000;
/** Threads that are made to stop do so at once, as soon as they get a CPU. */
const SETTLE_MS = 10;

/** The options before the list of processes, by what this version can. */
export function straceArguments({ can }: StraceTool, options: StraceOptions, file: string): string[] {
  return [
    ...(options.follow ? ['-f'] : []),
    ...(can.numbers ? ['-n'] : []),
    '-s',
    '256',
    '-y',
    ...(can.nanoseconds
      ? ['--absolute-timestamps=format:unix,precision:ns', '--relative-timestamps=ns', '--syscall-times=ns']
      : ['-ttt', '-r', '-T']),
    ...(can.decodePids ? ['--decode-pids=comm,pidns'] : []),
    ...(options.syscalls === undefined ? [] : ['-e', `trace=${options.syscalls}`]),
    '-o',
    file,
    '-p',
  ];
}

/** strace on running processes. */
export class StraceRecorder {
  readonly file: string;
  readonly argv: readonly string[];
  attachedNs: bigint | undefined;
  detachedNs: bigint | undefined;
  readonly tool: Tool;
  readonly #saidFile: string;
  readonly #pids: readonly number[];

  private constructor(
    tool: Tool,
    file: string,
    saidFile: string,
    argv: readonly string[],
    pids: readonly number[],
  ) {
    this.tool = tool;
    this.file = file;
    this.#saidFile = saidFile;
    this.argv = argv;
    this.#pids = pids;
  }

  /** Starts it and waits until it has attached to all that are still there. @throws Error in strace's own words when to none. */
  static async start(guard: Guard, strace: StraceTool, options: StraceOptions): Promise<StraceRecorder> {
    const file = join(guard.directory, 'strace.log');
    // No pipe: strace would wait for us to read, and the target for it, also while we are stopped by Ctrl+Z.
    const saidFile = join(guard.directory, STRACE_SAID);
    const argv: [string, ...string[]] = [strace.path, ...straceArguments(strace, options, file)];
    const descriptor = openSync(saidFile, 'wx', 0o600);
    let tool: Tool;
    try {
      tool = await Tool.hold(guard, { argv, stderr: descriptor, env: ENVIRONMENT });
    } finally {
      closeSync(descriptor);
    }
    const pids = options.pids.join(',');
    const recorder = new StraceRecorder(tool, file, saidFile, [...argv, pids], options.pids);
    tool.letGo(pids);
    try {
      await recorder.#attached();
    } catch (error) {
      recorder.#forget();
      throw error;
    }
    return recorder;
  }

  async #attached(): Promise<void> {
    const deadline = performance.now() + ATTACH_MS;
    for (;;) {
      const { attached, failed } = attachments(beginningOf(this.#saidFile, MOST_ATTACH_WORDS));
      const attachedAll = this.#pids.every((pid) => attached.has(pid) || failed.has(pid));
      if (attachedAll && attached.size > 0) break;
      if (this.tool.hasEnded !== undefined) {
        // A target that ended just now took strace with it.
        if (attached.size > 0) break;
        throw new Error(this.said.trim() || 'strace ended at once and did not say why');
      }
      if (performance.now() > deadline) {
        if (attached.size > 0) break;
        await this.detach();
        throw new Error(`strace did not attach within ${ATTACH_MS / 1000} s`);
      }
      await pause(POLL_MS);
    }
    this.attachedNs = process.hrtime.bigint();
  }

  /** What it said must not be taken for what another says that may be started. */
  #forget(): void {
    rmSync(this.#saidFile, { force: true });
  }

  /** Whether it may be out of step with a thread that still lives: known some milliseconds after it has attached. */
  async stumbles(): Promise<boolean> {
    await pause(SETTLE_MS);
    const said = beginningOf(this.#saidFile, MOST_ATTACH_WORDS);
    return [...startled(said)].some((tid) => !['Z', 'X', undefined].includes(statusOf(tid)?.state));
  }

  /** Lets go of all, for another to be started. */
  async giveUp(): Promise<void> {
    await this.detach();
    this.#forget();
  }

  /** Threads of which what it wrote is wrong. To be asked when it has ended. */
  outOfStep(): number[] {
    return [...outOfStep(beginningOf(this.#saidFile, MOST_WORDS))];
  }

  /** Pids that it could not attach to. */
  get refused(): number[] {
    return [...attachments(beginningOf(this.#saidFile, MOST_ATTACH_WORDS)).failed];
  }

  /** The beginning of what it said. */
  get said(): string {
    return beginningOf(this.#saidFile, MOST_SAID);
  }

  get bytes(): number {
    return sizeOf(this.file);
  }

  /** What it says when the disk is full, a line for each call of the target. */
  get floods(): boolean {
    return (
      sizeOf(this.#saidFile) > MOST_SAID && /No space left on device|Disk quota exceeded/.test(this.said)
    );
  }

  /**
   * Asks it to detach, once: each further time could swallow a signal of the target. A strace that waits for a vfork parent,
   * whose child waits for strace, never would: it is killed, which frees all of them.
   * @returns false when it had to be killed.
   */
  async detach(): Promise<boolean> {
    const { tool } = this;
    tool.interrupt();
    const clean = await tool.endsWithin(DETACH_MS);
    if (!clean) {
      tool.kill();
      await tool.endsWithin(KILLED_MS);
    }
    // Nothing of its self-tests stays.
    tool.kill();
    this.detachedNs = process.hrtime.bigint();
    return clean;
  }
}

/** Whom strace says to have attached to, and whom not. */
export function attachments(said: string): { attached: Set<number>; failed: Set<number> } {
  const numbers = (pattern: RegExp) => new Set([...said.matchAll(pattern)].map(([, pid]) => Number(pid)));
  return {
    attached: numbers(/Process (\d+) attached/g),
    failed: numbers(/attach: ptrace\([A-Z_]+, (\d+)/g),
  };
}

export function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

function beginningOf(file: string, most: number): string {
  const buffer = Buffer.allocUnsafe(Math.min(most, sizeOf(file)));
  const descriptor = openSync(file, 'r');
  try {
    return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, 0));
  } finally {
    closeSync(descriptor);
  }
}
