import type { Ns, SyscallEvent } from '../../event.ts';
import type { ToldPid } from '../tasks.ts';
import type { DescriptorKind } from './kind.ts';

/** How a process came by a descriptor. */
export type MadeHow = 'start' | 'opened' | 'pair' | 'accepted' | 'received' | 'duplicated' | 'met';

/** How it went: by a call, swept by exec, with the process, replaced by dup2, or unseen (its number was given out again). */
export type ClosedHow = 'close' | 'close_range' | 'exec' | 'exit' | 'replaced' | 'unseen';

/** The call that made a descriptor. */
export interface Made {
  readonly how: MadeHow;
  readonly call: string;
  /** Shortened. */
  readonly args: string;
  readonly pid: number;
  readonly tid: number;
  readonly atNs: Ns;
}

/** An open file description (open(2)): what descriptors of several numbers and processes may lead to. */
export interface Description {
  kind: DescriptorKind;
  /** Path, `pipe:[77]`, or what the call that made it says; raw. */
  what: string;
  /** Descriptors that lead here, in all processes of the trace. */
  refs: number;
  /** Of a pidfd: the number of the process, as the call that made it has it. */
  pidfdOf?: ToldPid;
  /** Of a pair that one call made: the other one. */
  peer?: Description;
}

/** A descriptor of one process. (All fields always there: there are as many of these as a trace opens descriptors.) */
export interface Slot {
  readonly fd: number;
  /** Undefined: not known (it was there at the start). */
  closeOnExec: boolean | undefined;
  readonly description: Description;
  readonly made: Made;
  /** When the call that made it returned. */
  readonly sinceNs: Ns;
  /** When a call last named it. */
  usedNs: Ns;
  /** A read of it returned 0: the other side has closed. */
  ended: boolean;
  /** Epoll sets that watch it. */
  watchers: number;
  /** Process that it came from by fork; still set after exec. */
  readonly heirOf: number | undefined;
  /** Put there on purpose: dup2 to a chosen number, or close-on-exec taken off. */
  arranged: boolean;
}

/** The descriptors of one process. */
export interface Table {
  readonly pid: number;
  readonly slots: Map<number, Slot>;
  /** When it was forked; undefined: it ran before. */
  bornNs?: Ns;
  execs: number;
  /** It called poll or select, and registers alone do not tell with what. */
  pollsUnseen?: boolean;
  /** What fstat said of descriptors whose making nobody saw; devices are terminals. */
  met?: Map<number, DescriptorKind>;
  /** What it did with descriptors of its parent before anybody told whose child it is. */
  early?: Early;
}

/** What a child did before anybody told whose it is. */
export interface Early {
  /** Numbers of copies, and of what they are copies. */
  readonly copies: Map<number, number>;
  readonly closed: [first: number, last: number][];
  readonly closeOnExec: Map<number, boolean>;
  marked: [first: number, last: number][];
}

/** Who wants to know what happens to descriptors. */
export interface DescriptorObserver {
  made?(table: Table, slot: Slot): void;
  closed?(table: Table, slot: Slot, how: ClosedHow, atNs: Ns): void;
  /** The last descriptor of a description has gone. */
  released?(description: Description): void;
  forked?(child: Table, parent: Table | undefined): void;
  /** After close-on-exec has been done: what is left. */
  execed?(table: Table, atNs: Ns): void;
  /** Before its descriptors are closed. */
  ending?(table: Table, atNs: Ns): void;
  failed?(event: SyscallEvent, errno: string): void;
  /** Descriptors that were made or closed and whose numbers nobody knows. */
  unknown?(event: SyscallEvent, made: number, closed: number): void;
  passed?(table: Table, count: number): void;
}
