import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CANNOT_LOOK, USAGE, UserError } from '../../cli/errors.ts';
import { conclusionOf } from '../../report/trace/conclusion.ts';
import { decoded, decodedEvent } from '../../report/trace/decoded.ts';
import type { TraceOutput } from '../../report/trace/output.ts';
import { outputKindFor, UnknownOutputError } from '../../report/trace/outputs.ts';
import type { TraceSummary } from '../../trace/digest/summary.ts';
import type { TraceEvent, TraceSink } from '../../trace/event.ts';
import type { LoadedTrace } from '../../trace/loaded.ts';
import { OutputFile } from '../../trace/record/files/output-file.ts';

interface Open {
  readonly file: OutputFile;
  readonly output: TraceOutput;
  /** Why it cannot be written. */
  failed?: UserError;
}

/** A file of `--output` that is not there, with the sentence that says why. */
export interface Unwritten {
  readonly name: string;
  readonly why: string;
}

/** Whether a name asks for the recording itself, not for a view of it. */
export function isCapture(name: string): boolean {
  return name.endsWith('/') || /\.tar(?:\.gz)?$/.test(name);
}

/** The names that `isCapture` knows. */
const CAPTURES = '; or .tar, .tar.gz, DIRECTORY/ (the recording itself)';

/** Of a file that was written: what it is, and what to do with it. */
export function wroteInWords(name: string): string {
  const what = isCapture(name)
    ? `procdiag trace --from ${name} reads it again`
    : outputKindFor(name).description;
  return `wrote ${name}: ${what}`;
}

/** Refuses names that no output goes by, and places that cannot be written to, before anything is recorded. */
export function checkOutputs(names: readonly string[], imports: boolean): void {
  for (const name of names) {
    if (imports && isCapture(name)) {
      throw new UserError(
        USAGE,
        `--output ${JSON.stringify(name)} is for what procdiag records itself: what --from-strace and --from-perf read, you have already`,
      );
    }
    try {
      if (!isCapture(name)) outputKindFor(name);
    } catch (error) {
      if (!(error instanceof UnknownOutputError)) throw error;
      throw new UserError(USAGE, `${error.message}${imports ? '' : CAPTURES}`);
    }
  }
  const paths = names.map((name) => resolve(name));
  const twice = names.find((_, at) => paths.indexOf(paths[at]!) !== at);
  if (twice !== undefined) throw new UserError(USAGE, `--output ${twice} is given twice`);
  for (const name of names) checkPlace(name);
}

/** An output takes its name by rename(2), which would also replace a device or a FIFO. */
function checkPlace(name: string): void {
  const path = resolve(name);
  const refuse = (why: string): UserError =>
    new UserError(CANNOT_LOOK, `cannot write ${JSON.stringify(name)}: ${why}`);
  try {
    tryToWrite(dirname(path));
    const there = statSync(path, { throwIfNoEntry: false });
    if (there === undefined) return;
    if (name.endsWith('/')) throw refuse('it is there already');
    if (there.isDirectory()) throw refuse('it is a directory');
    if (!there.isFile()) throw refuse('it is no regular file');
  } catch (error) {
    throw error instanceof UserError ? error : whyNot(name, error);
  }
}

/** access(2) says yes to root also where nothing can be made: /proc. */
function tryToWrite(directory: string): void {
  const trial = join(directory, `.procdiag.${process.pid}.${randomBytes(6).toString('hex')}.part`);
  closeSync(openSync(trial, 'wx', 0o600));
  rmSync(trial, { force: true });
}

/**
 * The files of `--output` while they are written. Each appears whole, or not at all; one that cannot be written takes nothing
 * from the others, nor from the answer: what was recorded cannot be had again.
 */
export class Outputs {
  readonly #open: Open[] = [];

  constructor(names: readonly string[], trace: LoadedTrace, toolVersion: string) {
    const clock = {
      originNs: trace.originNs ?? 0n,
      ...(trace.input.clock.offsetNs === undefined ? {} : { offsetNs: trace.input.clock.offsetNs }),
      ...(trace.input.clock.errorNs === undefined ? {} : { offsetErrorNs: trace.input.clock.errorNs }),
    };
    const head = decoded({
      toolVersion,
      clock,
      target: trace.target,
      tasks: trace.input.tasks.filter(({ gone }) => gone !== true),
      ...(trace.target.command === undefined ? {} : { command: trace.target.command }),
      ...(trace.startedAt === undefined ? {} : { recordedAt: trace.startedAt }),
    });
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
    return this.#open.map((open) => ({
      event: (event) => attempt(open, ({ output }) => output.event(decodedEvent(event))),
    }));
  }

  /** An event that is known from the others, and told by none of the sources. */
  add(event: TraceEvent): void {
    for (const sink of this.sinks) sink.event(event);
  }

  keep(summary: TraceSummary): void {
    const conclusion = decoded(conclusionOf(summary));
    for (const open of this.#open) {
      attempt(open, ({ file, output }) => {
        output.finish(conclusion);
        telling(file.path, () => file.keep());
      });
    }
  }

  /** What could not be written, and why. */
  get failed(): readonly Unwritten[] {
    return this.#open.flatMap(({ file: { path }, failed }) =>
      failed === undefined ? [] : [{ name: path, why: failed.message }],
    );
  }

  /** After an error: nothing of them stays. */
  drop(): void {
    for (const { file } of this.#open) file.drop();
  }
}

/** What has failed once is left alone, and what is there of it goes, so that the disk has room again. */
function attempt(open: Open, work: (open: Open) => void): void {
  if (open.failed !== undefined) return;
  try {
    work(open);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    open.failed = error;
    open.file.drop();
  }
}

function telling<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw whyNot(name, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'it grows larger than this user may make files (ulimit -f)',
  ENOENT: 'there is no such directory',
  ENOTDIR: 'there is no such directory',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ENAMETOOLONG: 'the name is too long',
  EROFS: 'the file system is read-only',
};

/** The reason why a file could not be written, for the user. */
export function whyNot(name: string, error: unknown): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === undefined ? message : (REASONS[code] ?? code);
  return new UserError(CANNOT_LOOK, `cannot write ${JSON.stringify(name)}: ${why}`);
}
