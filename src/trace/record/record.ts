import { rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, release } from 'node:os';
import { join } from 'node:path';
import type { Arch } from '../../procfs/syscall-names.ts';
import type { RecordingMeta } from '../recording.ts';
import { Account, wordsOf } from './account.ts';
import { betterOffset, type ClockOffset, measureClockOffset } from './clock.ts';
import { HeldCommand } from './command.ts';
import { freeReserve, isDiskShort, reserve } from './disk.ts';
import { Guard, GuardError } from './guard.ts';
import { filterOf } from './perf/narrowed.ts';
import { type StartedPerf, startPerf } from './perf/start.ts';
import { preflight, preflightCommand } from './preflight/preflight.ts';
import type { Refusal } from './preflight/refusal.ts';
import type { Preflight } from './preflight/request.ts';
import { statusOf } from './proc.ts';
import { bootId, endOf, perfMeta, straceMeta } from './recording-meta.ts';
import { RecordError, type Recording, type RecordRequest, type Stage } from './request.ts';
import { lateTasks, type Snapshot, takeSnapshot, withGone } from './snapshot.ts';
import { STRACE_SAID, type StraceRecorder } from './strace/recorder.ts';
import { startStrace } from './strace/start.ts';
import { findProgram } from './tools.ts';
import { startTimes, type TreeTask, tasksOfTree } from './tree.ts';
import { bytesOf, untilEnd } from './until-end.ts';
import { type LeftTask, leftTasks } from './untraced.ts';

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

/** What is ready before anything is recorded. */
interface Prepared {
  readonly tools: Preflight;
  readonly guard: Guard;
  readonly target: RecordingMeta['target'];
  readonly startOffset: ClockOffset;
  readonly tasks: readonly TreeTask[];
  readonly snapshot: Snapshot;
}

/** What a recording came to. */
interface Taken {
  readonly enabledNs: bigint;
  readonly disabledNs: bigint;
  readonly present: RecordingMeta['tasks'];
  readonly endedBy: Recording['endedBy'];
  readonly left: Recording['left'];
  readonly outOfStep: readonly number[];
  readonly stopOffset: ClockOffset;
  readonly best: ClockOffset;
}

class Run {
  readonly #request: RecordRequest;
  readonly #account = new Account();
  #guard: Guard | undefined;
  #command: HeldCommand | undefined;
  #strace: StraceRecorder | undefined;
  #perf: StartedPerf = { recorders: [], sight: 'tracepoints', blind: [] };
  #pid = 0;
  #began = 0;
  #stage: Stage = 'preparing';
  /** For perf's calls. */
  readonly #filter: string | undefined;

  constructor(request: RecordRequest) {
    this.#request = request;
    if (request.syscalls !== undefined)
      this.#filter = filterOf(request.syscalls, arch() as Arch, request.strace);
  }

  async record(): Promise<Recording> {
    const prepared = await this.#prepare();
    const taken = await this.#take(prepared);
    const { guard } = prepared;
    const meta = this.#metaOf(prepared, taken);
    freeReserve(guard.directory);
    rmSync(join(guard.directory, STRACE_SAID), { force: true });
    writeFileSync(join(guard.directory, 'meta.json'), `${JSON.stringify(meta, undefined, 1)}\n`, {
      mode: 0o600,
    });
    guard.unref();
    this.#command?.unref();
    return {
      directory: guard.directory,
      meta,
      endedBy: taken.endedBy,
      left: taken.left,
      refusals: this.#account.refusals,
      ...(this.#command === undefined
        ? {}
        : { command: { pid: this.#command.pid, ended: this.#command.ended } }),
      remove: () => guard.close(),
    };
  }

  /** Starts both recorders, which record nothing yet, and notes what is there already. */
  async #prepare(): Promise<Prepared> {
    const request = this.#request;
    const account = this.#account;
    const { follow } = request;
    const tools = await this.#check();
    const guard = await this.#startGuard();
    if (this.#command === undefined && request.command !== undefined)
      await this.#holdCommand(request.command);
    const pid = this.#pid;
    const target = await this.#identify();
    this.#progress();

    const startOffset = measureClockOffset();
    const { perf, strace, perfLimit: limit } = tools;
    if (perf !== undefined)
      this.#perf = await startPerf({ guard, perf, pid, follow, filter: this.#filter, limit, account });
    const tasks = tasksOfTree(pid, follow);
    const snapshot = await takeSnapshot(tasks);
    account.note(...snapshot.notes);
    request.onBegin?.(strace !== undefined);
    const hasPerf = this.#perf.recorders.length > 0;
    if (strace !== undefined) {
      const { syscalls } = request;
      this.#strace = await startStrace({ guard, strace, pid, follow, syscalls, hasPerf, account });
    }
    if (this.#strace === undefined && !hasPerf) throw new RecordError(account.refusals);
    return { tools, guard, target, startOffset, tasks, snapshot };
  }

  /** From the moment that the recorders are enabled until they have ended. */
  async #take({ guard, startOffset, tasks, snapshot }: Prepared): Promise<Taken> {
    const perfs = this.#perf.recorders;
    await Promise.all(perfs.map((recorder) => recorder.enable()));
    const enabledNs = process.hrtime.bigint();
    const present = [
      ...withGone(snapshot.tasks),
      ...lateTasks(tasks, tasksOfTree(this.#pid, this.#request.follow)),
    ];
    this.#stage = 'recording';
    this.#began = performance.now();
    this.#command?.letGo();
    this.#progress();
    const recorders = { guard, strace: this.#strace, perfs };
    const endedBy = await untilEnd(recorders, this.#request, this.#began, this.#account, () =>
      this.#progress(),
    );

    this.#stage = 'ending';
    this.#progress();
    const disabledNs = process.hrtime.bigint();
    await Promise.all(perfs.map((recorder) => recorder.disable()));
    const left = await this.#detach(tasks);
    const outOfStep = this.#outOfStep();
    await this.#stopPerfs();
    const stopOffset = measureClockOffset();
    const clock = betterOffset(startOffset, stopOffset);
    if (clock.stepped)
      this.#account.note(
        'The wall clock was set while the recording ran: times are those of the monotonic clock.',
      );
    await this.#command?.endsWithin(COMMAND_MS);
    return { enabledNs, disabledNs, present, endedBy, left, outOfStep, stopOffset, best: clock.best };
  }

  #metaOf({ tools, target, snapshot }: Prepared, taken: Taken): RecordingMeta {
    const request = this.#request;
    const { enabledNs, disabledNs, best } = taken;
    const ended = this.#command?.hasEnded;
    return {
      schemaVersion: 1,
      tool: { name: 'procdiag', version: request.version },
      host: { kernel: release(), arch: arch(), cpus: cpus().length, ...bootId() },
      target,
      ...(request.command === undefined ? {} : { command: request.command }),
      ...(request.syscalls === undefined ? {} : { syscalls: request.syscalls }),
      recordedAt: new Date().toISOString(),
      window: { fromNs: String(enabledNs), toNs: String(disabledNs) },
      clock: {
        startOffsetNs: String(best.offsetNs),
        stopOffsetNs: String(taken.stopOffset.offsetNs),
        errorNs: best.errorNs,
      },
      ...straceMeta(this.#strace, tools.strace, taken.outOfStep),
      ...perfMeta(this.#perf, tools.perf, enabledNs, disabledNs),
      tasks: taken.present,
      descriptors: snapshot.descriptors,
      signals: snapshot.signals,
      ...this.#account.told(),
      ...(ended === undefined ? {} : { ended: endOf(ended) }),
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
    this.#account.refuse(...found.refusals);
    this.#account.note(...found.notes);
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
    if (found.strace === undefined && found.perf === undefined) throw new RecordError(this.#account.refusals);
    this.#pid = pid ?? 0;
    return found;
  }

  async #startGuard(): Promise<Guard> {
    try {
      this.#guard = await Guard.start(this.#request.parent);
    } catch (error) {
      throw new RecordError([guardRefusal(error)]);
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
    reserve(this.#guard.directory);
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

  async #detach(before: readonly TreeTask[]): Promise<LeftTask[]> {
    if (this.#strace === undefined) return [];
    const clean = await this.#strace.detach();
    if (!clean) {
      this.#account.note(
        'strace did not detach within 2 s and was killed, which frees the processes that it traced: its last line may be cut.',
      );
    }
    const left = await leftTasks(before, this.#strace.tool.pid, this.#request.follow);
    for (const { tid, comm, what } of left.slice(0, 20)) {
      this.#account.note(
        what === 'traced'
          ? `${tid} (${comm}) is still traced by strace, which does not end.`
          : `${tid} (${comm}) is stopped now and was not when the recording began: kill -CONT ${tid} lets it go on, if nobody stopped it on purpose.`,
      );
    }
    return left;
  }

  /** Threads of whose calls strace's word is not to be taken. */
  #outOfStep(): readonly number[] {
    const tids = this.#strace?.outOfStep() ?? [];
    if (tids.length === 0) return tids;
    const hasPerf = this.#perf.recorders.length > 0;
    const whose = tids.length === 1 ? `thread ${tids[0]}` : `${tids.length} threads`;
    const rest = hasPerf ? ': what is told of its calls is of perf alone' : '';
    const note = `strace attached to ${whose} in the midst of a clone and was out of step with it from then on, so what it wrote of its calls is left out${rest}. Record again.`;
    if (hasPerf) this.#account.note(note);
    else this.#account.notePart(note);
    return tids;
  }

  async #stopPerfs(): Promise<void> {
    const { recorders } = this.#perf;
    const stopped = await Promise.all(recorders.map((recorder) => recorder.stop()));
    for (const [nth, clean] of stopped.entries()) {
      if (!clean)
        this.#account.note(`perf (${recorders[nth]?.role}) did not end within its time and was killed.`);
    }
  }

  #progress(): void {
    const perfs = this.#perf.recorders;
    this.#request.onProgress?.({
      stage: this.#stage,
      elapsedMs: this.#began === 0 ? 0 : performance.now() - this.#began,
      ...bytesOf({ strace: this.#strace, perfs }),
      perfLost: perfs.reduce((sum, recorder) => sum + recorder.lost(), 0),
    });
  }
}

function guardRefusal(error: unknown): Refusal {
  if (error instanceof GuardError) {
    return {
      source: 'both',
      code: 'no-process-left',
      message: `Nothing can be recorded: ${error.message}.`,
      remedy: error.prevented?.remedy ?? '',
    };
  }
  return {
    source: 'both',
    code: 'no-directory',
    message: `There is no place for the recording: ${wordsOf(error)}.`,
    remedy: 'Set TMPDIR to a directory that can be written to.',
  };
}
