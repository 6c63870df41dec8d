import { CANNOT_LOOK, USAGE, UserError } from '../../cli/errors.ts';
import { conclusionOf } from '../../report/trace/conclusion.ts';
import type { TraceOutput } from '../../report/trace/output.ts';
import { outputKindFor, UnknownOutputError } from '../../report/trace/outputs.ts';
import type { TraceSummary } from '../../trace/digest/summary.ts';
import type { TraceSink } from '../../trace/event.ts';
import type { LoadedTrace } from '../../trace/loaded.ts';
import { OutputFile } from '../../trace/record/output-file.ts';

interface Open {
  readonly file: OutputFile;
  readonly output: TraceOutput;
}

/** Whether a name asks for the recording itself, not for a view of it. */
export function isCapture(name: string): boolean {
  return name.endsWith('/') || /\.tar(?:\.gz)?$/.test(name);
}

/** Refuses names that no output goes by, before anything is recorded. */
export function checkOutputs(names: readonly string[]): void {
  for (const name of names) {
    try {
      if (!isCapture(name)) outputKindFor(name);
    } catch (error) {
      throw error instanceof UnknownOutputError ? new UserError(USAGE, error.message) : error;
    }
  }
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new UserError(USAGE, `--output ${twice} is given twice`);
}

/** The files of `--output` while they are written. Each appears whole, or not at all. */
export class Outputs {
  readonly #open: Open[] = [];

  constructor(names: readonly string[], trace: LoadedTrace, toolVersion: string) {
    const clock = {
      originNs: trace.originNs ?? 0n,
      ...(trace.input.clock.offsetNs === undefined ? {} : { offsetNs: trace.input.clock.offsetNs }),
      ...(trace.input.clock.errorNs === undefined ? {} : { offsetErrorNs: trace.input.clock.errorNs }),
    };
    const head = {
      toolVersion,
      clock,
      target: trace.target,
      tasks: trace.input.tasks,
      ...(trace.target.command === undefined ? {} : { command: trace.target.command }),
      ...(trace.startedAt === undefined ? {} : { recordedAt: trace.startedAt }),
    };
    try {
      for (const name of names) {
        const kind = outputKindFor(name);
        const file = telling(name, () => new OutputFile(name));
        this.#open.push({
          file,
          output: kind.make(head, (text) => telling(name, () => file.write(text))),
        });
      }
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  get sinks(): readonly TraceSink[] {
    return this.#open.map(({ output }) => output);
  }

  keep(summary: TraceSummary): void {
    for (const { file, output } of this.#open) {
      output.finish(conclusionOf(summary));
      telling(file.path, () => file.keep());
    }
  }

  /** After an error: nothing of them stays. */
  drop(): void {
    for (const { file } of this.#open) file.drop();
  }
}

function telling<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOSPC'
        ? 'the disk is full'
        : code === 'ENOENT'
          ? 'there is no such directory'
          : code === undefined
            ? (error as Error).message
            : code;
    throw new UserError(CANNOT_LOOK, `cannot write ${JSON.stringify(name)}: ${why}`);
  }
}
