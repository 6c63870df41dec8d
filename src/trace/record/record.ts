import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { arch, cpus, release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Arch } from '../../procfs/syscall-names.ts';
import type { RecordingMeta } from '../recording.ts';
import { chooseAttachees, isLive } from './attachees.ts';
import { betterOffset, measureClockOffset } from './clock.ts';
import { HeldCommand } from './command.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { Guard } from './guard.ts';
import { readIdIndex } from './id-index.ts';
import { filterOf } from './narrowed.ts';
import { deniedAltogether, isDenied, switchesOnly } from './perf-limits.ts';
import { eventsOpened, PerfRecorder, type PerfSight } from './perf-recorder.ts';
import { type Preflight, preflight, preflightCommand, type Refusal } from './preflight.ts';
import { procText, statusOf } from './proc.ts';
import { takeSnapshot } from './snapshot.ts';
import { STRACE_SAID, StraceRecorder } from './strace-recorder.ts';
import { type Ended, within } from './tool.ts';
import { findProgram, type PerfTool, type StraceTool } from './tools.ts';
import { startTimes, TICKS_PER_SECOND, type TreeTask, tasksOfTree, ticksNow } from './tree.ts';
import { type LeftTask, leftTasks } from './untraced.ts';

export interface RecordRequest {
  /** The process to attach to, or the command to start: one of the two. */
  readonly pid?: number;
  readonly command?: readonly [string, ...string[]];
  readonly strace: boolean;
  readonly perf: boolean;
  /** Refuses perf where it may see the switches alone; default: takes what it can. */
  readonly wholePerf?: boolean;
  /** Threads that come later, children and their children too. */
  readonly follow: boolean;
  /** For `strace -e trace=`. */
  readonly syscalls?: string;
  readonly durationMs?: number;
  /** Ends the recording, which then gives its result. */
  readonly stop?: AbortSignal;
  /**
   * Is called before the target is touched: up to then a recording that is given up leaves nothing to tell. `strace`: it is
   * about to attach.
   */
  readonly onBegin?: (strace: boolean) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** Where the private directory is made; default: the system's for temporary files. */
  readonly parent?: string;
  /** Of the files together; default 2 GB for strace and 512 MB for perf. */
  readonly mostBytes?: { readonly strace?: number; readonly perf?: number };
  /** For meta.json. */
  readonly version: string;
}

export type Stage = 'preparing' | 'recording' | 'ending';

export interface Progress {
  readonly stage: Stage;
  /** Since all was recording. */
  readonly elapsedMs: number;
  readonly straceBytes: number;
  readonly perfBytes: number;
  /** Events that perf has said to have lost so far. */
  readonly perfLost: number;
}

/** What ended the recording. */
export type EndedBy =
  | 'duration'
  | 'stop'
  | 'target'
  | 'disk-short'
  | 'too-much'
  /** The last recorder ended by itself, or somebody ended it. */
  | 'recorders'
  | 'guard';

export interface Recording {
  /** Holds meta.json and the files that it names. */
  readonly directory: string;
  readonly meta: RecordingMeta;
  readonly endedBy: EndedBy;
  /** Threads that are not as they were before; empty as it should be. */
  readonly left: readonly LeftTask[];
  /** Why one of the two sources that were asked for is missing. */
  readonly refusals: readonly Refusal[];
  /** The end of the command, where one was started that still runs: it is the user's, and goes on untraced. */
  readonly command?: { readonly pid: number; readonly ended: Promise<Ended> };
  /** Removes the directory. If it is not called, that happens when procdiag ends. */
  remove(): Promise<void>;
}

/** Nothing could be recorded. */
export class RecordError extends Error {
  readonly refusals: readonly Refusal[];
  constructor(refusals: readonly Refusal[]) {
    super(refusals.map(({ message, remedy }) => `${message} ${remedy}`).join('\n'));
    this.name = 'RecordError';
    this.refusals = refusals;
  }
}

const MOST_STRACE_BYTES = 2e9;
const MOST_PERF_BYTES = 512e6;
/**
 * Left free on the disk: a tenth of it within these bounds. perf writes its buffers when it is stopped (Debian's two CPUs: 48
 * MiB), and an untraced hot thread gives it 200 MB/s.
 */
const DISK_MARGIN = { least: 96e6, most: 512e6 };
/** Held for meta.json on a disk that fills up all the same: without it, the rest could not be read. */
const RESERVE = { name: 'reserve', bytes: 4_000_000 };
const TICK_MS = 100;
const TICKS_PER_PROGRESS = 3;
/** perf fails as a whole when one of its processes ends while it starts. */
const PERF_TRIES = 4;
/** strace fails as a whole when the thread that it was told of ends before it comes to it. */
const STRACE_TRIES = 4;
/** A process younger than this is likely to end so, or to make threads meanwhile. */
const YOUNG_SECONDS = 1;
/** A thread that perf has not opened and that lives this long is worth a recorder of its own. */
const LATE_MS = 40;
const LATE_TRIES = 3;
/** For the command, after the end of the recording: it may end by the same Ctrl+C. */
const COMMAND_MS = 300;

/**
 * Records a process tree with strace, perf, or both. The recorders are ready before any of them is enabled, and are stopped
 * in the reverse order. However procdiag ends, they end with it and the target goes on (see Guard).
 * @throws RecordError when neither of those asked for can record.
 */
export async function record(request: RecordRequest): Promise<Recording> {
  const run = new Run(request);
  try {
    return await run.record();
  } catch (error) {
    await run.abandon();
    throw error;
  }
}

class Run {
  readonly #request: RecordRequest;
  readonly #refusals: Refusal[] = [];
  readonly #notes: string[] = [];
  /** Of the notes, those for which the recording is a part only of what was asked for. */
  readonly #partial: string[] = [];
  readonly #perfs: PerfRecorder[] = [];
  #guard: Guard | undefined;
  #command: HeldCommand | undefined;
  #strace: StraceRecorder | undefined;
  #pid = 0;
  #blind: number[] = [];
  #sight: PerfSight = 'tracepoints';
  #began = 0;
  #stage: Stage = 'preparing';
  /** Why perf may see no more than switches. */
  #limit: Refusal | undefined;

  /** For perf's calls. */
  readonly #filter: string | undefined;

  constructor(request: RecordRequest) {
    this.#request = request;
    if (request.syscalls !== undefined)
      this.#filter = filterOf(request.syscalls, arch() as Arch, request.strace);
  }

  async record(): Promise<Recording> {
    const request = this.#request;
    const tools = await this.#check();
    const guard = await this.#startGuard();
    if (this.#command === undefined && request.command !== undefined)
      await this.#holdCommand(request.command);
    const target = await this.#identify();
    this.#progress();

    const startOffset = measureClockOffset();
    if (tools.perf !== undefined) await this.#startPerf(guard, tools.perf);
    const tasks = tasksOfTree(this.#pid, request.follow);
    const snapshot = await takeSnapshot(tasks);
    this.#notes.push(...snapshot.notes);
    request.onBegin?.(tools.strace !== undefined);
    if (tools.strace !== undefined) await this.#startStrace(guard, tools.strace);
    if (this.#strace === undefined && this.#perfs.length === 0) throw new RecordError(this.#refusals);

    await Promise.all(this.#perfs.map((perf) => perf.enable()));
    const enabledNs = process.hrtime.bigint();
    this.#stage = 'recording';
    this.#began = performance.now();
    this.#command?.letGo();
    this.#progress();
    const endedBy = await this.#recordUntilEnd();

    this.#stage = 'ending';
    this.#progress();
    const disabledNs = process.hrtime.bigint();
    await Promise.all(this.#perfs.map((perf) => perf.disable()));
    const left = await this.#detach(tasks);
    const outOfStep = this.#strace?.outOfStep() ?? [];
    if (outOfStep.length > 0) {
      const note = outOfStepNote(outOfStep, this.#perfs.length > 0);
      this.#notes.push(note);
      if (this.#perfs.length === 0) this.#partial.push(note);
    }
    await this.#stopPerfs();
    const stopOffset = measureClockOffset();
    const clock = betterOffset(startOffset, stopOffset);
    if (clock.stepped)
      this.#notes.push(
        'The wall clock was set while the recording ran: times are those of the monotonic clock.',
      );
    if (this.#command !== undefined) await this.#command.endsWithin(COMMAND_MS);
    const ended = this.#command?.hasEnded;

    const partial = [...this.#refusals.filter(isFailure).map(sentencesOf), ...this.#partial];
    const missing = this.#refusals.filter((refusal) => !isFailure(refusal)).map(sentencesOf);
    const meta: RecordingMeta = {
      schemaVersion: 1,
      tool: { name: 'procdiag', version: request.version },
      host: { kernel: release(), arch: arch(), cpus: cpus().length, ...bootId() },
      target,
      ...(request.command === undefined ? {} : { command: request.command }),
      ...(request.syscalls === undefined ? {} : { syscalls: request.syscalls }),
      recordedAt: new Date().toISOString(),
      window: { fromNs: String(enabledNs), toNs: String(disabledNs) },
      clock: {
        startOffsetNs: String(clock.best.offsetNs),
        stopOffsetNs: String(stopOffset.offsetNs),
        errorNs: clock.best.errorNs,
      },
      ...this.#straceMeta(tools.strace, outOfStep),
      ...this.#perfMeta(tools.perf, enabledNs, disabledNs),
      tasks: snapshot.tasks,
      descriptors: snapshot.descriptors,
      signals: snapshot.signals,
      notes: [...this.#refusals.map(sentencesOf), ...this.#notes],
      ...(partial.length === 0 ? {} : { partial }),
      ...(missing.length === 0 ? {} : { missing }),
      ...(ended === undefined ? {} : { ended: endOf(ended) }),
    };
    for (const name of [RESERVE.name, STRACE_SAID]) rmSync(join(guard.directory, name), { force: true });
    writeFileSync(join(guard.directory, 'meta.json'), `${JSON.stringify(meta, undefined, 1)}\n`, {
      mode: 0o600,
    });
    guard.unref();
    this.#command?.unref();
    return {
      directory: guard.directory,
      meta,
      endedBy,
      left,
      refusals: this.#refusals,
      ...(this.#command === undefined
        ? {}
        : { command: { pid: this.#command.pid, ended: this.#command.ended } }),
      remove: () => guard.close(),
    };
  }

  /** After an error: as if procdiag had been killed. */
  async abandon(): Promise<void> {
    if (this.#stage === 'preparing') await this.#command?.drop();
    await this.#guard?.close();
  }

  async #check(): Promise<Preflight> {
    const { pid, command, ...wanted } = this.#request;
    const found = pid === undefined ? await preflightCommand(wanted) : await preflight(pid, wanted);
    this.#refusals.push(...found.refusals);
    this.#notes.push(...found.notes);
    this.#limit = found.perfLimit;
    if (found.perfLimit !== undefined) this.#sight = 'switches';
    if (command !== undefined && findProgram(command[0]) === undefined) {
      throw new RecordError([
        {
          source: 'both',
          code: 'no-command',
          message: `There is no program ${command[0]} that could be started.`,
          remedy: 'Give its path, or set PATH.',
        },
      ]);
    }
    if (found.strace === undefined && found.perf === undefined) throw new RecordError(this.#refusals);
    this.#pid = pid ?? 0;
    return found;
  }

  async #startGuard(): Promise<Guard> {
    try {
      this.#guard = await Guard.start(this.#request.parent);
    } catch (error) {
      throw new RecordError([
        {
          source: 'both',
          code: 'no-directory',
          message: `There is no place for the recording: ${wordsOf(error)}.`,
          remedy: 'Set TMPDIR to a directory that can be written to.',
        },
      ]);
    }
    if (isDiskShort(this.#guard.directory)) {
      throw new RecordError([
        {
          source: 'both',
          code: 'disk-short',
          message: `There is too little space left for a recording below ${this.#guard.directory}.`,
          remedy: 'Make room, or set TMPDIR to a directory on another disk.',
        },
      ]);
    }
    writeFileSync(join(this.#guard.directory, RESERVE.name), Buffer.alloc(RESERVE.bytes));
    return this.#guard;
  }

  async #holdCommand([name, ...args]: readonly [string, ...string[]]): Promise<void> {
    this.#command = await HeldCommand.hold(findProgram(name) ?? name, args);
    this.#pid = this.#command.pid;
  }

  async #identify(): Promise<RecordingMeta['target']> {
    const status = statusOf(this.#pid);
    const started = (await startTimes([{ pid: this.#pid, tid: this.#pid }])).get(this.#pid);
    return {
      pid: this.#pid,
      ...(started === undefined ? {} : { startTime: started }),
      comm: status?.name ?? '?',
    };
  }

  async #startPerf(guard: Guard, perf: PerfTool): Promise<void> {
    const { follow } = this.#request;
    if (this.#sight === 'switches') {
      const tree = await this.#startTree(guard, perf);
      if (tree === undefined) return;
      this.#perfs.push(tree);
      if (this.#limit !== undefined) this.#notes.push(switchesOnly(this.#limit));
      if (follow) await this.#startLate(guard, perf, tree);
      return;
    }
    const host = PerfRecorder.start(guard, perf, {
      role: 'host',
      ids: [],
      follow,
      threads: 0,
      sight: this.#sight,
    }).then(
      (recorder) => recorder,
      (error: unknown) => {
        this.#notes.push(
          `Who woke whom is known inside of the tree only: the recorder of the host's wake-ups did not start (${wordsOf(error)}).`,
        );
      },
    );
    const tree = await this.#startTree(guard, perf);
    const wakeups = await host;
    if (tree === undefined) {
      await wakeups?.stop();
      return;
    }
    this.#perfs.push(tree);
    if (wakeups !== undefined) this.#perfs.push(wakeups);
    if (follow) await this.#startLate(guard, perf, tree);
  }

  async #startTree(guard: Guard, perf: PerfTool): Promise<PerfRecorder | undefined> {
    const { follow } = this.#request;
    let said = '';
    for (let nth = 0; nth < PERF_TRIES; nth++) {
      const tasks = await grownUp(tasksOfTree(this.#pid, follow), this.#pid);
      const all = [...new Set(tasks.map(({ pid }) => pid))];
      // At last without its children: those that live on get a recorder of their own.
      const pids = nth < PERF_TRIES - 1 ? all : all.filter((pid) => pid === this.#pid);
      if (pids.length === 0) break;
      try {
        return await PerfRecorder.start(guard, perf, {
          role: 'tree',
          ids: pids,
          follow,
          threads: tasks.length,
          sight: this.#sight,
          filter: this.#filter,
        });
      } catch (error) {
        said = wordsOf(error);
        // Versions have different words for one that ended meanwhile; these will not change.
        if (isDenied(said) || /open file|unknown tracepoint|No space/i.test(said)) break;
      }
    }
    if (this.#limit !== undefined && isDenied(said)) {
      this.#refusals.push(deniedAltogether(this.#limit, said));
      return undefined;
    }
    this.#refusals.push({
      source: 'perf',
      code: 'perf-failed',
      message: `perf did not start: ${said || 'the process has ended'}.`,
      remedy: /open file|Too many/.test(said)
        ? 'It needs a descriptor for each event of each thread on each CPU: use --strace, or --no-follow on one process.'
        : 'procdiag doctor tells what this host lets perf do.',
    });
    return undefined;
  }

  /** perf misses the threads that are born while it starts: those get a recorder of their own. */
  async #startLate(guard: Guard, perf: PerfTool, tree: PerfRecorder): Promise<void> {
    const { threads, events } = readIdIndex(tree.file);
    if (threads.size === 0) return;
    const span = tree.opening?.span(events || eventsOpened(threads.size, cpus().length, this.#sight));
    const look = async (): Promise<Coverage> => {
      const tasks = tasksOfTree(this.#pid, true).filter(isLive);
      const started = await startTimes(tasks.filter(({ tid }) => !threads.has(tid)));
      const candidates = tasks.map(({ pid, tid, status: { ppid } }) => ({
        pid,
        tid,
        ppid,
        startTime: started.get(tid),
      }));
      return coverageOf(candidates, threads, span);
    };
    const first = await look();
    this.#blind = [...first.blind, ...first.unknown];
    let lasting = first.blind;
    if (lasting.length > 0) await pause(LATE_MS);
    for (let nth = 0; nth < LATE_TRIES && lasting.length > 0; nth++) {
      const { blind, unknown } = await look();
      // Most of a tree that forks a lot have ended by now; who has outlived a start that failed is likely to outlive the next.
      const ids = blind.filter((tid) => lasting.includes(tid));
      this.#blind = [...blind, ...unknown];
      lasting = ids;
      if (ids.length === 0) return;
      try {
        this.#perfs.push(
          await PerfRecorder.start(guard, perf, {
            role: 'late',
            ids,
            follow: true,
            threads: ids.length,
            sight: this.#sight,
            filter: this.#filter,
          }),
        );
        this.#blind = this.#blind.filter((tid) => !ids.includes(tid));
        return;
      } catch {
        // One of them ended meanwhile.
      }
    }
  }

  async #startStrace(guard: Guard, strace: StraceTool): Promise<void> {
    const { follow, syscalls } = this.#request;
    let said = '';
    let pids: readonly number[] = [];
    let live: readonly TreeTask[] = [];
    for (let nth = 0; nth < STRACE_TRIES; nth++) {
      live = tasksOfTree(this.#pid, follow).filter(isLive);
      pids = await chooseAttachees(live, follow);
      if (pids.length === 0) said ||= 'the process has ended';
      if (pids.length === 0) break;
      try {
        this.#strace = await StraceRecorder.start(guard, strace, {
          pids,
          follow,
          ...(syscalls === undefined ? {} : { syscalls }),
        });
        if (nth === STRACE_TRIES - 1 || !(await this.#strace.stumbles())) break;
        await this.#strace.giveUp();
        this.#strace = undefined;
      } catch (error) {
        said = wordsOf(error);
        // Others of the process live, where the one that was named did not until strace came to it.
        if (pids.every(isThere)) break;
      }
    }
    if (this.#strace === undefined) {
      this.#refusals.push({
        source: 'strace',
        code: 'strace-failed',
        message: `strace did not start: ${said}.`,
        remedy: this.#perfs.length > 0 ? 'What follows is of perf alone.' : 'Use --perf alone.',
      });
      return;
    }
    const processOf = new Map(live.map(({ pid, tid }) => [tid, pid]));
    const refused = this.#strace.refused.filter((tid) => {
      const pid = processOf.get(tid) ?? tid;
      return isThere(tid) || (follow && tid !== pid && tasksOfTree(pid, false).some(isLive));
    });
    if (refused.length > 0) {
      this.#notes.push(
        `strace could not attach to ${refused.length} of ${pids.length}: ${refused.slice(0, 20).join(', ')}.`,
      );
    }
  }

  async #recordUntilEnd(): Promise<EndedBy> {
    const { stop, durationMs } = this.#request;
    const { strace: mostStrace = MOST_STRACE_BYTES, perf: mostPerf = MOST_PERF_BYTES } =
      this.#request.mostBytes ?? {};
    let interrupted: (() => void) | undefined;
    const stopped = new Promise<void>((resolve) => {
      interrupted = resolve;
      if (stop?.aborted === true) resolve();
      stop?.addEventListener('abort', () => resolve(), { once: true });
    });
    const guard = this.#guard;
    const deadline = this.#began + (durationMs ?? Number.POSITIVE_INFINITY);
    const told = new Set<unknown>();
    try {
      for (let tick = 1; ; tick++) {
        const patience = Math.max(0, Math.min(TICK_MS, deadline - performance.now()));
        const events = [stopped, guard?.gone, this.#strace?.tool.ended, this.#perfs[0]?.tool.ended].filter(
          (event) => event !== undefined && !told.has(event),
        ) as Promise<unknown>[];
        await within(Promise.race(events), patience);
        if (stop?.aborted === true) return 'stop';
        if (performance.now() >= deadline) return 'duration';
        if (guard?.isGone === true) {
          this.#notes.push(
            'The process that guards the recorders was ended by somebody, so the recording was ended too.',
          );
          return 'guard';
        }
        const over = this.#sourcesOver(told);
        if (over !== undefined) return over;
        if (guard !== undefined && (isDiskShort(guard.directory) || this.#strace?.floods === true)) {
          this.#notes.push('The recording was ended early: the disk was nearly full.');
          return 'disk-short';
        }
        const bytes = this.#bytes();
        if (bytes.straceBytes > mostStrace || bytes.perfBytes > mostPerf) {
          const what = bytes.straceBytes > mostStrace ? 'strace' : 'perf';
          this.#notes.push(
            `The recording was ended early, after ${((performance.now() - this.#began) / 1000).toFixed(1)} s: ${what} had written ${Math.round((what === 'strace' ? bytes.straceBytes : bytes.perfBytes) / 1e6)} MB, more than its limit.`,
          );
          return 'too-much';
        }
        if (tick % TICKS_PER_PROGRESS === 0) this.#progress();
      }
    } finally {
      if (interrupted !== undefined) stop?.removeEventListener('abort', interrupted);
    }
  }

  /** What the end of a recorder means; undefined while the recording goes on. */
  #sourcesOver(told: Set<unknown>): EndedBy | undefined {
    const strace = this.#strace?.tool;
    const tree = this.#perfs.find(({ role }) => role === 'tree')?.tool;
    // Both end by themselves when nobody of the tree is left.
    if (strace?.hasEnded?.code === 0) return 'target';
    if (strace === undefined && tree?.hasEnded?.code === 0) return 'target';
    const over = [strace, tree].filter((tool) => tool !== undefined);
    for (const tool of over) {
      if (tool.hasEnded === undefined || told.has(tool.ended)) continue;
      told.add(tool.ended);
      const { code, signal } = tool.hasEnded;
      if (tool === tree && code === 0) continue;
      const note = `${tool === strace ? 'strace' : 'perf'} ended before the recording did (${signal ?? `code ${code}`}): what it gives ends there.`;
      this.#notes.push(note);
      this.#partial.push(note);
    }
    return over.every((tool) => tool.hasEnded !== undefined) ? 'recorders' : undefined;
  }

  async #detach(before: readonly TreeTask[]): Promise<LeftTask[]> {
    if (this.#strace === undefined) return [];
    const clean = await this.#strace.detach();
    if (!clean) {
      this.#notes.push(
        'strace did not detach within 2 s and was killed, which frees the processes that it traced: its last line may be cut.',
      );
    }
    const left = await leftTasks(before, this.#strace.tool.pid, this.#request.follow);
    for (const { tid, comm, what } of left.slice(0, 20)) {
      this.#notes.push(
        what === 'traced'
          ? `${tid} (${comm}) is still traced by strace, which does not end.`
          : `${tid} (${comm}) is stopped now and was not when the recording began: kill -CONT ${tid} lets it go on, if nobody stopped it on purpose.`,
      );
    }
    return left;
  }

  async #stopPerfs(): Promise<void> {
    const stopped = await Promise.all(this.#perfs.map((perf) => perf.stop()));
    for (const [nth, clean] of stopped.entries()) {
      if (!clean)
        this.#notes.push(`perf (${this.#perfs[nth]?.role}) did not end within its time and was killed.`);
    }
  }

  #bytes() {
    return {
      straceBytes: this.#strace?.bytes ?? 0,
      perfBytes: this.#perfs.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  #progress(): void {
    const elapsedMs = this.#began === 0 ? 0 : performance.now() - this.#began;
    this.#request.onProgress?.({
      stage: this.#stage,
      elapsedMs,
      ...this.#bytes(),
      perfLost: this.#perfs.reduce((sum, perf) => sum + perf.lost(), 0),
    });
  }

  #straceMeta(tool: StraceTool | undefined, outOfStep: readonly number[]): Pick<RecordingMeta, 'strace'> {
    const strace = this.#strace;
    if (strace === undefined || tool === undefined) return {};
    return {
      strace: {
        version: tool.version,
        argv: strace.argv,
        file: 'strace.log',
        ...(strace.attachedNs === undefined ? {} : { attachedNs: String(strace.attachedNs) }),
        ...(strace.detachedNs === undefined ? {} : { detachedNs: String(strace.detachedNs) }),
        said: strace.said,
        ...(outOfStep.length === 0 ? {} : { outOfStepTids: outOfStep }),
      },
    };
  }

  #perfMeta(tool: PerfTool | undefined, enabledNs: bigint, disabledNs: bigint): Pick<RecordingMeta, 'perf'> {
    if (this.#perfs.length === 0 || tool === undefined) return {};
    return {
      perf: {
        version: tool.version,
        ...(this.#sight === 'switches' ? { sees: 'switches' as const } : {}),
        files: this.#perfs.map(({ role, argv }) => ({ file: `perf-${role}.data`, role, argv })),
        enabledNs: String(enabledNs),
        disabledNs: String(disabledNs),
        blindTids: this.#blind,
        said: this.#perfs.map(({ role, tool: { said } }) => `${role}: ${said.trim()}\n`).join(''),
      },
    };
  }
}

const isThere = (tid: number): boolean => !['Z', 'X', undefined].includes(statusOf(tid)?.state);

const sentencesOf = ({ message, remedy }: Refusal): string => `${message} ${remedy}`;

/** It might have recorded, and did not: what else refuses, this host or this process always does. */
const isFailure = ({ code }: Refusal): boolean => code === 'strace-failed' || code === 'perf-failed';

function outOfStepNote(tids: readonly number[], hasPerf: boolean): string {
  const whose = tids.length === 1 ? `thread ${tids[0]}` : `${tids.length} threads`;
  const rest = hasPerf ? ': what is told of its calls is of perf alone' : '';
  return `strace attached to ${whose} in the midst of a clone and was out of step with it from then on, so what it wrote of its calls is left out${rest}. Record again.`;
}

async function grownUp(tasks: readonly TreeTask[], root: number): Promise<TreeTask[]> {
  const live = tasks.filter(isLive);
  const started = await startTimes(live.filter(({ pid, tid }) => pid === tid));
  const now = ticksNow();
  return live.filter(({ pid }) => {
    const start = started.get(pid);
    return pid === root || (start !== undefined && now - start >= YOUNG_SECONDS * TICKS_PER_SECOND);
  });
}

function isDiskShort(directory: string): boolean {
  try {
    const { bavail, blocks, bsize } = statfsSync(directory);
    const margin = Math.max(DISK_MARGIN.least, Math.min(DISK_MARGIN.most, (blocks * bsize) / 10));
    return bavail * bsize < margin;
  } catch {
    return true;
  }
}

function bootId(): { bootId?: string } {
  const text = procText('/proc/sys/kernel/random/boot_id')?.trim();
  return text === undefined || text === '' ? {} : { bootId: text };
}

const endOf = ({ code, signal }: Ended) => ({
  ...(code === null ? {} : { code }),
  ...(signal === null ? {} : { signal }),
});

function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== 'Error:')
    .slice(0, 4)
    .join(' ')
    .replace(/[.\s]+$/, '');
}
