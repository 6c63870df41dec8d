import { HostEvidence } from './host.ts';
import type { Key } from './keys.ts';
import type { Outcome } from './outcome.ts';
import { ProcessEvidence } from './process.ts';
import type { World } from './world.ts';

/** Everything that waits and rules may look at: the host and its processes, read as far as somebody asked. */
export class Evidence {
  readonly world: World;
  readonly host: HostEvidence;
  /** May the target's memory be read where that can fault (`--read-memory`)? */
  readonly readMemory: boolean;
  readonly #processes = new Map<number, ProcessEvidence>();

  constructor(world: World, readMemory = false) {
    this.world = world;
    this.host = new HostEvidence(world);
    this.readMemory = readMemory;
  }

  /** The process, or undefined when there is none (any more). */
  process(pid: number | undefined): ProcessEvidence | undefined {
    if (pid === undefined || pid <= 0) return undefined;
    let process = this.#processes.get(pid);
    if (process === undefined) {
      process = new ProcessEvidence(this.world, pid, this.host.arch);
      this.#processes.set(pid, process);
    }
    if (!process.exists) return undefined;
    process.prefetch();
    return process;
  }

  outcome(key: Key): Outcome | undefined {
    return this.world.outcome(key);
  }

  /** First line of a readable file. */
  line(path: string): string | undefined {
    return this.world.text(path)?.split('\n', 1)[0];
  }
}
