import { PERF, type PerfBatch, type PerfHeader, type PerfSource } from '../../perf/batch.ts';
import type { ByteSource } from '../../perf/byte-source.ts';
import { openPerf } from '../../perf/open.ts';
import { openFileBytes } from '../files/file-bytes.ts';
import { ImportError } from './import-error.ts';
import type { KeptThreads } from './kept-threads.ts';
import { checkRegular } from './regular-file.ts';

export interface PerfProbe {
  readonly path: string;
  readonly header: PerfHeader;
  /** First moment on perf's clock; undefined for a text without times. */
  readonly firstNs: number | undefined;
  /** It tells who got and left the CPU. */
  readonly scheduled: boolean;
  /** It holds no more than who woke whom, on all of the host. */
  readonly wakeupsOnly: boolean;
}

export interface PerfFileOptions {
  readonly originNs: bigint;
  readonly symbolise?: (address: bigint) => string | undefined;
  /** Whose rows are of interest; without, everybody's. */
  readonly kept?: KeptThreads;
  /** Number of a system call by its name, for texts that tell the name alone. */
  readonly syscallNumber?: (name: string) => number | undefined;
}

const TELLING: ReadonlySet<number> = new Set([PERF.enter, PERF.exit, PERF.switch, PERF.in, PERF.out]);
const SWITCHES: ReadonlySet<number> = new Set([PERF.switch, PERF.in, PERF.out]);
const SCHEDULES = /^(?:sched:sched_switch|context-switches|cs)\b/;
const WAKEUPS = /^(?:sched:sched_(?:waking|wakeup|wakeup_new|stat_\w+)|dummy\b.*)$/;

/** The complaints of the readers that say so. */
const CUT = /^The file (?:has been cut|ends in the middle)/;

/** Reads the beginning of a recording. @throws ImportError for a file that is none. */
export function probePerf(path: string): PerfProbe {
  const file = new PerfFile(path, { originNs: 0n });
  try {
    const first = file.next();
    const { header } = file;
    const at = first?.at[0];
    return {
      path,
      header,
      firstNs: at !== undefined && at > 0 ? at : undefined,
      scheduled:
        header.events.some((name) => SCHEDULES.test(name)) ||
        first?.kind.subarray(0, first.count).some((kind) => SWITCHES.has(kind)) === true,
      wakeupsOnly: header.events.length > 0 && header.events.every((name) => WAKEUPS.test(name)),
    };
  } finally {
    file.close();
  }
}

/** A recording of perf, whichever form it has, read piece by piece. */
export class PerfFile implements PerfSource {
  readonly #bytes: ByteSource & { close(): void };
  readonly #source: PerfSource;
  readonly #syscallNumber: PerfFileOptions['syscallNumber'];
  readonly #kept: KeptThreads | undefined;
  /** It holds calls, or who got and left the CPU. */
  tells: boolean = false;
  #last: number = 0;
  #ended: boolean = false;

  /** @throws ImportError for a file that is no recording of perf, or cannot be read. */
  constructor(path: string, { syscallNumber, kept, ...options }: PerfFileOptions) {
    checkRegular(path);
    this.#bytes = openFileBytes(path);
    const source = openPerf(this.#bytes, options);
    if ('refused' in source) {
      this.#bytes.close();
      throw new ImportError(`${JSON.stringify(path)} cannot be read: ${source.refused.replace(/\.$/, '')}`);
    }
    this.#source = source;
    this.#syscallNumber = syscallNumber;
    this.#kept = kept;
  }

  get header(): PerfHeader {
    return this.#source.header;
  }

  get opened(): ReadonlySet<number> | undefined {
    return this.#source.opened;
  }

  get complaints(): readonly string[] {
    return this.#source.complaints;
  }

  /** It ends before its header says, or in the middle of a record. */
  get isCut(): boolean {
    return this.complaints.some((complaint) => CUT.test(complaint));
  }

  /** The moment up to which it goes; Infinity as long as it was not read to its end. */
  get to(): number {
    return this.#ended ? this.#last : Number.POSITIVE_INFINITY;
  }

  next(): PerfBatch | undefined {
    const batch = this.#source.next();
    if (batch === undefined) this.#ended = true;
    else {
      this.#last = batch.at[batch.count - 1] ?? this.#last;
      this.tells ||= batch.kind.subarray(0, batch.count).some((kind) => TELLING.has(kind));
      if (this.#syscallNumber !== undefined) this.#number(batch, this.#syscallNumber);
    }
    if (batch !== undefined) this.#kept?.sift(batch);
    return batch;
  }

  stack(id: number): readonly string[] {
    return this.#source.stack(id);
  }

  text(id: number): string {
    return this.#source.text(id);
  }

  close(): void {
    this.#bytes.close();
  }

  #number(batch: PerfBatch, numberOf: (name: string) => number | undefined): void {
    for (let row = 0; row < batch.count; row++) {
      const kind = batch.kind[row];
      if ((kind !== PERF.enter && kind !== PERF.exit) || batch.a[row] !== -1 || batch.text[row]! < 0)
        continue;
      batch.a[row] = numberOf(this.text(batch.text[row]!)) ?? -1;
    }
  }
}
