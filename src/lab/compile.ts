import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface CompileOptions {
  threads?: boolean;
  static?: boolean;
}

/** The lab's own directory, for this user alone: what lies in it is run, often by root. */
export function privateDir(): string {
  const uid = process.getuid?.() ?? 0;
  const dir = join(tmpdir(), `procdiag-lab-${uid}`);
  // Not recursive: that makes no end of trying where nothing can be made (/proc).
  if (!existsSync(dir)) mkdirSync(dir, { mode: 0o700 });
  // Anyone can make a name in /tmp first.
  const is = lstatSync(dir);
  if (!is.isDirectory() || is.uid !== uid || (is.mode & 0o077) !== 0) {
    throw new Error(`${dir} is not a private directory of uid ${uid}: remove it`);
  }
  return dir;
}

/** `src/lab/programs`, found upwards from this module: in the source tree and from the bundle in `dist/`. */
function programsDir(): string {
  // The bundle is CommonJS, where import.meta is empty; in ES modules there is no __dirname.
  const here = typeof __dirname === 'string' ? __dirname : import.meta.dirname;
  for (let dir = here; ; dir = dirname(dir)) {
    const programs = join(dir, 'src', 'lab', 'programs');
    if (existsSync(programs)) return programs;
    if (dir === dirname(dir))
      throw new Error(`src/lab/programs is not above ${here}: incomplete installation`);
  }
}

/** Compiles `NAME.c` once for its content, headers and flags; returns the binary's path. Rejects with the compiler's words. */
export async function compile(
  name: string,
  options: CompileOptions,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const dir = programsDir();
  const source = join(dir, `${name}.c`);
  const flags = ['-O1', '-g', '-Wall'];
  if (options.threads) flags.push('-pthread');
  if (options.static) flags.push('-static');
  // Not where they lie: an installation elsewhere, and a virtual machine, can use what is compiled.
  const hash = createHash('sha256').update(readFileSync(source)).update(flags.join(' ')).update(process.arch);
  for (const header of readdirSync(dir)
    .filter((file) => file.endsWith('.h'))
    .sort()) {
    hash.update(readFileSync(join(dir, header)));
  }
  const cache = privateDir();
  // A folder a version, so that the process is called by the program's plain name.
  const folder = join(cache, hash.digest('hex').slice(0, 16));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const binary = join(folder, name);
  if (existsSync(binary)) return binary;
  const fresh = `${binary}.${randomUUID()}`;
  await run('cc', [...flags, `-I${dir}`, '-o', fresh, source], { env, timeout: 60_000 });
  renameSync(fresh, binary);
  return binary;
}
