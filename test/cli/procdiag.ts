import { join } from 'node:path';
import { execa } from 'execa';

export const root = join(import.meta.dirname, '../..');
/** The built program. */
export const bin = join(root, 'bin/procdiag.cjs');

export interface Ran {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly input?: string;
}

/** What decides on colour and width is ours, not that of the terminal which runs the tests. */
const PLAIN = {
  NO_COLOR: '',
  FORCE_COLOR: undefined,
  COLUMNS: undefined,
  CI: undefined,
  TERM: 'xterm',
  LC_ALL: 'C.UTF-8',
};

/** Runs the built program as a user would. */
export function procdiag(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return run([bin, ...argv], options);
}

/** Runs the program from its source, without a build. */
export function procdiagFromSource(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return run(['--import', 'tsx', join(root, 'test/cli/source.ts'), ...argv], options);
}

async function run(args: readonly string[], { env = {}, input }: RunOptions): Promise<Ran> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, args, {
    cwd: root,
    env: { ...PLAIN, ...env },
    reject: false,
    stripFinalNewline: false,
    timeout: 100_000,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
  });
  return { code: exitCode, stdout, stderr };
}
