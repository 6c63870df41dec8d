import { lstatSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Arch, syscallName, tableFor } from '../../../procfs/syscall-names.ts';
import type { TraceSummary } from '../../digest/summary.ts';
import type { LoadedTrace } from '../../loaded.ts';
import { openPerfData } from '../../perf/data/reader.ts';
import { Kallsyms } from '../../perf/kallsyms.ts';
import type { FormatText } from '../../perf/options.ts';
import type { RecordingMeta } from '../../recording.ts';
import { narrowedBy } from '../perf/narrowed.ts';
import { TRACEPOINTS } from '../perf/recorder.ts';
import { procText } from '../proc.ts';
import { openFileBytes } from './file-bytes.ts';
import { CaptureError, META, readMeta } from './meta-file.ts';
import { neutralMeta } from './neutral-meta.ts';
import { StraceFile } from './strace-file.ts';
import { symbolLines } from './symbol-lines.ts';

/** Names of kernel functions that a capture carries with it: lines as in /proc/kallsyms. */
const SYMBOLS = 'kallsyms';

/** Beyond this a call may be taken for its neighbour: with 12 μs the first were, in a thread that does nothing but call. */
const CLOCK_ERROR_NS = 5000;

/** Opens the directory of a recording: meta.json and the files that it names. Throws CaptureError, and what fs does. */
export function loadRecording(directory: string): LoadedTrace {
  const meta = neutralMeta(readMeta(directory), directory);
  checkFiles(directory, meta);
  const originNs = BigInt(meta.window.fromNs);
  const offsetNs = BigInt(meta.clock.startOffsetNs);
  const endNs = Number(BigInt(meta.window.toNs) - originNs);
  const strace = openStrace(directory, meta, originNs + offsetNs);
  const perf = openPerfs(directory, meta, originNs);
  const narrowed = narrowedBy(meta);
  const notes = [...meta.notes, ...notesOnClock(meta), ...narrowed.notes, ...perf.unreadable];
  const partial = [...(meta.partial ?? []), ...perf.unreadable];
  const complaints = () => perf.opened.flatMap(({ source }) => source.complaints);
  return {
    meta,
    raw: {
      directory,
      texts: () => {
        const used = new Map(perf.opened.flatMap(({ source }) => [...source.symbolsUsed]));
        return new Map([
          [META, `${JSON.stringify(meta, undefined, 1)}\n`],
          [SYMBOLS, symbolLines(used)],
        ]);
      },
    },
    target: targetOf(meta),
    originNs,
    window: { from: 0, to: endNs },
    startedAt: new Date(Number((originNs + offsetNs) / 1_000_000n)).toISOString(),
    input: {
      strace: strace === undefined ? [] : [strace],
      perf: perf.opened,
      tasks: meta.tasks,
      ...(meta.perf === undefined ? {} : { perfWindow: perfWindow(meta, originNs) }),
      blind: meta.perf?.blindTids ?? [],
      filtered: meta.strace?.argv.some((word) => word.startsWith('trace=')) ?? false,
      syscallName: (nr, isNarrow = false) => syscallName(nr, tableFor(meta.host.arch as Arch, isNarrow)),
      scheduled: meta.perf !== undefined,
      ...(meta.command === undefined ? {} : { heldTid: meta.target.pid }),
      ...(narrowed.shows === undefined ? {} : { shows: narrowed.shows }),
      switchesOnly: meta.perf?.sees === 'switches',
      endNs,
      clock: { offsetNs, errorNs: meta.clock.errorNs },
    },
    sources: (): TraceSummary['sources'] => ({
      strace:
        strace?.reader === undefined
          ? null
          : {
              version: meta.strace?.version ?? null,
              argv: meta.strace?.argv ?? null,
              tally: strace.reader.tally,
            },
      perf:
        perf.opened.length === 0
          ? null
          : {
              version: meta.perf?.version ?? null,
              argv: meta.perf?.files.map(({ argv }) => argv) ?? null,
              events: [...new Set(perf.opened.flatMap(({ source }) => source.header.events))],
              complaints: complaints(),
            },
    }),
    notes: () => [...notes, ...complaints()],
    shortfall: () => ({ partial, ...(meta.missing === undefined ? {} : { missing: meta.missing }) }),
    close: () => {
      for (const { bytes } of perf.opened) bytes.close();
    },
  };
}

function openStrace(
  directory: string,
  { strace, target }: RecordingMeta,
  originNs: bigint,
): StraceFile | undefined {
  if (strace === undefined) return undefined;
  return new StraceFile(join(directory, strace.file), {
    originNs,
    // Without -f its lines bear no number.
    ...(strace.argv.includes('-f') ? {} : { tid: target.pid }),
    outOfStep: new Set(strace.outOfStepTids),
  });
}

/** The recordings of perf that can be read, and of the others why not. */
function openPerfs(directory: string, meta: RecordingMeta, originNs: bigint) {
  if (meta.perf === undefined) return { opened: [], unreadable: [] };
  const symbols = readSymbols(directory);
  const formats = tracepointFormats(meta);
  const unreadable: string[] = [];
  const opened = meta.perf.files.flatMap(({ file, role }) => {
    const bytes = openFileBytes(join(directory, file));
    const source = openPerfData(bytes, {
      originNs,
      symbolise: (address) => symbols?.nameOf(address),
      ...(formats.length === 0 ? {} : { formats }),
    });
    if (!('refused' in source)) return [{ source, bytes, role: role === 'host' ? 'host' : 'tree' } as const];
    bytes.close();
    unreadable.push(`What perf recorded (${file}) cannot be read: ${source.refused}`);
    return [];
  });
  return { opened, unreadable };
}

function notesOnClock({ strace, perf, clock: { errorNs } }: RecordingMeta): string[] {
  if (strace === undefined || perf === undefined || errorNs <= CLOCK_ERROR_NS) return [];
  return [
    `The host was so busy that the clocks of strace and perf are known to ${Math.round(errorNs / 1000)} μs only: calls may miss their partner.`,
  ];
}

/** Of a directory that anybody may have made: links in it could lead anywhere. */
function checkFiles(directory: string, { strace, perf }: RecordingMeta): void {
  const names = [strace?.file, ...(perf?.files ?? []).map(({ file }) => file)];
  for (const name of names) {
    if (name === undefined) continue;
    const found = lstatSync(join(directory, name), { throwIfNoEntry: false });
    if (found?.isFile() !== true)
      throw new CaptureError(`${directory} is no recording of procdiag: it holds no file ${name}`);
  }
}

/** How the fields of our events lie: perf writes that down at its end, which one that was killed has not. Of this boot alone. */
function tracepointFormats({ host: { bootId } }: RecordingMeta): FormatText[] {
  if (bootId === undefined || bootId !== procText('/proc/sys/kernel/random/boot_id')?.trim()) return [];
  return TRACEPOINTS.flatMap((event) => {
    const [system = '', name = ''] = event.split(':');
    try {
      return [
        { system, text: readFileSync(`/sys/kernel/tracing/events/${system}/${name}/format`, 'latin1') },
      ];
    } catch {
      return [];
    }
  });
}

/** Those that the capture has, else this host's, which are right as long as the recording is of this boot. */
function readSymbols(directory: string): Kallsyms | undefined {
  for (const path of [join(directory, SYMBOLS), '/proc/kallsyms']) {
    try {
      return new Kallsyms(readFileSync(path));
    } catch {
      // The next one.
    }
  }
  return undefined;
}

function perfWindow(meta: RecordingMeta, originNs: bigint): { from: number; to: number } {
  const at = (ns: string | undefined, otherwise: string): number =>
    Number(BigInt(ns ?? otherwise) - originNs);
  return {
    from: at(meta.perf?.enabledNs, meta.window.fromNs),
    to: at(meta.perf?.disabledNs, meta.window.toNs),
  };
}

/** A command is held by a shell until all is ready: it goes by its own name, not by the shell's. */
function targetOf({ target, command }: RecordingMeta): LoadedTrace['target'] {
  if (command === undefined) return target;
  // Bytes, as all other names are.
  const words = command.map((word) => Buffer.from(word, 'utf8').toString('latin1'));
  return { ...target, comm: basename(words[0] ?? target.comm), command: words };
}
