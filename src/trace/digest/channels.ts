import type { SyscallEvent } from '../event.ts';
import { isRaw } from '../ledgers/call.ts';
import type { Description } from '../ledgers/descriptors/table.ts';
import type { DescriptorTables } from '../ledgers/descriptors/tables.ts';
import type { WaitKind } from './wait-kind.ts';

/** Something that one writes and another one waits for, by a name that is the same for both. */
export interface Channel {
  readonly kind: 'pipe' | 'socket' | 'eventfd';
  /** Where what is written to it comes from, and goes to. */
  readonly reads: string;
  readonly writes: string;
}

/** What descriptors of that kind make a call wait for. */
const KINDS: Readonly<Record<string, WaitKind>> = {
  pipe: 'pipe',
  socket: 'socket',
  eventfd: 'eventfd',
  timerfd: 'sleep',
  signalfd: 'signal-wait',
  inotify: 'inotify',
  fanotify: 'inotify',
  file: 'file',
  directory: 'file',
};

/** `pipe:[77]`, of `strace -y`: the same for both ends. */
const PIPE = /^pipe:\[\d+\]/;
/** Of `strace -yy`: `TCP:[1.2.3.4:5->6.7.8.9:10]`, `UNIX-STREAM:[77->78]`, and what stands behind it. */
const PEERS = /^((?:TCP|TCPv6|UDP|UDPv6|UNIX[A-Z-]*)):\[([^\]>]*[^\]>-])->([^\],]*)/;

/** Finds what is at the other end of descriptors: by what strace shows with them, else by the calls that made them. */
export class Channels {
  readonly #tables: DescriptorTables;
  readonly #numbers = new WeakMap<Description, number>();
  #next = 1;

  constructor(tables: DescriptorTables) {
    this.#tables = tables;
  }

  /** What a call on a descriptor waits for, by the call that made the descriptor. */
  kindOf(event: SyscallEvent): WaitKind | undefined {
    const fd = fdOf(event);
    if (fd === undefined) return undefined;
    const table = this.#tables.get(event.pid);
    const description = table?.slots.get(fd)?.description;
    const kind = description?.kind ?? table?.met?.get(fd);
    if (kind === 'device')
      return /^(?:\/dev\/(?:pts\/|tty|console)|$)/.test(description?.what ?? '') ? 'tty' : 'file';
    return kind === undefined ? undefined : KINDS[kind];
  }

  /** Of the descriptor that the call names first. */
  of(event: SyscallEvent): Channel | undefined {
    const fd = fdOf(event);
    if (fd === undefined) return undefined;
    const target = isRaw(event) ? undefined : /^\d+<(.*?)>(?:, |$)/s.exec(event.args)?.[1];
    return (target === undefined ? undefined : channelOfTarget(target)) ?? this.at(event.pid, fd);
  }

  at(pid: number, fd: number): Channel | undefined {
    const description = this.#tables.get(pid)?.slots.get(fd)?.description;
    return description === undefined ? undefined : this.ofDescription(description);
  }

  /** Path or name of what a descriptor leads to. */
  whatAt(pid: number, fd: number): string | undefined {
    return this.#tables.get(pid)?.slots.get(fd)?.description.what || undefined;
  }

  ofDescription(description: Description): Channel | undefined {
    const { kind, what, peer } = description;
    const told = channelOfTarget(what);
    if (told !== undefined) return told;
    if (kind === 'pipe') {
      const name = `pipe ${this.#number(peer !== undefined && this.#numbers.has(peer) ? peer : description)}`;
      return { kind, reads: name, writes: name };
    }
    if (kind === 'eventfd') {
      const name = `eventfd ${this.#number(description)}`;
      return { kind, reads: name, writes: name };
    }
    if (kind !== 'socket' || peer === undefined) return undefined;
    return { kind, reads: `socket ${this.#number(description)}`, writes: `socket ${this.#number(peer)}` };
  }

  #number(description: Description): number {
    let number = this.#numbers.get(description);
    if (number === undefined) {
      number = this.#next++;
      this.#numbers.set(description, number);
    }
    return number;
  }
}

function channelOfTarget(target: string): Channel | undefined {
  const [pipe] = PIPE.exec(target) ?? [];
  if (pipe !== undefined) return { kind: 'pipe', reads: pipe, writes: pipe };
  const [, family, own, peer] = PEERS.exec(target) ?? [];
  return own === undefined || peer === undefined
    ? undefined
    : { kind: 'socket', reads: `${family} ${own}`, writes: `${family} ${peer}` };
}

/** The number that the arguments begin with. */
function fdOf({ args }: SyscallEvent): number | undefined {
  const first = args.charCodeAt(0);
  if (!(first >= 0x30 && first <= 0x39)) return undefined;
  const fd = args.startsWith('0x') ? Number.parseInt(args, 16) | 0 : Number.parseInt(args, 10);
  return fd >= 0 ? fd : undefined;
}
