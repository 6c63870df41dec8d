import { constantShift, type Shift, ShiftedTimes } from '../../correlate/offset/shift.ts';
import type { TraceSummary } from '../../digest/summary.ts';
import type { LoadedTrace } from '../../loaded.ts';
import type { PerfHeader } from '../../perf/batch.ts';
import { StraceFile } from '../files/strace-file.ts';
import { type Clocks, joinClocks } from './clocks.ts';
import { symbolsFor, syscallNames } from './host.ts';
import { ImportError } from './import-error.ts';
import { KeptThreads } from './kept-threads.ts';
import { logTimes, originOf } from './log-times.ts';
import { checkApart } from './perf-apart.ts';
import { PerfFile, type PerfProbe, probePerf } from './perf-file.ts';
import { firstOfPerf } from './perf-target.ts';
import { probeStrace, type StraceProbe } from './probe-strace.ts';
import { checkDifferent, withThreadFiles } from './regular-file.ts';
import { emptyHanded, NO_CALLS, notesOnLog, shortfallOf, tallyOf, unreadIn } from './what-was-read.ts';

export interface ImportRequest {
  /** Logs of strace; the PREFIX of `strace -ff -o PREFIX` stands for its files. */
  readonly strace: readonly string[];
  /** perf.data, or text of perf script. */
  readonly perf: readonly string[];
  /** CLOCK_REALTIME minus the clock of perf. */
  readonly clockOffsetNs?: bigint;
}

/** Of all logs together so much is read at a time. */
const MOST_CHUNK_BYTES = 64 * 1024 * 1024;
const LARGEST_CHUNK = 1024 * 1024;
const SMALLEST_CHUNK = 16 * 1024;
const MOST_FILES = 5000;
const MANY_FILES = 64;

const LEFT_OUT = 'Of what perf recorded, only the threads count that strace traced, and what they started.';

/**
 * Opens recordings that somebody made, on whatever machine, and brings strace's and perf's on one clock.
 * @throws ImportError for what is no recording, or cannot be brought together.
 */
export function importTrace(request: ImportRequest): LoadedTrace {
  const stracePaths = withThreadFiles(request.strace);
  if (stracePaths.length > MOST_FILES)
    throw new ImportError(`${stracePaths.length} logs are too many: give ${MOST_FILES} at most`);
  const probes = stracePaths.map(probeStrace);
  const perfs = request.perf.map(probePerf);
  checkDifferent([...stracePaths, ...request.perf]);
  checkThreads(probes);
  checkClocks(perfs);
  return new Imported(probes, perfs, request).trace();
}

/** Lines without a thread number need another way to be told apart where there are several logs. */
function checkThreads(probes: readonly StraceProbe[]): void {
  const unknown = probes.filter(({ first }) => first.tid === 0);
  if (probes.length > 1 && unknown.length > 0) {
    throw new ImportError(
      `the lines of ${JSON.stringify(unknown[0]!.path)} have no thread numbers, and its name does not end in one as those of strace -ff do: give one log, or record with strace -f -o FILE`,
    );
  }
}

function checkClocks(probes: readonly PerfProbe[]): void {
  const different = (of: (header: PerfHeader) => string | undefined): string[] => [
    ...new Set(probes.map(({ header }) => of(header)).filter((value) => value !== undefined)),
  ];
  const clocks = different(({ clock }) => clock);
  if (clocks.length > 1)
    throw new ImportError(
      `the recordings of perf are on different clocks (${clocks.join(', ')}): give one, or record all with -k CLOCK_MONOTONIC`,
    );
  const hosts = different(({ hostname }) => hostname);
  if (hosts.length > 1)
    throw new ImportError('the recordings of perf are of different machines: give those of one');
}

class Imported {
  readonly #strace: readonly StraceProbe[];
  readonly #perf: readonly PerfProbe[];
  readonly #request: ImportRequest;
  readonly #header: PerfHeader | undefined;
  readonly #notes: string[] = [];

  constructor(strace: readonly StraceProbe[], perf: readonly PerfProbe[], request: ImportRequest) {
    this.#strace = strace;
    this.#perf = perf;
    this.#request = request;
    // Of several the one that tells most: a text may have no header.
    this.#header =
      perf.find(({ header }) => header.reference !== undefined)?.header ??
      perf.find(({ header }) => header.arch !== undefined)?.header ??
      perf[0]?.header;
  }

  trace(): LoadedTrace {
    const names = syscallNames(this.#header?.arch);
    if (names.unknown !== undefined && this.#perf.length > 0)
      this.#notes.push(
        `No table of the system calls of ${names.unknown} is known: perf's calls have no names.`,
      );
    checkApart(this.#treeFiles());
    const perfOriginNs = this.#perfOrigin();
    const clocks = this.#clocks(perfOriginNs, names);
    const logs = this.#logs(clocks);
    const kept = clocks === undefined ? undefined : new KeptThreads(clocks.threads);
    const perfs = this.#openPerfs(perfOriginNs, names.numberOf, kept);
    const [log] = this.#strace;
    const notes = [
      ...this.#notes,
      ...(log === undefined ? [] : notesOnLog(log, perfs.length > 0)),
      ...(clocks?.perfCalls === 0 ? [NO_CALLS] : []),
    ];
    const read = { logs, perfs: perfs.map(({ file }) => file) };
    const startedNs = this.#startedNs(perfOriginNs, clocks);
    return {
      target: this.#target(clocks),
      ...(this.#header?.clock === 'monotonic' ? { originNs: perfOriginNs } : {}),
      ...(startedNs === undefined
        ? {}
        : { startedAt: new Date(Number(startedNs / 1_000_000n)).toISOString() }),
      input: {
        strace: logs,
        perf: perfs.map(({ file, role }) => ({ source: file, role })),
        tasks: [],
        ...(perfs.length === 0 ? {} : { perfWindow: windowOf(read.perfs) }),
        blind: clocks?.blind ?? [],
        filtered: clocks?.found.filtered ?? false,
        syscallName: names.nameOf,
        scheduled: this.#perf.some(({ scheduled }) => scheduled),
        clock: {
          ...(clocks?.found.offsetNs === undefined ? {} : { offsetNs: clocks.found.offsetNs }),
          ...(clocks?.found.errorNs === undefined ? {} : { errorNs: Math.round(clocks.found.errorNs) }),
        },
      },
      sources: (): TraceSummary['sources'] => ({
        strace: logs.length === 0 ? null : { version: null, argv: null, tally: tallyOf(logs) },
        perf:
          perfs.length === 0
            ? null
            : {
                version: this.#header?.perfVersion ?? null,
                argv: argvOf(read.perfs),
                events: [...new Set(read.perfs.flatMap(({ header }) => header.events))],
                complaints: read.perfs.flatMap(({ complaints }) => complaints),
              },
      }),
      notes: () => [
        ...notes,
        ...(kept?.leftOut === true ? [LEFT_OUT] : []),
        ...emptyHanded(read),
        ...unreadIn(logs),
        ...read.perfs.flatMap(({ complaints }) => complaints),
      ],
      shortfall: () => shortfallOf(read, log),
      close: () => {
        for (const { file } of perfs) file.close();
      },
    };
  }

  #perfOrigin(): bigint {
    const firsts = this.#perf.flatMap(({ firstNs }) => (firstNs === undefined ? [] : [firstNs]));
    return firsts.length === 0 ? 0n : BigInt(Math.floor(Math.min(...firsts)));
  }

  /** Undefined when only one of the two is there: then there is nothing to bring together. */
  #clocks(
    perfOriginNs: bigint,
    names: { readonly nameOf: (nr: number) => string | undefined },
  ): Clocks | undefined {
    const offset = this.#request.clockOffsetNs;
    if (this.#strace.length === 0 || this.#perf.length === 0) {
      if (offset !== undefined)
        throw new ImportError(
          '--clock-offset-ns needs --from-strace and --from-perf, which it brings together',
        );
      return undefined;
    }
    if (this.#perf.some(({ firstNs }) => firstNs === undefined)) {
      throw new ImportError(
        'the text of perf has no times, and cannot be put beside a log of strace: write it with perf script -F +time, or give perf.data',
      );
    }
    const clocks = joinClocks({
      strace: this.#strace,
      perf: this.#treeFiles(),
      perfOriginNs,
      header: this.#header ?? { events: [] },
      syscallName: names.nameOf,
      ...(offset === undefined ? {} : { given: offset }),
    });
    this.#notes.push(...clocks.found.notes);
    return clocks;
  }

  #treeFiles(): string[] {
    const trees = this.#perf.filter((probe) => !this.#isHost(probe));
    return trees.map(({ path }) => path);
  }

  #isHost(probe: PerfProbe): boolean {
    return probe.wakeupsOnly && this.#perf.some(({ wakeupsOnly }) => !wakeupsOnly);
  }

  #logs(clocks: Clocks | undefined): StraceFile[] {
    const probes = this.#strace;
    const originNs = originOf(probes);
    const shift: Shift = clocks?.found.shift ?? constantShift(0);
    const chunkBytes = Math.max(
      SMALLEST_CHUNK,
      Math.min(LARGEST_CHUNK, Math.floor(MOST_CHUNK_BYTES / Math.max(1, probes.length))),
    );
    return probes.map(
      (probe) =>
        new StraceFile(probe.path, {
          ...(originNs === undefined ? {} : { originNs }),
          ...threadOf(probe, clocks?.found.tid),
          chunkBytes,
          ofMany: probes.length > MANY_FILES,
          ...(clocks?.numbers === undefined ? {} : { numbers: clocks.numbers }),
          times: new ShiftedTimes(logTimes(probe, probes.length), shift),
        }),
    );
  }

  #openPerfs(
    originNs: bigint,
    syscallNumber: (name: string) => number | undefined,
    kept: KeptThreads | undefined,
  ): { readonly file: PerfFile; readonly role: 'tree' | 'host' }[] {
    const symbols =
      this.#perf.length === 0 || this.#header === undefined ? undefined : symbolsFor(this.#header);
    const opened: { readonly file: PerfFile; readonly role: 'tree' | 'host' }[] = [];
    try {
      for (const probe of this.#perf) {
        const file = new PerfFile(probe.path, {
          originNs,
          syscallNumber,
          ...(kept === undefined ? {} : { kept }),
          ...(symbols === undefined ? {} : { symbolise: (address) => symbols.nameOf(address) }),
        });
        opened.push({ file, role: this.#isHost(probe) ? 'host' : 'tree' });
      }
    } catch (error) {
      for (const { file } of opened) file.close();
      throw error;
    }
    return opened;
  }

  #target(clocks: Clocks | undefined): LoadedTrace['target'] {
    const [log] = this.#strace;
    if (log === undefined) {
      const { pid = 0, comm = '' } = firstOfPerf(this.#treeFiles()) ?? {};
      return { pid, comm };
    }
    const own = log.first.tid || (clocks?.found.tid ?? 0);
    const pid = clocks?.numbers?.get(own) ?? own;
    return { pid, comm: log.first.comm || (clocks?.names.get(pid) ?? '') };
  }

  #startedNs(perfOriginNs: bigint, clocks: Clocks | undefined): bigint | undefined {
    const { reference } = this.#header ?? {};
    const offsetNs =
      clocks?.found.offsetNs ?? (reference === undefined ? undefined : reference.realNs - reference.clockNs);
    if (this.#perf.length > 0) return offsetNs === undefined ? undefined : perfOriginNs + offsetNs;
    return originOf(this.#strace);
  }
}

/** From the first event of perf to its last, which is known when all was read. */
function windowOf(files: readonly PerfFile[]): { readonly from: number; readonly to: number } {
  return {
    from: 0,
    get to() {
      return Math.max(...files.map((file) => file.to));
    },
  };
}

function threadOf({ tid }: StraceProbe, found: number | undefined): { tid?: number } {
  const known = found ?? tid;
  return known === 0 ? {} : { tid: known };
}

function argvOf(files: readonly PerfFile[]): readonly (readonly string[])[] | null {
  const lines = files.flatMap(({ header: { cmdline } }) => (cmdline === undefined ? [] : [cmdline]));
  return lines.length === 0 ? null : lines;
}
