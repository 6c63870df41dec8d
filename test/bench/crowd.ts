import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Keeper, startKeeper } from '../../src/lab/keeper.ts';

/** No measurement takes longer; what is there by then goes, even if the benchmark hangs. */
const MAX_SECONDS = 3600;
const SLEEPERS =
  'count=0; while [ $count -lt "$1" ]; do sleep 3600 & count=$((count + 1)); done; echo made; wait';

/**
 * What a benchmark sets up around what it measures. It all goes with the benchmark, however that ends (an exit, an error, a
 * closed pipe, a signal, SIGKILL): the lab's keeper puts it away when the pipe to it closes.
 */
export interface Crowd {
  /** So many processes more that sleep. */
  sleepers(count: number): Promise<void>;
  /** Starts a program and gives the PID that it prints when it is ready. */
  program(command: string, args: readonly string[]): Promise<number>;
  /** Removes a directory at the end. */
  removes(dir: string): void;
  /** Resolves when all of it is gone. */
  close(): Promise<void>;
}

export function openCrowd(): Crowd {
  const keeper = startKeeper(MAX_SECONDS, process.env);
  return {
    async sleepers(count) {
      const shell = spawn('sh', ['-c', SLEEPERS, 'sh', String(count)], {
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await firstLine(shell, keeper, 'group');
    },
    async program(command, args) {
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      return Number(await firstLine(child, keeper, 'own'));
    },
    removes(dir) {
      keeper.tell('undo', `rm -rf '${dir}'`);
    },
    close: () => keeper.close(),
  };
}

async function firstLine(child: ChildProcess, keeper: Keeper, order: 'own' | 'group'): Promise<string> {
  if (child.pid !== undefined) keeper.tell(order, String(child.pid));
  child.unref();
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  child.stdout!.destroy();
  return line;
}
