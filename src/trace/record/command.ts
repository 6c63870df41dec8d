import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { Ended } from './tool.ts';
import { within } from './tool.ts';
import { tracingPermission } from './yama.ts';

/** Waits for a line before it becomes the command; with the end of the pipe, which is our end, it ends without. */
const HOLD = `read -r go <&3 || exit 125; exec 3<&-; exec "$@"`;

/**
 * The user's command, held before its first exec until the recorders are ready. It is in our process group with our
 * terminal, so Ctrl+C comes to it as to any command; and it is the user's: when procdiag ends or is killed it goes on,
 * untraced.
 */
export class HeldCommand {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #end: Ended | undefined;

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    (child.stdio[3] as Writable).on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#end = { code, signal };
        resolve(this.#end);
      });
    });
  }

  /** @param program its absolute path. */
  static async hold(program: string, args: readonly string[]): Promise<HeldCommand> {
    const [first, ...rest] = [
      ...tracingPermission(),
      '/bin/sh',
      '-c',
      HOLD,
      'procdiag-held',
      program,
      ...args,
    ] as [string, ...string[]];
    const child = spawn(first, rest, {
      // Our stdout is for the answer alone: what the command prints goes to stderr.
      stdio: ['inherit', 2, 'inherit', 'pipe'],
    });
    if (child.pid === undefined) throw await new Promise<Error>((resolve) => child.once('error', resolve));
    return new HeldCommand(child, child.pid);
  }

  letGo(): void {
    (this.#child.stdio[3] as Writable).end('go\n');
  }

  /** Ends it where it was never let go. */
  async drop(): Promise<void> {
    (this.#child.stdio[3] as Writable).destroy();
    await this.ended;
  }

  get hasEnded(): Ended | undefined {
    return this.#end;
  }

  endsWithin(milliseconds: number): Promise<boolean> {
    return within(this.ended, milliseconds);
  }

  /** Lets procdiag end while it goes on. */
  unref(): void {
    this.#child.unref();
  }
}
