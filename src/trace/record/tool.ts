import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Guard } from './guard.ts';
import { DEFAULT_PATH } from './proc.ts';

/**
 * Waits until it is let go, with a line that may hold one more argument; with the end of the pipe, which is the end of
 * procdiag, it ends. So there is no moment at which a recorder runs and the guard does not know it. As a second belt beside
 * the guard, the kernel ends it with us, where setpriv can ask for that (util-linux 2.33).
 */
const HOLD = `
read -r last || exit 125
exec </dev/null
if [ -n "$PROCDIAG_FILES" ]; then
  [ "$(ulimit -H -n)" -ge "$PROCDIAG_FILES" ] || ulimit -n "$PROCDIAG_FILES"
  ulimit -S -n "$(ulimit -H -n)"
fi 2>/dev/null
unset PROCDIAG_FILES
belt='setpriv --pdeathsig KILL --'
$belt true 2>/dev/null || belt=
exec $belt "$@" \${last:+"$last"}
`;

export interface ToolOptions {
  readonly argv: readonly [string, ...string[]];
  /** Descriptor for its stderr: a file, so that it never waits for us to read. Else a pipe, of which `said` is kept. */
  readonly stderr?: number;
  /** With two pipes, at descriptors 3 (to it) and 4 (from it). */
  readonly control?: boolean;
  /** Descriptors that it will need. */
  readonly files?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

const MOST_SAID = 16_000;

/** A recorder: a child in a session of its own that is held before its first step until the guard knows it. */
export class Tool {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly control: { readonly to: Writable; readonly from: Readable } | undefined;
  readonly #child: ChildProcess;
  #said = '';
  #end: Ended | undefined;

  private constructor(child: ChildProcess & { pid: number }, guard: Guard, options: ToolOptions) {
    this.pid = child.pid;
    this.#child = child;
    child.stdin?.on('error', () => undefined);
    child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      this.#said += text.slice(0, MOST_SAID - this.#said.length);
    });
    if (options.control === true) {
      const [to, from] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
      to.on('error', () => undefined);
      from.on('error', () => undefined);
      this.control = { to, from };
    }
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#end = { code, signal };
        void guard.forget(child.pid);
        resolve(this.#end);
      });
    });
  }

  /** @throws Error when it cannot be started, or the guard is gone. */
  static async hold(guard: Guard, options: ToolOptions): Promise<Tool> {
    const child = spawn('/bin/sh', ['-c', HOLD, 'procdiag-held', ...options.argv], {
      stdio: [
        'pipe',
        'ignore',
        options.stderr ?? 'pipe',
        ...(options.control === true ? (['pipe', 'pipe'] as const) : []),
      ],
      detached: true,
      cwd: '/',
      env: {
        PATH: process.env.PATH ?? DEFAULT_PATH,
        LC_ALL: 'C',
        ...options.env,
        ...(options.files === undefined ? {} : { PROCDIAG_FILES: String(options.files) }),
      },
    });
    const { pid } = child;
    if (pid === undefined) throw await new Promise<Error>((resolve) => child.once('error', resolve));
    const tool = new Tool(Object.assign(child, { pid }), guard, options);
    if (await guard.watch(pid)) return tool;
    child.stdin?.destroy();
    await tool.ended;
    throw new Error(
      'the process that would end the recorders if procdiag is killed has ended itself: without it none is started',
    );
  }

  /** Starts it, with one more argument. */
  letGo(lastArgument = ''): void {
    this.#child.stdin?.end(`${lastArgument}\n`);
  }

  get hasEnded(): Ended | undefined {
    return this.#end;
  }

  /** What it said on stderr, bounded; empty where that is a file. */
  get said(): string {
    return this.#said;
  }

  /** Asks it to end, with all of its process group: a wrapper may have started the real one. */
  interrupt(): void {
    this.#signal('SIGINT');
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  #signal(signal: 'SIGINT' | 'SIGKILL'): void {
    // Reaped, and nothing of its group left: the number may be another's.
    if (this.#end !== undefined && signal === 'SIGINT') return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // None of it is left.
    }
  }

  /** True when it ended within the time. */
  endsWithin(milliseconds: number): Promise<boolean> {
    return within(this.ended, milliseconds);
  }
}

/** True when the promise came within the time. */
export async function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
