import { closeSync, openSync, readSync } from 'node:fs';
import type { StraceLog } from '../../correlate/strace-cursor.ts';
import type { LineTimes } from '../../correlate/strace-times.ts';
import type { StraceVisitor } from '../../strace/call.ts';
import { StraceReader, type StraceReaderOptions } from '../../strace/reader.ts';

/** Larger pieces leave the processor's cache. */
const CHUNK = 64 * 1024;
/** Of one of thousands, until its turn comes: all are begun at once, for who is first. */
const FIRST_CHUNK = 1024;

export interface StraceFileOptions extends StraceReaderOptions {
  /** How its stamps come to the clock of the trace. */
  readonly times?: LineTimes;
  /** Threads that go by another number in the trace: that of the host, where strace ran in a PID namespace. */
  readonly numbers?: ReadonlyMap<number, number>;
  /** Bytes that are read at a time; less where many files are open. */
  readonly chunkBytes?: number;
  /** It is one of many: read by small pieces at first, and by larger ones when it is its turn. */
  readonly ofMany?: boolean;
}

/** A file of strace, read piece by piece as the merge asks for it. Open only while it is read: of `-ff` there may be thousands. */
export class StraceFile implements StraceLog {
  readonly times?: LineTimes;
  readonly #path: string;
  readonly #options: StraceFileOptions;
  #position = 0;
  #chunk: number;
  #reader: StraceReader | undefined;

  constructor(path: string, options: StraceFileOptions) {
    this.#path = path;
    this.#options = options;
    this.#chunk = options.ofMany === true ? FIRST_CHUNK : (options.chunkBytes ?? CHUNK);
    if (options.times !== undefined) this.times = options.times;
  }

  get elapsedNs(): number {
    return this.#reader?.elapsedNs ?? Number.NaN;
  }

  /** Its tally is whole when all was read; undefined before the first piece. */
  get reader(): StraceReader | undefined {
    return this.#reader;
  }

  read(visitor: StraceVisitor): boolean {
    const { numbers } = this.#options;
    this.#reader ??= new StraceReader(
      numbers === undefined ? visitor : renumbering(visitor, numbers),
      this.#options,
    );
    const piece = pieceOf(this.#path, this.#position, this.#chunk);
    this.#position += piece.length;
    this.#chunk = Math.min(2 * this.#chunk, this.#options.chunkBytes ?? CHUNK);
    if (piece.length > 0) {
      this.#reader.feed(piece);
      return true;
    }
    this.#reader.end();
    return false;
  }
}

function renumbering(visitor: StraceVisitor, numbers: ReadonlyMap<number, number>): StraceVisitor {
  const numberOf = (tid: number): number => numbers.get(tid) ?? tid;
  return {
    begun: (call) => {
      // The same object is given when the call ends.
      (call as { tid: number }).tid = numberOf(call.tid);
      visitor.begun(call);
    },
    ended: (call, stampNs) => visitor.ended(call, stampNs),
    signal: (signal) =>
      visitor.signal({
        ...signal,
        tid: numberOf(signal.tid),
        ...(signal.senderPid === undefined ? {} : { senderPid: numberOf(signal.senderPid) }),
      }),
    exit: (exit) =>
      visitor.exit({
        ...exit,
        tid: numberOf(exit.tid),
        ...(exit.supersededBy === undefined ? {} : { supersededBy: numberOf(exit.supersededBy) }),
      }),
    message: (text, tid) => visitor.message(text, numberOf(tid)),
  };
}

let shared = Buffer.allocUnsafe(0);

/** Bytes of a file, which hold until the next call. */
function pieceOf(path: string, position: number, length: number): Buffer {
  if (shared.length < length) shared = Buffer.allocUnsafe(length);
  const descriptor = openSync(path, 'r');
  try {
    return shared.subarray(0, readSync(descriptor, shared, 0, length, position));
  } finally {
    closeSync(descriptor);
  }
}
