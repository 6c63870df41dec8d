import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';

/** Why a child's run ended: it came to its end, or it was killed because it did not get on or had to stop. */
export interface ChildResult {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly ended: 'exited' | 'stuck' | 'late' | 'overflow' | 'no-program';
  readonly code: number | null;
  /** For `stuck`: what the child slept in and which file it had open, by its own /proc entry. */
  readonly stuckIn?: { readonly wchan: string; readonly file?: string; readonly afterMs: number };
}

export interface ChildOptions {
  /** A child that gave nothing for this long, and sleeps in the kernel without a context switch, is stuck. */
  readonly stallMs: number;
  /** The end of all patience, also for a child that is only slow. */
  readonly lateMs: number;
  readonly maxBytes?: number;
  readonly input?: string;
}

const running = new Set<ChildProcess>();

// A reader that hangs in the kernel would outlive a procdiag that is killed: the kernel has to end it then.
const wrapper: readonly string[] = existsSync('/usr/bin/setpriv')
  ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--']
  : [];

/**
 * Runs a program that may hang in the kernel, and gives back what it said until then. The child is killed, never waited
 * for: a child in an unkillable sleep must not hold us.
 */
export function runChild(
  command: string,
  args: readonly string[],
  options: ChildOptions,
): Promise<ChildResult> {
  return new Promise((resolve) => {
    const started = performance.now();
    const [program = command, ...rest] = [...wrapper, command, ...args];
    const child = spawn(program, rest, {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    });
    running.add(child);
    const chunks: Buffer[] = [];
    let bytes = 0;
    let stderr = '';
    let lastProgress = started;
    let lastSwitches = '';
    let sameSince = started;
    let done = false;

    const finish = (ended: ChildResult['ended'], code: number | null, stuckIn?: ChildResult['stuckIn']) => {
      if (done) return;
      done = true;
      clearInterval(timer);
      running.delete(child);
      if (ended !== 'exited' && ended !== 'no-program') {
        child.kill('SIGKILL');
        child.stdout?.destroy();
        child.stderr?.destroy();
        child.unref();
      }
      resolve({ stdout: Buffer.concat(chunks), stderr, ended, code, ...(stuckIn ? { stuckIn } : {}) });
    };

    const check = () => {
      const now = performance.now();
      if (now - started > options.lateMs) return finish('late', null);
      if (now - lastProgress < options.stallMs || child.pid === undefined) return;
      const look = lookAtChild(child.pid);
      if (look === undefined || look.switches !== lastSwitches || /pipe_write/.test(look.wchan)) {
        lastSwitches = look?.switches ?? '';
        sameSince = now;
        return;
      }
      if (now - sameSince < options.stallMs) return;
      const file = openFileOf(child.pid);
      finish('stuck', null, {
        wchan: look.wchan,
        afterMs: Math.round(now - lastProgress),
        ...(file === undefined ? {} : { file }),
      });
    };
    // Looked at after the poll phase, so that output which waits for us does not count as silence.
    const timer = setInterval(() => setImmediate(check), Math.max(10, Math.round(options.stallMs / 3)));

    child.on('error', () => finish('no-program', null));
    child.stdout?.on('data', (chunk: Buffer) => {
      lastProgress = performance.now();
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > (options.maxBytes ?? 64 * 1024 * 1024)) finish('overflow', null);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      lastProgress = performance.now();
      if (stderr.length < 4 * 1024 * 1024) stderr += chunk.toString('latin1');
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
    child.on('close', (code) => finish('exited', code));
  });
}

/** Kills what still runs; for signal handlers. */
export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** The child is ours and past its own execve, so its /proc entry cannot block. Undefined while it runs on a CPU. */
function lookAtChild(pid: number): { wchan: string; switches: string } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    if (/^State:\t[RZX]/m.test(status)) return undefined;
    const switches = (status.match(/^(?:non)?voluntary_ctxt_switches:.*$/gm) ?? []).join();
    return { wchan: readFileSync(`/proc/${pid}/wchan`, 'latin1'), switches };
  } catch {
    return undefined;
  }
}

function openFileOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/3`);
  } catch {
    return undefined;
  }
}
