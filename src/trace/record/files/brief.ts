import { type ChildProcess, spawn } from 'node:child_process';
import { type NotStarted, notStarted } from '../../../evidence/live/not-started.ts';
import { DEFAULT_PATH, errnoOf } from '../proc.ts';

/** Why a short run gave no code: the system's name of the error, or that it took too long. */
export type Failure = string;

export interface BriefRun {
  /** Of stdout and stderr, bounded. */
  readonly output: string;
  readonly code: number | null;
  readonly failure?: Failure;
  /** The host is what prevented its start. */
  readonly prevented?: NotStarted;
}

const MOST_OUTPUT = 64_000;

/** Runs a program that should answer at once, in a process group of its own, which is killed when the time is over. */
export function runBriefly(program: string, args: readonly string[], patienceMs: number): Promise<BriefRun> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
      env: { PATH: process.env.PATH ?? DEFAULT_PATH, LC_ALL: 'C', PERF_CONFIG: '/dev/null' },
    });
    let output = '';
    const take = (text: string) => {
      output += text.slice(0, MOST_OUTPUT - output.length);
    };
    // Neither is there when there was no descriptor for them.
    child.stdout?.setEncoding('latin1').on('data', take);
    child.stderr?.setEncoding('latin1').on('data', take);
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({ output, code: null, failure: `no answer within ${patienceMs / 1000} s` });
    }, patienceMs);
    child.once('error', (error) => {
      clearTimeout(late);
      const prevented = notStarted(errnoOf(error));
      resolve({ output, code: null, failure: errnoOf(error), ...(prevented ? { prevented } : {}) });
    });
    child.once('close', (code, signal) => {
      clearTimeout(late);
      resolve({ output, code, ...(signal === null ? {} : { failure: `ended by ${signal}` }) });
    });
  });
}
