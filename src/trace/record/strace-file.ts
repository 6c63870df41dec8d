import { closeSync, openSync, readSync } from 'node:fs';
import type { StraceLog } from '../correlate/strace-cursor.ts';
import type { StraceVisitor } from '../strace/call.ts';
import { StraceReader, type StraceReaderOptions } from '../strace/reader.ts';

const CHUNK = 1024 * 1024;

/** A file of strace, read piece by piece as the merge asks for it. */
export class StraceFile implements StraceLog {
  readonly #path: string;
  readonly #options: StraceReaderOptions;
  readonly #chunk = Buffer.allocUnsafe(CHUNK);
  #fd: number | undefined;
  #reader: StraceReader | undefined;

  constructor(path: string, options: StraceReaderOptions) {
    this.#path = path;
    this.#options = options;
  }

  get elapsedNs(): number {
    return this.#reader?.elapsedNs ?? Number.NaN;
  }

  /** Its tally is whole when all was read; undefined before the first piece. */
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
