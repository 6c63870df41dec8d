import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const FLUSH_AT = 256 * 1024;

/** Where `path` is made before it takes its name, which may be as long as a name can be. */
export function partName(path: string): string {
  const start = basename(path).slice(0, 40);
  return join(dirname(path), `.${start}.${process.pid}.${randomBytes(4).toString('hex')}.part`);
}

/** A file that appears whole or not at all: written beside its place under another name, and renamed when it is done. */
export class OutputFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #fd: number;
  #pending: string[] = [];
  #length = 0;
  #open: boolean = true;

  /** Throws what open(2) does; so does `write` what write(2) does, after which the file is to be dropped. */
  constructor(path: string) {
    this.path = path;
    this.#temporary = partName(path);
    this.#fd = openSync(this.#temporary, 'wx', 0o644);
    // A signal may end the program while it is written.
    process.once('exit', this.drop);
  }

  write(text: string): void {
    this.#pending.push(text);
    this.#length += text.length;
    if (this.#length >= FLUSH_AT) this.#flush();
  }

  /** All is written: it takes its name. Throws what rename(2) does. */
  keep(): void {
    this.#flush();
    this.#close();
    process.off('exit', this.drop);
    try {
      renameSync(this.#temporary, this.path);
    } catch (error) {
      rmSync(this.#temporary, { force: true });
      throw error;
    }
  }

  /** Leaves nothing. */
  readonly drop = (): void => {
    process.off('exit', this.drop);
    if (!this.#open) return;
    this.#close();
    rmSync(this.#temporary, { force: true });
  };

  #flush(): void {
    const bytes = Buffer.from(this.#pending.join(''), 'utf8');
    this.#pending = [];
    this.#length = 0;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
  }

  #close(): void {
    this.#open = false;
    closeSync(this.#fd);
  }
}
