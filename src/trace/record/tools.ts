import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { NotStarted } from '../../evidence/live/not-started.ts';
import { type BriefRun, runBriefly } from './files/brief.ts';
import { DEFAULT_PATH } from './proc.ts';

/** The strace of this host. */
export interface StraceTool {
  readonly path: string;
  /** `6.1`. */
  readonly version: string;
  readonly can: StraceAbilities;
}

/** What of strace's options this version knows (its NEWS). */
export interface StraceAbilities {
  /** `--absolute-timestamps=…`, `--relative-timestamps=…`, `--syscall-times=…`: since 5.6. Before: `-ttt -r -T`. */
  readonly nanoseconds: boolean;
  /** `-n`: since 5.8. */
  readonly numbers: boolean;
  /** `--decode-pids=comm,pidns`: since 5.15. */
  readonly decodePids: boolean;
}

/** The perf of this host. */
export interface PerfTool {
  readonly path: string;
  readonly version: string;
}

/** A tool, or why there is none: a sentence without its full stop. */
export type Found<T> =
  | { readonly tool: T }
  | { readonly missing: string }
  | { readonly broken: string }
  /** The host starts nothing now. */
  | { readonly prevented: NotStarted };

/** Their libraries may have to come from a slow disk first. */
const PATIENCE_MS = 15_000;

/** The program of that name on PATH, or at that path; undefined when there is none. */
export function findProgram(name: string, path = process.env.PATH ?? DEFAULT_PATH): string | undefined {
  const candidates = name.includes('/')
    ? [resolve(name)]
    : path
        .split(delimiter)
        // An empty or relative entry is the working directory, where anybody may have put something.
        .filter(isAbsolute)
        .map((directory) => join(directory, name));
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return statSync(candidate).isFile();
    } catch {
      return false;
    }
  });
}

/** The strace on PATH, which is started once to tell its version. */
export async function findStrace(): Promise<Found<StraceTool>> {
  const path = findProgram('strace');
  if (path === undefined) return { missing: 'strace is not installed, or not in PATH' };
  const ran = await runBriefly(path, ['-V'], PATIENCE_MS);
  if (ran.prevented !== undefined) return { prevented: ran.prevented };
  // `strace -- version 6.1`, `strace -- version 4.15+ds-1`.
  const version = /^strace -- version (\d+\.\d+[^\s]*)/m.exec(ran.output)?.[1];
  if (version === undefined) return { broken: `${path} -V does not tell its version: ${complaintOf(ran)}` };
  return { tool: { path, version, can: straceAbilities(version) } };
}

/** @param version `6.1`, `4.15+ds`; what is no number counts as new. */
export function straceAbilities(version: string): StraceAbilities {
  const [major = 99, minor = 99] = version.split(/[^\d]+/, 2).map(Number);
  const since = (m: number, n: number) => major > m || (major === m && minor >= n);
  return { nanoseconds: since(5, 6), numbers: since(5, 8), decodePids: since(5, 15) };
}

/** The same of perf. */
export async function findPerf(): Promise<Found<PerfTool>> {
  const path = findProgram('perf');
  if (path === undefined) return { missing: 'perf is not installed, or not in PATH' };
  const ran = await runBriefly(path, ['--version'], PATIENCE_MS);
  if (ran.prevented !== undefined) return { prevented: ran.prevented };
  const version = /^perf version (\d+\.\d+\S*)/m.exec(ran.output)?.[1];
  // Ubuntu's /usr/bin/perf is a script that looks for the perf of the running kernel, and ends so where there is none.
  if (version === undefined || ran.code !== 0) {
    return { broken: `${path} --version does not tell its version: ${complaintOf(ran)}` };
  }
  const [major = 99, minor = 99] = version.split(/[^\d]+/, 2).map(Number);
  if (major < 5 || (major === 5 && minor < 10)) {
    return { broken: `${path} is of version ${version}: 5.10 or later is needed (--control)` };
  }
  return { tool: { path, version } };
}

function complaintOf({ output, code, failure }: BriefRun): string {
  const said = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 3)
    .join(' ');
  if (said !== '') return said;
  return failure ?? `it ended with code ${code}`;
}
