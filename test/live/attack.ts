import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Options as ExecaOptions, execa } from 'execa';
import { bin, root } from '../cli/procdiag.ts';
import { pace } from './pace.ts';

/** All the time that a run may take on a quiet machine: 2 s and the sampling, with the start of Node. */
const BOUND_MS = 3000;
/** What takes longer hangs, however slow the machine is. */
const HANG_MS = 60_000;

export interface Attacked {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** Processes of the run's session that are still there after it, in words. */
  readonly left: readonly string[];
  readonly ms: number;
}

export interface AttackOptions {
  /** Other than 3 s, on a quiet machine. */
  readonly boundMs?: number;
  /** What is put in front of `node procdiag.cjs …`, such as `unshare -m`. */
  readonly wrapper?: readonly string[];
  readonly program?: string;
  readonly execa?: ExecaOptions;
}

/** Runs procdiag in a session of its own, killed when it takes too long, and looks at what it leaves behind. */
export async function attack(argv: readonly string[], options: AttackOptions = {}): Promise<Attacked> {
  const [command = process.execPath, ...args] = [
    ...(options.wrapper ?? []),
    process.execPath,
    options.program ?? bin,
    ...argv,
  ];
  const bound = options.boundMs ?? BOUND_MS;
  const begun = performance.now();
  const child = execa(command, args, {
    cwd: root,
    env: { COLUMNS: '100', LC_ALL: 'C.UTF-8', NO_COLOR: '1' },
    stdin: 'ignore',
    encoding: 'latin1',
    stripFinalNewline: false,
    reject: false,
    detached: true,
    timeout: HANG_MS,
    forceKillAfterDelay: false,
    killSignal: 'SIGKILL',
    ...options.execa,
  });
  const ended = await child;
  const ms = Math.round(performance.now() - begun);
  return {
    code: ended.exitCode,
    signal: ended.signal,
    stdout: String(ended.stdout),
    stderr: String(ended.stderr),
    timedOut: ended.timedOut || (ms > bound && ms > bound * (await pace())),
    left: await leftInSession(child.pid ?? 0),
    ms,
  };
}

/**
 * As attack(). What a starved host did not let procdiag read in time, its answer tells, and what to do about it: that is
 * done then.
 */
export async function ask(argv: readonly string[], options: AttackOptions = {}): Promise<Attacked> {
  const ran = await attack(argv, options);
  const wantsTime = /no time left/.test(`${ran.stdout}${ran.stderr}`) && mishaps(ran).length === 0;
  return wantsTime ? attack([...argv, '--timeout', '20'], { ...options, boundMs: 20_000 + BOUND_MS }) : ran;
}

/**
 * Processes of a session, after a moment for the killed to die. `status` is the only file that is read: it cannot hang
 * on any process.
 */
export async function leftInSession(session: number, patienceMs = 10_000): Promise<string[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const left = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        const status = statusOf(pid);
        const line = new RegExp(`^NSsid:\\t(?:\\d+\\t)*${session}$`, 'm').test(status);
        const dead = /^State:\tZ/m.test(status);
        return line && !dead ? [`${pid} ${/^Name:.*|^State:.*/gm.exec(status)?.[0] ?? ''}`] : [];
      });
    if (left.length === 0 || performance.now() > deadline) return left;
    await pause(20);
  }
}

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}

/** Control bytes that have no place in any output of ours: all but the newlines that end its lines. */
function controlBytes(output: string): string[] {
  return output.match(/[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/g) ?? [];
}

/** What no run may show, whatever happens to it. */
export function mishaps(ran: Attacked): string[] {
  const all = `${ran.stdout}${ran.stderr}`;
  return [
    ...(ran.timedOut ? [`took more than ${ran.ms} ms`] : []),
    ...(ran.signal === undefined ? [] : [`ended by ${ran.signal}`]),
    ...ran.left.map((process) => `left behind: ${process}`),
    ...controlBytes(all).map((byte) => `control byte ${JSON.stringify(byte)}`),
    ...(/\n\s+at .*[:(]\d+|unexpected error|node:internal/.test(all) ? [`a stack trace: ${all}`] : []),
  ];
}
