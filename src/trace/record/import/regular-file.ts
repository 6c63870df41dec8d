import { accessSync, constants, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ImportError } from './import-error.ts';

/** Looks at a file before it is opened, since opening a FIFO would wait for a writer. @throws ImportError when it cannot be read. */
export function checkRegular(path: string): void {
  const shown = JSON.stringify(path);
  try {
    const found = statSync(path);
    if (found.isDirectory()) throw new ImportError(`${shown} is a directory: give the files in it`);
    if (!found.isFile()) {
      throw new ImportError(
        `${shown} is no regular file, and recordings are read more than once: write it to a file first`,
      );
    }
    if (found.size === 0) throw new ImportError(`${shown} is empty`);
    accessSync(path, constants.R_OK);
  } catch (error) {
    if (error instanceof ImportError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new ImportError(`there is no file ${shown}`);
    if (code === 'EACCES' || code === 'EPERM') throw new ImportError(`${shown} may not be read by this user`);
    throw new ImportError(`${shown} cannot be read: ${code ?? (error as Error).message}`);
  }
}

/** Refuses files that are given twice: all in them would count twice. */
export function checkDifferent(paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    const real = realpathSync(path);
    if (seen.has(real)) throw new ImportError(`${JSON.stringify(path)} is given twice`);
    seen.add(real);
  }
}

/** Highest thread number there is (PID_MAX_LIMIT, include/linux/threads.h). */
const MOST_TID = 4_194_304;

/** The thread that a file of `strace -ff -o PREFIX` is of, by its name PREFIX.TID; undefined for other names. */
export function threadOfName(path: string): number | undefined {
  const tid = Number(/\.(\d{1,7})$/.exec(path)?.[1] ?? 0);
  return tid > 0 && tid <= MOST_TID ? tid : undefined;
}

/** The names as given, or for a PREFIX of `strace -ff` that is no file itself, the files of its threads. */
export function withThreadFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    try {
      statSync(path);
      return [path];
    } catch {
      const found = threadFiles(path);
      return found.length === 0 ? [path] : found;
    }
  });
}

function threadFiles(prefix: string): string[] {
  const start = `${basename(prefix)}.`;
  try {
    return readdirSync(dirname(prefix))
      .filter((name) => name.startsWith(start) && /^\d{1,7}$/.test(name.slice(start.length)))
      .map((name) => join(dirname(prefix), name))
      .sort((a, b) => (threadOfName(a) ?? 0) - (threadOfName(b) ?? 0));
  } catch {
    return [];
  }
}
