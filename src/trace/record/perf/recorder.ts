import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Guard } from '../guard.ts';
import { procText } from '../proc.ts';
import { sizeOf } from '../strace/recorder.ts';
import { Tool, within } from '../tool.ts';
import type { PerfTool } from '../tools.ts';
import { Losses } from './losses.ts';
import { Opening } from './opening.ts';

export type PerfRole = 'tree' | 'host' | 'late';

/** `switches`: without the right to tracepoints, only when its threads got and left the CPU. */
export type PerfSight = 'tracepoints' | 'switches';

const TREE_EVENTS = [
  'raw_syscalls:sys_enter',
  'raw_syscalls:sys_exit',
  'sched:sched_process_fork',
  'sched:sched_process_exec',
  'sched:sched_process_exit',
  'sched:sched_process_wait',
  'sched:sched_switch/call-graph=fp,max-stack=32/',
];
/** The kernel's part of it is left out, as perf_event_paranoid 2 asks of users: what comes is the SWITCH, FORK, COMM and EXIT records. */
const SWITCH_EVENTS = ['dummy:u'];
const HOST_EVENTS = ['sched:sched_waking/call-graph=fp,max-stack=12/', 'sched:sched_wakeup_new'];

/** Their names alone. */
export const TRACEPOINTS: readonly string[] = [...TREE_EVENTS, ...HOST_EVENTS].map(
  (event) => event.split('/')[0] ?? event,
);

/** Buffers of all CPUs together. Less than 8 MiB a CPU loses events where 200 000 calls/s are made. */
const BUFFER_BYTES = { tree: 256, host: 128, late: 64 } as const;
const MOST_PER_CPU = { tree: 16, host: 8, late: 8 } as const;
/** What a user may lock is perf_event_mlock_kb (516) a CPU and RLIMIT_MEMLOCK, all recorders of that user together. */
const USER_BUFFERS = ['512K', '128K', '32K'] as const;

/**
 * perf reads all kernel symbols first: 0.2 s, some seconds on a loaded host, a minute where all is emulated and loaded. So it is
 * waited for while it gets on.
 */
const READY_MS = { withoutProgress: 15_000, atMost: 180_000 };
const ACK_MS = 2000;
/** It writes what is left in the buffers, and reads it again for its header. */
const STOP_MS = 20_000;
const KILLED_MS = 2000;

/** Buffer per CPU in MiB: a power of two, as perf wants it. */
export function bufferMegabytes(role: PerfRole, cpuCount: number): number {
  const share = BUFFER_BYTES[role] / Math.max(1, cpuCount);
  return Math.max(1, Math.min(MOST_PER_CPU[role], 2 ** Math.floor(Math.log2(Math.max(1, share)))));
}

/** Descriptors of a tree: one for each event (and one that perf adds for itself) of each thread on each CPU. */
export function eventsOpened(threads: number, cpuCount: number, sight: PerfSight = 'tracepoints'): number {
  return threads * cpuCount * (sight === 'switches' ? SWITCH_EVENTS.length : TREE_EVENTS.length + 1);
}

/** All descriptors that perf needs, with twice as many threads when it comes to open them. Children that are born later use none. */
export function descriptorsNeeded(threads: number, cpuCount: number): number {
  return eventsOpened(2 * threads, cpuCount) + 256;
}

export interface PerfOptions {
  readonly role: PerfRole;
  /** Processes (tree) or threads (late); none for the host. */
  readonly ids: readonly number[];
  readonly follow: boolean;
  /** Threads that are opened, for the count of descriptors. */
  readonly threads: number;
  readonly sight: PerfSight;
  /** For raw_syscalls: calls by number (narrowed.ts); default: all. */
  readonly filter?: string | undefined;
  /** Per CPU, as perf's -m takes it; default by role and CPUs. */
  readonly buffer?: string;
}

/** The options; for tree and late, the list of processes or threads is to follow. */
export function perfArguments(options: PerfOptions, file: string, cpuCount: number): string[] {
  const { role, follow, sight } = options;
  const common = [
    'record',
    '-D',
    '-1',
    '--control',
    'fd:3,4',
    '-k',
    'CLOCK_MONOTONIC',
    '-m',
    options.buffer ?? `${bufferMegabytes(role, cpuCount)}M`,
    '-B',
    '-N',
    ...(sight === 'switches' ? [] : ['--kernel-callchains']),
    '-o',
    file,
  ];
  if (role === 'host') return [...common, '-a', '-e', HOST_EVENTS.join(',')];
  return [
    ...common,
    '--sample-cpu',
    '--switch-events',
    ...(follow ? [] : ['-i']),
    ...(sight === 'switches' ? ['-e', SWITCH_EVENTS.join(',')] : eventWords(options.filter)),
    role === 'tree' ? '-p' : '-t',
  ];
}

/** Each event that has a filter needs an -e of its own before it. */
function eventWords(filter: string | undefined): string[] {
  if (filter === undefined) return ['-e', TREE_EVENTS.join(',')];
  const [enter = '', exit = '', ...others] = TREE_EVENTS;
  return ['-e', enter, '--filter', filter, '-e', exit, '--filter', filter, '-e', others.join(',')];
}

/** One `perf record`, started disabled. */
export class PerfRecorder {
  readonly role: PerfRole;
  readonly file: string;
  readonly argv: readonly string[];
  readonly tool: Tool;
  /** When it opened its events. */
  opening: Opening | undefined;
  #acknowledged: (() => void)[] = [];
  readonly #losses: Losses;

  private constructor(tool: Tool, role: PerfRole, file: string, argv: readonly string[]) {
    this.tool = tool;
    this.role = role;
    this.file = file;
    this.#losses = new Losses(file);
    this.argv = argv;
    // Each answer is `ack`, a newline and a NUL.
    tool.control?.from.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) this.#acknowledged.shift()?.();
    });
  }

  /** Starts it and waits until it has opened its events. @throws Error in perf's own words. */
  static async start(guard: Guard, perf: PerfTool, options: PerfOptions): Promise<PerfRecorder> {
    if (options.sight !== 'switches') return PerfRecorder.#start(guard, perf, options);
    const [most, ...smaller] = USER_BUFFERS;
    let trial = PerfRecorder.#start(guard, perf, { ...options, buffer: most });
    for (const buffer of smaller) {
      trial = trial.catch((error: Error) => {
        if (!/mapping pages|mlock/.test(error.message)) throw error;
        return PerfRecorder.#start(guard, perf, { ...options, buffer });
      });
    }
    return trial;
  }

  static async #start(guard: Guard, perf: PerfTool, options: PerfOptions): Promise<PerfRecorder> {
    const cpuCount = cpus().length;
    const file = join(guard.directory, `perf-${options.role}.data`);
    const argv: [string, ...string[]] = [perf.path, ...perfArguments(options, file, cpuCount)];
    const tool = await Tool.hold(guard, {
      argv,
      control: true,
      files: descriptorsNeeded(options.threads, cpuCount),
      // No settings of the user change what is recorded.
      env: { PERF_CONFIG: '/dev/null' },
    });
    const ids = options.ids.join(',');
    const recorder = new PerfRecorder(tool, options.role, file, ids === '' ? argv : [...argv, ids]);
    tool.letGo(ids);
    // Nothing is enabled yet: the answer only tells that it is ready. (`ping` is not known before 5.12.)
    const opening = new Opening(tool.pid);
    const ready = await recorder.#isReady();
    opening.end();
    if (ready) {
      recorder.opening = opening;
      return recorder;
    }
    const ended = tool.hasEnded !== undefined;
    await recorder.stop();
    if (!ended) throw new Error('perf was not ready in time');
    throw new Error(tool.said.trim() || 'perf ended at once and did not say why');
  }

  get bytes(): number {
    return sizeOf(this.file);
  }

  /** Events that it has said to have lost, as far as its file was read by now: each call reads on a little. */
  lost(): number {
    return this.#losses.readOn();
  }

  enable(): Promise<boolean> {
    return this.#command('enable', ACK_MS);
  }

  disable(): Promise<boolean> {
    return this.#command('disable', ACK_MS);
  }

  /** True when it answered. */
  async #isReady(): Promise<boolean> {
    const answer = this.#ask('disable');
    const deadline = performance.now() + READY_MS.atMost;
    let before: string | undefined;
    for (;;) {
      await within(Promise.race([answer.given, this.tool.ended]), READY_MS.withoutProgress);
      if (answer.isGiven() || this.tool.hasEnded !== undefined) return answer.isGiven();
      // Its time on the CPU, and how often it got one.
      const now = procText(`/proc/${this.tool.pid}/schedstat`);
      if (now === before || performance.now() > deadline) return false;
      before = now;
    }
  }

  /** True when it answered in time. */
  async #command(command: string, patienceMs: number): Promise<boolean> {
    if (this.tool.hasEnded !== undefined) return false;
    const answer = this.#ask(command);
    await within(Promise.race([answer.given, this.tool.ended]), patienceMs);
    return answer.isGiven();
  }

  #ask(command: string): { readonly given: Promise<void>; readonly isGiven: () => boolean } {
    let isGiven = false;
    const given = new Promise<void>((resolve) => {
      this.#acknowledged.push(() => {
        isGiven = true;
        resolve();
      });
    });
    this.tool.control?.to.write(`${command}\n`);
    return { given, isGiven: () => isGiven };
  }

  /** Lets it write what it has and end. @returns false when it had to be killed: its file then has no end in its header. */
  async stop(): Promise<boolean> {
    const { tool } = this;
    tool.interrupt();
    if (await tool.endsWithin(STOP_MS)) return true;
    tool.kill();
    await tool.endsWithin(KILLED_MS);
    return false;
  }
}
