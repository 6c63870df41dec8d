import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { now } from './clock.ts';
import { errnoOf } from './lock-free.ts';

/** Why a child's run ended: it came to its end, or it was killed because it did not get on or had to stop. */
export interface ChildResult {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly ended: 'exited' | 'stuck' | 'late' | 'overflow' | 'no-program';
  /** Null when a signal ended it, ours or another's (the kernel's for want of memory). */
  readonly code: number | null;
  /** For `no-program`: why it could not be started (`ENOENT`, `EAGAIN`, `E2BIG` …). */
  readonly errno?: string;
  /** For `stuck`: what the child slept in and which file it had open, by its own /proc entry. */
  readonly stuckIn?: { readonly wchan: string; readonly file?: string; readonly afterMs: number };
}

export interface ChildOptions {
  /** A child that gave nothing for this long, and sleeps in the kernel without a context switch, is stuck. */
  readonly stallMs: number;
  /** The end of all patience, also for a child that is only slow. */
  readonly lateMs: number;
  /**
   * For a child that begins with a line which waits for nobody: before it, the child may be loading from a slow disk, and
   * is not called stuck.
   */
  readonly greets?: boolean;
  /** Wait channels in which the child's sleep is its own affair (a page of its program on a slow disk). */
  readonly ownSleep?: RegExp;
  /** The program itself sees to it that it does not outlive us. */
  readonly endsWithUs?: boolean;
  /** What it says on stderr is of no use. */
  readonly noStderr?: boolean;
  /** Is given the output as it comes. */
  readonly onOutput?: (chunk: Buffer) => void;
  readonly maxBytes?: number;
  readonly input?: string;
}

const MOST_BYTES = 64 * 1024 * 1024;

/** Those that have not been waited for yet. */
const running = new Set<ChildProcess>();

/** What a killed child may take to be gone: one that is in an unkillable sleep is not waited for. */
const REAP_MS = 100;

/**
 * A reader that hangs in the kernel would outlive a procdiag that is killed: the kernel has to end it then (prctl(2),
 * PR_SET_PDEATHSIG). It does so only for a parent that dies later: one that was dead before has to be found out. A parent
 * of another PID namespace than the child's is 0 to it.
 */
const WRAPPER: readonly string[] = [
  ...['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--', 'sh', '-c'],
  `case $PPID in ${process.pid}|0) exec "$@";; *) exit 1;; esac`,
  'sh',
];
/** A chroot or an initramfs may have no /dev: a pipe is as good, and slower. */
const nothing = existsSync('/dev/null') ? 'ignore' : 'pipe';
let wrapper = existsSync('/usr/bin/setpriv') ? WRAPPER : [];

/**
 * Runs a program that may hang in the kernel, and gives back what it said until then. The child is killed, never waited
 * for: a child in an unkillable sleep must not hold us.
 */
export async function runChild(
  command: string,
  args: readonly string[],
  options: ChildOptions,
): Promise<ChildResult> {
  const wrapped = options.endsWithUs === true ? [] : wrapper;
  const result = await runOnce([...wrapped, command, ...args], options);
  if (wrapped.length === 0) return result;
  if (isWithoutProgram(result)) return { ...result, ended: 'no-program', errno: 'ENOENT' };
  if (!isOfWrapper(result)) return result;
  // It does not run, has no sh, or does not know the option (BusyBox, util-linux before 2.33).
  wrapper = [];
  return runOnce([command, ...args], options);
}

/** Whether the wrapper's shell says that it could not start the program (sh(1): 126, 127). */
function isWithoutProgram({ code, stdout, stderr }: ChildResult): boolean {
  return (code === 126 || code === 127) && stdout.length === 0 && /^sh: /.test(stderr);
}

/** Whether the child came no further than the wrapper. */
function isOfWrapper({ ended, errno, code, stdout, stderr }: ChildResult): boolean {
  if (ended === 'no-program') return /^(?:ENOENT|EACCES|ENOEXEC)$/.test(errno ?? '');
  return ended === 'exited' && code !== 0 && stdout.length === 0 && /^\S*setpriv: /.test(stderr);
}

function runOnce(argv: readonly string[], options: ChildOptions): Promise<ChildResult> {
  return new Promise((resolve) => {
    const started = now();
    const [program = '', ...rest] = argv;
    const unstarted = { stdout: Buffer.alloc(0), stderr: '', ended: 'no-program', code: null } as const;
    let child: ChildProcess;
    try {
      child = spawn(program, rest, {
        stdio: [
          options.input === undefined ? nothing : 'pipe',
          'pipe',
          options.noStderr === true ? nothing : 'pipe',
        ],
        env: { PATH: '/usr/bin:/usr/sbin:/bin:/sbin', LC_ALL: 'C' },
        // Ours may be gone or on a dead mount, and find opens the directory it is started in.
        cwd: '/',
      });
    } catch (error) {
      return resolve({ ...unstarted, errno: errnoOf(error) });
    }
    running.add(child);
    const chunks: Buffer[] = [];
    let bytes = 0;
    let stderr = '';
    let lastProgress = started;
    let lastSwitches = '';
    let sameSince = started;
    let done = false;
    let heard = options.greets !== true;
    let childPid: number | undefined;

    const finish = (ended: ChildResult['ended'], code: number | null, stuckIn?: ChildResult['stuckIn']) => {
      if (done) return;
      done = true;
      clearInterval(timer);
      if (ended !== 'exited' && ended !== 'no-program') {
        child.kill('SIGKILL');
        child.stdout?.destroy();
        child.stderr?.destroy();
        child.unref();
      }
      resolve({ stdout: Buffer.concat(chunks), stderr, ended, code, ...(stuckIn ? { stuckIn } : {}) });
    };

    const check = () => {
      const time = now();
      if (time - started > options.lateMs) return finish('late', null);
      if (!heard || time - lastProgress < options.stallMs || child.pid === undefined) return;
      childPid ??= pidInProc(child.pid);
      const look = childPid === undefined ? undefined : lookAtChild(childPid);
      if (
        childPid === undefined ||
        look === undefined ||
        look.switches !== lastSwitches ||
        /pipe_write|unix_stream/.test(look.wchan) ||
        options.ownSleep?.test(look.wchan)
      ) {
        lastSwitches = look?.switches ?? '';
        sameSince = time;
        return;
      }
      if (time - sameSince < options.stallMs) return;
      const file = openFileOf(childPid);
      finish('stuck', null, {
        wchan: look.wchan,
        afterMs: Math.round(time - lastProgress),
        ...(file === undefined ? {} : { file }),
      });
    };
    // Looked at after the poll phase, so that output which waits for us does not count as silence.
    const timer = setInterval(() => setImmediate(check), Math.max(10, Math.round(options.stallMs / 3)));

    child.on('exit', () => running.delete(child));
    child.on('error', (error) => {
      running.delete(child);
      resolve({ ...unstarted, errno: errnoOf(error) });
      finish('no-program', null);
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      lastProgress = now();
      heard = true;
      chunks.push(chunk);
      options.onOutput?.(chunk);
      bytes += chunk.length;
      if (bytes > (options.maxBytes ?? MOST_BYTES)) finish('overflow', null);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      lastProgress = now();
      stderr += chunk.toString('latin1');
      bytes += chunk.length;
      if (bytes > (options.maxBytes ?? MOST_BYTES)) finish('overflow', null);
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
    child.on('close', (code) => finish('exited', code));
  });
}

/** The PID namespace that the kernel began with (PROC_PID_INIT_INO, include/linux/proc_ns.h): its init has to reap. */
const FIRST_PID_NAMESPACE = `pid:[${0xef_ff_ff_fc}]`;

/**
 * Kills what still runs, and waits for it: what we left behind would be a zombie of init, and for good where that does not
 * reap, as in many a container. Where it does, nobody waits: it would take a millisecond of each start.
 */
export async function endChildren(): Promise<void> {
  const ending = [...running];
  for (const child of ending) child.kill('SIGKILL');
  if (ending.length === 0 || isFirstNamespace()) return;
  const ends = ending.map((child) => new Promise((resolve) => child.once('exit', resolve)));
  await Promise.race([Promise.all(ends), new Promise((resolve) => setTimeout(resolve, REAP_MS))]);
}

function isFirstNamespace(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') === FIRST_PID_NAMESPACE;
  } catch {
    return false;
  }
}

/**
 * The child's number in /proc, which may be that of another PID namespace than ours: there, our number would be that of
 * somebody else. Undefined when it cannot be found.
 */
function pidInProc(pid: number): number | undefined {
  try {
    const self = readlinkSync('/proc/self');
    if (self === String(process.pid)) return pid;
    const children = readFileSync(`/proc/self/task/${self}/children`, 'latin1').trim().split(' ');
    const found = children.find((child) =>
      new RegExp(`^NSpid:.*\\t${pid}$`, 'm').test(readFileSync(`/proc/${child}/status`, 'latin1')),
    );
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
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
