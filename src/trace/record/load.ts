import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Arch } from '../../procfs/syscall-names.ts';
import { syscallName } from '../../procfs/syscall-names.ts';
import type { AnalyseInput } from '../analyse.ts';
import type { StraceLog } from '../correlate/strace-cursor.ts';
import type { ByteSource } from '../perf/byte-source.ts';
import { openPerfData, type PerfDataSource } from '../perf/data/reader.ts';
import { Kallsyms } from '../perf/kallsyms.ts';
import type { RecordingMeta } from '../recording.ts';
import type { StraceVisitor } from '../strace/call.ts';
import { StraceReader, type StraceReaderOptions } from '../strace/reader.ts';

const CHUNK = 1024 * 1024;

/** A file as perf's reader wants it. */
export class FileBytes implements ByteSource {
  readonly size: number;
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
  }

  read(position: number, target: Uint8Array): number {
    let got = 0;
    while (got < target.length) {
      const more = readSync(this.#fd, target, got, target.length - got, position + got);
      if (more === 0) break;
      got += more;
    }
    return got;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** A file of strace, piece by piece. */
export class StraceFile implements StraceLog {
  readonly #path: string;
  readonly #options: StraceReaderOptions;
  #fd: number | undefined;
  #reader: StraceReader | undefined;
  readonly #chunk = Buffer.allocUnsafe(CHUNK);

  constructor(path: string, options: StraceReaderOptions) {
    this.#path = path;
    this.#options = options;
  }

  get elapsedNs(): number {
    return this.#reader?.elapsedNs ?? Number.NaN;
  }

  get reader(): StraceReader | undefined {
    return this.#reader;
  }

  read(visitor: StraceVisitor): boolean {
    this.#reader ??= new StraceReader(visitor, this.#options);
    this.#fd ??= openSync(this.#path, 'r');
    const got = readSync(this.#fd, this.#chunk, 0, CHUNK, null);
    if (got > 0) {
      this.#reader.feed(this.#chunk.subarray(0, got));
      return true;
    }
    this.#reader.end();
    closeSync(this.#fd);
    return false;
  }
}

/** A recording of ours, ready to be analysed. */
export interface LoadedRecording {
  readonly meta: RecordingMeta;
  readonly input: Omit<AnalyseInput, 'sinks'>;
  readonly straceFiles: readonly StraceFile[];
  readonly perfSources: readonly PerfDataSource[];
  /** CLOCK_MONOTONIC of Ns 0. */
  readonly originNs: bigint;
  /** What could not be read, a sentence each. */
  readonly notes: readonly string[];
  close(): void;
}

/** Opens the directory of a recording: meta.json and the files that it names. */
export function loadRecording(directory: string, kallsyms = '/proc/kallsyms'): LoadedRecording {
  const meta = JSON.parse(readFileSync(join(directory, 'meta.json'), 'utf8')) as RecordingMeta;
  const originNs = BigInt(meta.window.fromNs);
  const offsetNs = BigInt(meta.clock.startOffsetNs);
  const notes: string[] = [];
  const straceFiles =
    meta.strace === undefined
      ? []
      : [new StraceFile(join(directory, meta.strace.file), { originNs: originNs + offsetNs })];
  const symbols = meta.perf === undefined ? undefined : new Kallsyms(readFileSync(kallsyms));
  const files: FileBytes[] = [];
  const perf = (meta.perf?.files ?? []).flatMap(({ file, role }) => {
    const bytes = new FileBytes(join(directory, file));
    files.push(bytes);
    const source = openPerfData(bytes, { originNs, symbolise: (address) => symbols?.nameOf(address) });
    if ('refused' in source) {
      notes.push(`perf's recording (${role}) cannot be read: ${source.refused}`);
      return [];
    }
    return [{ source, role: role === 'host' ? ('host' as const) : ('tree' as const) }];
  });
  return {
    meta,
    straceFiles,
    perfSources: perf.map(({ source }) => source),
    originNs,
    notes,
    input: {
      strace: straceFiles,
      perf,
      tasks: meta.tasks,
      ...(meta.perf === undefined ? {} : { perfWindow: perfWindow(meta, originNs) }),
      blind: meta.perf?.blindTids ?? [],
      filtered: meta.strace?.argv.some((word) => word.startsWith('trace=')) ?? false,
      syscallName: (nr) => syscallName(nr, meta.host.arch as Arch),
      clock: { offsetNs, errorNs: meta.clock.errorNs },
    },
    close: () => {
      for (const file of files) file.close();
    },
  };
}

function perfWindow(meta: RecordingMeta, originNs: bigint): { from: number; to: number } {
  const at = (ns: string | undefined, otherwise: string): number =>
    Number(BigInt(ns ?? otherwise) - originNs);
  return {
    from: at(meta.perf?.enabledNs, meta.window.fromNs),
    to: at(meta.perf?.disabledNs, meta.window.toNs),
  };
}
