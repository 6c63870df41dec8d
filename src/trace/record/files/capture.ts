import {
  closeSync,
  constants,
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { Guard } from '../guard.ts';
import { CaptureError, isPlainName, META, readMeta } from './meta-file.ts';
import { partName } from './output-file.ts';

/** Names of the kernel's functions, without which the call chains are numbers elsewhere. */
const SYMBOLS = 'kallsyms';
const MOST_FILES = 64;

/** More than procdiag lets its recorders write. */
const MOST_BYTES = 4e9;

/** The files of a recording: those that meta.json names, and itself. `more`: names that will be there. */
function filesOf(directory: string, more: ReadonlyMap<string, string>): string[] {
  const { strace, perf } = readMeta(directory);
  const named = [strace?.file, ...(perf?.files ?? []).map(({ file }) => file), SYMBOLS];
  return [
    META,
    ...named.filter((name) => name !== undefined && (more.has(name) || existsSync(join(directory, name)))),
  ] as string[];
}

/**
 * Writes a recording with all that is needed to read it elsewhere: as an archive where the name ends in `.tar`, `.tar.gz` or
 * `.tgz`, else as a directory, which must not be there yet. It appears whole or not at all, for its owner alone: recordings hold what the
 * process read and wrote. `texts`: what some of its files, by name, shall hold instead of what they do.
 * @throws CaptureError when the directory exists; what fs does.
 */
export async function writeCapture(
  directory: string,
  path: string,
  texts: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const place = resolve(path);
  const part = partName(place);
  const symbols = join(directory, SYMBOLS);
  if (!texts.has(SYMBOLS) && !existsSync(symbols)) saveSymbols(symbols);
  const files = filesOf(directory, texts);
  try {
    if (/\.(?:tar|tar\.gz|tgz)$/.test(path))
      await writeArchive(directory, files, texts, part, !path.endsWith('.tar'));
    else {
      if (existsSync(place)) throw new CaptureError(`${path} is there already`);
      mkdirSync(part, { mode: 0o700 });
      for (const name of files) {
        const text = texts.get(name);
        if (text !== undefined) writeFileSync(join(part, name), text, { mode: 0o600 });
        else copyFileSync(join(directory, name), join(part, name), constants.COPYFILE_FICLONE);
      }
    }
    renameSync(part, place);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw error;
  }
}

function saveSymbols(path: string): void {
  try {
    const text = readFileSync('/proc/kallsyms', 'latin1');
    // All zeros where kptr_restrict hides the addresses.
    if (/^0*[1-9a-f]/m.test(text)) writeFileSync(path, text, { encoding: 'latin1', mode: 0o600 });
  } catch {
    // Without them, addresses are shown.
  }
}

async function writeArchive(
  directory: string,
  files: readonly string[],
  texts: ReadonlyMap<string, string>,
  path: string,
  zip: boolean,
): Promise<void> {
  const archive = pack();
  const out = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  const written = zip ? pipeline(archive, createGzip({ level: 1 }), out) : pipeline(archive, out);
  const filled = (async () => {
    for (const name of files) {
      const text = texts.get(name);
      if (text !== undefined) {
        archive.entry({ name, mode: 0o600 }, text);
        continue;
      }
      const file = join(directory, name);
      const { size } = statSync(file);
      const entry = archive.entry({ name, size, mode: 0o600 });
      // A file that grows meanwhile is cut: the size is said before.
      await pipeline(createReadStream(file, { end: Math.max(0, size - 1) }), entry);
    }
    archive.finalize();
  })();
  await Promise.all([written, filled]);
}

export interface OpenCapture {
  readonly directory: string;
  /** Removes what was unpacked; if it is not called, that happens when procdiag ends. */
  close(): Promise<void>;
}

/** Opens what `writeCapture` wrote. @throws CaptureError for what is no capture, or a damaged one. */
export async function openCapture(path: string): Promise<OpenCapture> {
  let isDirectory: boolean;
  let isFile: boolean;
  try {
    const found = statSync(path);
    isDirectory = found.isDirectory();
    isFile = found.isFile();
  } catch (error) {
    throw new CaptureError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`);
  }
  if (isDirectory) {
    readMeta(path);
    return { directory: path, close: () => Promise.resolve() };
  }
  if (!isFile) throw new CaptureError(`${path} is no regular file, and no directory`);
  const guard = await Guard.start();
  try {
    await unpack(path, guard.directory);
    readMeta(guard.directory);
    guard.unref();
    return { directory: guard.directory, close: () => guard.close() };
  } catch (error) {
    await guard.close();
    if (error instanceof CaptureError)
      throw new CaptureError(error.message.replaceAll(guard.directory, path));
    throw new CaptureError(`${path} is no recording of procdiag: ${(error as Error).message}`);
  }
}

async function unpack(path: string, directory: string): Promise<void> {
  const entries = extract();
  const file = createReadStream(path);
  const read = isZipped(path) ? pipeline(file, createGunzip(), entries) : pipeline(file, entries);
  // Failures come by way of the entries.
  read.catch(() => undefined);
  let count = 0;
  let bytes = 0;
  const counted = async function* (part: AsyncIterable<Buffer>) {
    for await (const chunk of part) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new CaptureError(`${path} holds too much to be a recording of procdiag`);
      yield chunk;
    }
  };
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (type !== 'file' || !isPlainName(name) || ++count > MOST_FILES) {
      throw new CaptureError(
        `${path} is no recording of procdiag: it holds ${JSON.stringify(name.slice(0, 100))}`,
      );
    }
    await pipeline(
      entry as unknown as Readable,
      counted,
      createWriteStream(join(directory, name), { flags: 'wx', mode: 0o600 }),
    );
  }
  await read;
}

function isZipped(path: string): boolean {
  const magic = Buffer.alloc(2);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, magic, 0, 2, 0);
  } finally {
    closeSync(descriptor);
  }
  return magic[0] === 0x1f && magic[1] === 0x8b;
}
