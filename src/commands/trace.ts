import { boolean, custom, string } from '@oclif/core/flags';
import { count, nanoseconds, pidOrCommand, seconds, span } from '../cli/args.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { version } from '../cli/config.ts';
import { CANNOT_LOOK, USAGE, UserError } from '../cli/errors.ts';
import { EXIT, type ExitCode, exitCode, FAIL_ON, type FailOn } from '../cli/exit-codes.ts';
import { type StopSignals, stopSignals } from '../cli/stop-signals.ts';
import type { LoadedTrace } from '../trace/loaded.ts';
import type { Recording } from '../trace/record/request.ts';
import type { Unwritten } from './tracing/outputs.ts';

const DEFAULT_TOP = 10;

/** Flags that say how to record: a recording that is there already has been made otherwise. */
const RECORDS = ['strace', 'perf', 'duration', 'syscalls'];

type Flags = Awaited<ReturnType<Trace['parseAll']>>['flags'];

export class Trace extends BaseCommand {
  static override summary = 'Record system calls and scheduling, and say where the time went';
  static override description =
    `Runs the real strace and the real perf on a process and all that it starts, puts both on one clock, and tells the story: the longest waits and who ended them, the time on CPU, in the run queue and blocked, what was left over.
Without --strace and --perf it takes perf alone where that works, which costs the process little, else strace, which stops it twice in each system call, with what perf may still see beside it. Ctrl+C or --duration ends the recording and gives the result. The process goes on untraced, however procdiag ends.
Exit code: 0 nothing wrong, 1 a finding at or above --fail-on, 2 could not trace, or the answer is of a part only that shows nothing wrong.`;
  static override usage = [
    'trace PID [FLAGS]',
    'trace [FLAGS] -- COMMAND ARGS...',
    'trace --from-strace FILE [--from-perf FILE]',
  ];
  static override examples = [
    { description: 'Ten seconds with both', command: 'procdiag trace --strace --perf 4711 --duration 10' },
    {
      description: 'A command from its start, with a page to explore',
      command: 'procdiag trace --strace --perf --output build.html -- make',
    },
    {
      description: 'Recordings that you have',
      command: 'procdiag trace --from-strace strace.log --from-perf perf.data',
    },
  ];
  static override args = { pid: pidOrCommand({ required: false, description: 'process id' }) };
  static override flags = {
    strace: boolean({ summary: 'Record with strace: arguments and results of all system calls' }),
    perf: boolean({ summary: 'Record with perf: true durations, scheduling, who woke whom' }),
    duration: seconds({ summary: 'End after S seconds', helpValue: 'S', min: 0.1, max: 86_400 }),
    syscalls: string({ summary: 'Only these calls, as for strace -e trace=', helpValue: 'SET' }),
    follow: boolean({ summary: 'Follow new threads and children', default: true, allowNo: true }),
    output: string({
      char: 'o',
      multiple: true,
      multipleNonGreedy: true,
      summary:
        'Write a file: .html, .perfetto.json, .speedscope.json, .folded, .jsonl; or the recording: .tar, DIR/',
      helpValue: 'FILE',
      helpGroup: 'OUTPUT',
    }),
    top: count({
      summary: 'Rows of each table',
      helpValue: 'N',
      default: DEFAULT_TOP,
      min: 1,
      max: 500,
      helpGroup: 'OUTPUT',
    }),
    between: span({
      summary: 'The critical path of these seconds of the trace only [default: all of it]',
      helpValue: 'FROM-TO',
    }),
    'fail-on': custom<FailOn>({ options: [...FAIL_ON] })({
      summary: 'Lowest severity of a finding that makes the exit code 1',
      helpValue: FAIL_ON.join('|'),
      default: 'warning',
    }),
    from: string({
      summary: 'Read a recording that --output wrote',
      helpValue: 'CAPTURE',
      helpGroup: 'IMPORT',
      exclusive: ['from-strace', 'from-perf', ...RECORDS],
    }),
    'from-strace': string({
      multiple: true,
      summary: 'Read logs of strace (-f -ttt -T and others)',
      helpValue: 'FILE',
      helpGroup: 'IMPORT',
      exclusive: [...RECORDS],
    }),
    'from-perf': string({
      multiple: true,
      summary: 'Read perf.data, or the text of perf script',
      helpValue: 'FILE',
      helpGroup: 'IMPORT',
      exclusive: [...RECORDS],
    }),
    'clock-offset-ns': nanoseconds({
      summary: 'CLOCK_REALTIME minus the clock of perf, where the recordings do not tell',
      helpValue: 'N',
      helpGroup: 'IMPORT',
    }),
  };

  override async run(): Promise<ExitCode> {
    const command = this.#takeCommand();
    const { args, flags } = await this.parseAll();
    const { checkOutputs } = await import('./tracing/outputs.ts');
    checkOutputs(flags.output ?? [], flags['from-strace'] !== undefined || flags['from-perf'] !== undefined);
    const signals = stopSignals();
    const { trace, recording } = await this.#open(args.pid, command, flags, signals);
    try {
      signals.over();
      const code = await this.#tell(trace, flags);
      return signals.exitCode() ?? code;
    } finally {
      trace.close();
      await recording?.remove();
    }
  }

  /** Public for the type of its result only. */
  parseAll() {
    return this.parse(Trace);
  }

  /** All behind `--` is the command to trace, and none of our flags. */
  #takeCommand(): readonly string[] | undefined {
    const at = this.argv.indexOf('--');
    if (at === -1) return undefined;
    const command = this.argv.slice(at + 1);
    this.argv = this.argv.slice(0, at);
    return command;
  }

  async #open(
    target: number | undefined,
    command: readonly string[] | undefined,
    flags: Flags,
    signals: StopSignals,
  ): Promise<{ trace: LoadedTrace; recording?: Pick<Recording, 'remove'> }> {
    const imports = isImport(flags);
    const given = [target !== undefined, command !== undefined, imports].filter(Boolean).length;
    if (given === 0) throw new UserError(USAGE, 'what shall be traced? Give a PID, or -- COMMAND');
    if (given > 1)
      throw new UserError(USAGE, 'give one of these only: a PID, -- COMMAND, files with --from…');
    if (imports) return openFiles(flags);
    const [name, ...rest] = command ?? [];
    if (command !== undefined && name === undefined) throw new UserError(USAGE, 'no command behind --');
    const { recordNow } = await import('./tracing/recorded.ts');
    return recordNow(
      {
        ...(target === undefined ? {} : { pid: target }),
        ...(name === undefined ? {} : { command: [name, ...rest] as const }),
        strace: flags.strace,
        perf: flags.perf,
        follow: flags.follow,
        ...(flags.syscalls === undefined ? {} : { syscalls: flags.syscalls }),
        ...(flags.duration === undefined ? {} : { durationMs: flags.duration * 1000 }),
        stop: signals.stop,
        onBegin: signals.begin,
        version,
      },
      (sentence) => this.complain([sentence]),
    );
  }

  async #tell(trace: LoadedTrace, flags: Flags): Promise<ExitCode> {
    const { analysing } = await import('../trace/analyse.ts');
    const { Digest } = await import('../trace/digest/digest.ts');
    const { openingOf } = await import('../trace/ledgers/ledgers.ts');
    const { summaryOf, windowOf } = await import('../trace/digest/summary-of.ts');
    const { isCapture, Outputs, wroteInWords } = await import('./tracing/outputs.ts');
    const names = flags.output ?? [];
    const { scheduled, switchesOnly = false } = trace.input;
    const outputs = new Outputs(
      names.filter((name) => !isCapture(name)),
      trace,
      version,
    );
    const digest = new Digest({
      opening: openingOf(trace),
      scheduled,
      wakeUps: scheduled && !switchesOnly,
      straced: trace.input.strace.length > 0,
      filtered: trace.input.filtered,
      narrowed: trace.input.filtered || trace.meta?.syscalls !== undefined,
      askedUnknown: trace.meta === undefined && trace.input.perf.length === 0,
      pidsTold: trace.meta !== undefined && trace.input.perf.length > 0,
      stopped: (state) => outputs.add(state),
    });
    try {
      const analysed = await listening(analysing({ ...trace.input, sinks: [digest, ...outputs.sinks] }));
      const { nothing } = trace.shortfall?.() ?? {};
      if (nothing !== undefined) throw new UserError(CANNOT_LOOK, nothing);
      const outside = outsideOf(flags.between, windowOf(analysed, trace));
      if (outside !== undefined && isImport(flags)) throw new UserError(USAGE, outside);
      // What was recorded just now cannot be had again: all of it is told then.
      const between = outside === undefined ? flags.between : undefined;
      const { summary, from, to } = summaryOf(digest, analysed, trace, between);
      outputs.keep(summary);
      const unwritten = [...outputs.failed, ...(await saveCaptures(trace, names))];
      if (flags.json) {
        const { traceJson } = await import('../report/trace-json.ts');
        this.print(traceJson(summary, { toolVersion: version, outputs: written(names, unwritten) }));
      } else {
        const { renderTrace } = await import('../report/terminal/trace/report.ts');
        const screen = await this.screen(flags);
        this.print(
          renderTrace(summary, {
            ...screen,
            top: flags.top,
            strip: (thread, columns) => digest.strip(thread, columns, from, to),
          }),
        );
        this.complain(written(names, unwritten).map(wroteInWords));
      }
      const lacks = [...summary.partial, ...(outside === undefined ? [] : [`${outside}: all of it is told`])];
      this.complain([...lacks, ...unwritten.map(({ why }) => why)]);
      if (unwritten.length > 0) return EXIT.FAILED;
      const code = exitCode([{ diagnosis: summary }], flags['fail-on']);
      // What a part of a recording proves is proven; that nothing is wrong, it cannot say.
      return code === EXIT.OK && lacks.length > 0 ? EXIT.FAILED : code;
    } finally {
      outputs.drop();
    }
  }
}

/** A recording that is there already is read. */
function isImport(flags: Flags): boolean {
  return [flags.from, flags['from-strace'], flags['from-perf']].some((flag) => flag !== undefined);
}

/** Writes the recording itself to those of the outputs that are of this kind. @returns those that it could not write. */
async function saveCaptures({ raw }: LoadedTrace, names: readonly string[]): Promise<Unwritten[]> {
  const { isCapture } = await import('./tracing/outputs.ts');
  const captures = names.filter(isCapture);
  if (captures.length === 0 || raw === undefined) return [];
  const { saveRecording } = await import('./tracing/captures.ts');
  const unwritten: Unwritten[] = [];
  for (const name of captures) {
    try {
      await saveRecording(raw, name);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unwritten.push({ name, why: error.message });
    }
  }
  return unwritten;
}

function written(names: readonly string[], unwritten: readonly Unwritten[]): readonly string[] {
  return names.filter((name) => !unwritten.some((one) => one.name === name));
}

/** What is asked for must lie in the trace, at least with its begin: the sentence that says so when it does not. */
function outsideOf(
  between: Flags['between'],
  { from, to }: { readonly from: number; readonly to: number },
): string | undefined {
  const seconds = Math.max(0, to - from) / 1e9;
  if (between === undefined || between.from < seconds) return undefined;
  return `--between ${between.from}-${between.to} is outside of the trace, which goes from 0 to ${seconds.toFixed(3)} seconds`;
}

/** Runs it to its end, and lets signals in between. */
async function listening<Result>(run: Generator<undefined, Result>): Promise<Result> {
  for (;;) {
    const step = run.next();
    if (step.done) return step.value;
    await new Promise(setImmediate);
  }
}

async function openFiles(
  flags: Flags,
): Promise<{ trace: LoadedTrace; recording?: Pick<Recording, 'remove'> }> {
  if (flags.from !== undefined) {
    const { openSaved } = await import('./tracing/captures.ts');
    return openSaved(flags.from);
  }
  const { openImports } = await import('./tracing/imported.ts');
  return { trace: openImports(flags) };
}
