import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import type { StraceCall, StraceVisitor } from '../../strace/call.ts';
import type { StampKind } from '../../strace/log-clock.ts';
import { StraceFile } from '../files/strace-file.ts';
import { ImportError } from './import-error.ts';
import { checkRegular, threadOfName } from './regular-file.ts';

/** What the beginning of a log tells of all of it. */
export interface StraceProbe {
  readonly path: string;
  readonly stamps: StampKind;
  /** Of `unix` stamps: the whole second of the first one, in nanoseconds since 1970. */
  readonly originNs?: bigint;
  /** It has stamps, and all are of whole seconds. */
  readonly wholeSeconds: boolean;
  /** -r: differences between lines. */
  readonly relative: boolean;
  /** Of these, some is finer. */
  readonly finerThanMicroseconds: boolean;
  /** -T. */
  readonly durations: boolean;
  /** Whose the lines without a number are; 0 nobody knows. */
  readonly tid: number;
  /** The first thread of the log. */
  readonly first: { readonly tid: number; readonly comm: string };
}

const PIECE = 256 * 1024;
/** Calls that tell what the lines of a log have. */
const ENOUGH_CALLS = 2000;
/** Before the first record there may be output of the program; a second thread may come late. */
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_NUMBERS = 1000;
const SPAWNS = /^(?:fork|vfork|clone|clone3)$/;
const PACKED: readonly (readonly [magic: string, what: string])[] = [
  ['1f8b', 'gzip'],
  ['28b52ffd', 'zstd'],
  ['fd377a58', 'xz'],
  ['425a68', 'bzip2'],
];

/** Reads the beginning of a log. @throws ImportError for a file that is none. */
export function probeStrace(path: string): StraceProbe {
  checkRegular(path);
  const seen = new Beginning();
  const log = new StraceFile(path, { chunkBytes: PIECE });
  let bytes = 0;
  let more = true;
  while (more && bytes < MOST_BYTES && !seen.isEnough) {
    more = log.read(seen.visitor(log));
    bytes += PIECE;
  }
  const { reader } = log;
  const refusal = seen.calls < ENOUGH_CALLS || !more ? reader?.refusal() : undefined;
  if (reader === undefined || refusal !== undefined) {
    throw new ImportError(`${JSON.stringify(path)} is no log of strace: ${packedWith(path) ?? refusal}`);
  }
  const { originNs } = reader;
  const named = threadOfName(path);
  const tid = seen.unnumbered ? (seen.root ?? named ?? 0) : 0;
  return {
    path,
    stamps: reader.stampKind,
    ...(originNs === undefined ? {} : { originNs }),
    wholeSeconds: seen.stamped && !seen.finerThanSeconds,
    relative: seen.relative,
    finerThanMicroseconds: seen.finerThanMicroseconds,
    durations: seen.durations,
    tid,
    first: { tid: seen.firstTid || tid, comm: seen.comm },
  };
}

/** Notes what the lines have. */
class Beginning {
  calls = 0;
  relative: boolean = false;
  finerThanMicroseconds: boolean = false;
  finerThanSeconds: boolean = false;
  stamped: boolean = false;
  durations: boolean = false;
  /** Some lines have no thread number. */
  unnumbered: boolean = false;
  /** Of the first record; 0 without a number. */
  firstTid: number | undefined;
  comm = '';
  readonly #children = new Set<number>();
  readonly #numbers = new Set<number>();

  /** The thread that was there first, under the number that it gets when a second one comes, whose lines may come before. */
  get root(): number | undefined {
    for (const tid of this.#numbers) if (!this.#children.has(tid)) return tid;
    return undefined;
  }

  get isEnough(): boolean {
    return this.calls >= ENOUGH_CALLS && (!this.unnumbered || this.root !== undefined);
  }

  visitor(log: { readonly elapsedNs: number }): StraceVisitor {
    return {
      begun: (call) => this.#begun(call, log.elapsedNs),
      ended: (call) => this.#ended(call),
      signal: ({ tid }) => this.#thread(tid),
      exit: ({ tid }) => this.#thread(tid),
      message: (text) => this.#message(text),
    };
  }

  #begun(call: StraceCall, elapsedNs: number): void {
    this.calls++;
    this.#thread(call.tid);
    if (this.calls === 1 && call.tid === this.firstTid) this.comm = call.comm ?? executed(call) ?? '';
    if (!Number.isNaN(elapsedNs)) this.relative = true;
    if (call.deltaNs % 1000 > 0) this.finerThanMicroseconds = true;
    if (Number.isNaN(call.stampNs)) return;
    this.stamped = true;
    if (call.stampNs % 1e9 !== 0) this.finerThanSeconds = true;
  }

  #ended(call: StraceCall): void {
    if (!Number.isNaN(call.durationNs)) this.durations = true;
    if (SPAWNS.test(call.name) && call.result > 0) this.#children.add(call.result);
  }

  /** `Process 12 attached`: behind the first call it is a child. */
  #message(text: string): void {
    const tid = /Process (\d+) attached/.exec(text)?.[1];
    if (tid !== undefined && this.calls > 0) this.#children.add(Number(tid));
  }

  #thread(tid: number): void {
    if (tid === 0) this.unnumbered = true;
    else if (this.#numbers.size < MOST_NUMBERS) this.#numbers.add(tid);
    this.firstTid ??= tid;
  }
}

/** Of a log that begins with the start of a program, its name. */
function executed({ name, args }: StraceCall): string | undefined {
  if (!name.startsWith('execve')) return undefined;
  const path = /"((?:[^"\\]|\\.)*)"/.exec(args)?.[1];
  return path === undefined ? undefined : basename(path).slice(0, 15);
}

function packedWith(path: string): string | undefined {
  const log = readStart(path);
  const packed = PACKED.find(([magic]) => log.startsWith(magic));
  return packed === undefined ? undefined : `it is compressed with ${packed[1]}; unpack it first`;
}

function readStart(path: string): string {
  const descriptor = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(4);
    return bytes.toString('hex', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}
