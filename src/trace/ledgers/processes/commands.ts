import { type Capped, capped, short, Tally } from '../capped.ts';
import type { CommandEntry, ProcessEntry, ProcessState } from './book.ts';

/** What is counted of a process by the command that it ran. */
export interface Ran {
  /** Of its last exec; undefined: it executed nothing. */
  readonly path?: string;
  readonly comm: string;
  readonly state: ProcessState;
  readonly execs: number;
  readonly started?: ProcessEntry['started'];
  readonly exit?: ProcessEntry['exit'];
}

interface Command {
  count: number;
  ended: number;
  sum: number;
  max: number;
  exits: Tally;
}

const MOST_COMMANDS = 128;
const MOST_COMMAND_CHARS = 160;

/** All processes by the command that they ran: how often, how long, how they ended. */
export class Commands {
  readonly #commands = new Map<string, Command>();

  /** One that is over. */
  count(ran: Ran): void {
    const key = this.#keyOf(ran);
    let command = this.#commands.get(key);
    if (command === undefined) {
      command = { count: 0, ended: 0, sum: 0, max: 0, exits: new Tally(16) };
      this.#commands.set(key, command);
    }
    command.count++;
    const { exit, started } = ran;
    command.exits.add(exit?.signal ?? (exit?.status === undefined ? 'unknown' : String(exit.status)));
    if (exit === undefined || started === undefined) return;
    const lifetime = Math.max(0, exit.atNs - started.atNs);
    command.ended++;
    command.sum += lifetime;
    command.max = Math.max(command.max, lifetime);
  }

  /** With those that are there still, the most frequent first. */
  finish(there: readonly Ran[]): Capped<CommandEntry> {
    const alive = new Tally(4 * MOST_COMMANDS + 1);
    const zombies = new Tally(4 * MOST_COMMANDS + 1);
    for (const ran of there) {
      if (ran.state === 'zombie') zombies.add(this.#keyOf(ran));
      if (ran.state !== 'alive' || (ran.started === undefined && ran.execs === 0)) continue;
      alive.add(this.#keyOf(ran));
    }
    const keys = new Set([...this.#commands.keys(), ...Object.keys(alive.record())]);
    const entries = [...keys].map((key): CommandEntry => {
      const command = this.#commands.get(key);
      return {
        command: short(key, MOST_COMMAND_CHARS),
        count: (command?.count ?? 0) + alive.get(key),
        alive: alive.get(key),
        zombies: zombies.get(key),
        exits: command?.exits.record() ?? {},
        ...(command === undefined || command.ended === 0
          ? {}
          : { meanLifetimeNs: Math.round(command.sum / command.ended), maxLifetimeNs: command.max }),
      };
    });
    return capped(
      entries.sort((a, b) => b.count - a.count),
      MOST_COMMANDS,
    );
  }

  #keyOf({ path, comm }: Ran): string {
    const key = path ?? `(fork of) ${comm}`;
    return this.#commands.has(key) || this.#commands.size < 4 * MOST_COMMANDS ? key : '(other commands)';
  }
}

/** `/bin/sh -c "exit 3"` of the path and of argv as strace prints it. */
export function commandOf(path: string | undefined, argv: string | undefined): string {
  const args = argv === undefined ? undefined : /^\[[^,\]]*(?:, (.*))?\]$/s.exec(argv)?.[1];
  const text = [path, args?.replaceAll('", "', '" "')].filter((part) => part !== undefined).join(' ');
  return short(text, MOST_COMMAND_CHARS);
}
