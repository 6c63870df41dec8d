import { closeSync, openSync, readSync } from 'node:fs';

const PERF_RECORD_LOST = 2;
const PERF_RECORD_LOST_SAMPLES = 13;
/** Written by perf itself, with more behind it than its size tells. */
const PERF_RECORD_AUXTRACE = 71;
const HEADER = 8;
const DATA_OFFSET_AT = 40;
/** Read at a time: less than perf writes of a hot thread, so that looking costs little; then the count lags. */
const MOST_BYTES = 4 * 1024 * 1024;
const CHUNK = 256 * 1024;

/** Counts the events that a running `perf record` says to have lost, by the records in its file. */
export class Losses {
  readonly #file: string;
  readonly #chunk = Buffer.alloc(CHUNK);
  #position = 0;
  #lost = 0;
  #isOver: boolean = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Reads what has come, up to a bound. @returns how many are known to be lost */
  readOn(): number {
    if (this.#isOver) return this.#lost;
    try {
      const descriptor = openSync(this.#file, 'r');
      try {
        this.#read(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch {
      // Not there yet, or not any more.
    }
    return this.#lost;
  }

  #read(descriptor: number): void {
    const chunk = this.#chunk;
    if (this.#position === 0) {
      const head = Buffer.alloc(HEADER);
      if (readSync(descriptor, head, 0, HEADER, DATA_OFFSET_AT) < HEADER) return;
      this.#position = Number(head.readBigUInt64LE(0));
      if (this.#position === 0) return;
    }
    for (let left = MOST_BYTES; left > 0; ) {
      const got = readSync(descriptor, chunk, 0, CHUNK, this.#position);
      const walked = this.#walk(got);
      if (walked === 0) return;
      this.#position += walked;
      left -= walked;
    }
  }

  /** @returns bytes of whole records */
  #walk(got: number): number {
    const chunk = this.#chunk;
    let at = 0;
    while (at + HEADER <= got) {
      const type = chunk.readUInt32LE(at);
      const size = chunk.readUInt16LE(at + 6);
      if (size < HEADER || type === PERF_RECORD_AUXTRACE) {
        this.#isOver = true;
        return 0;
      }
      if (at + size > got) break;
      // LOST: u64 id, u64 lost; LOST_SAMPLES: u64 lost.
      if (type === PERF_RECORD_LOST && size >= HEADER + 16)
        this.#lost += Number(chunk.readBigUInt64LE(at + HEADER + 8));
      else if (type === PERF_RECORD_LOST_SAMPLES && size >= HEADER + 8)
        this.#lost += Number(chunk.readBigUInt64LE(at + HEADER));
      at += size;
    }
    return at;
  }
}
