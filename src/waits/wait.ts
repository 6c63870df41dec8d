import type { Evidence } from '../evidence/evidence.ts';
import type { ProcessEvidence } from '../evidence/process.ts';
import type { ThreadEvidence } from '../evidence/thread.ts';
import { functionTest } from './frames/function-test.ts';
import type { Subsystem } from './frames/subsystem.ts';
import type { Edge, Fact, Node } from './graph.ts';
import { threadNode } from './nodes.ts';

/** One way on from a wait: the edges up to the next that can itself wait, and who that is. */
export interface Hop {
  /** From the waiter over the things between (lock, pipe, mount, device …) to the next actor or the end. */
  readonly edges: readonly Edge[];
  /** Whose wait comes next; absent where the chain ends in a thing. `tid`: that thread only. */
  readonly next?: { readonly pid: number; readonly tid?: number };
  /**
   * A healthy waiter has this relation too (a parent and its running child): followed for what lies behind, and no
   * trouble by itself.
   */
  readonly soft?: boolean;
  /**
   * Any one of the wait's hops marked so could end it (several readers of one pipe): what holds up one of them explains
   * nothing while another is free to act.
   */
  readonly anyOf?: boolean;
  /**
   * Any one of the wait's hops marked so ends it, and a healthy waiter has them too: followed for what lies behind only
   * while there is not one of them that is free.
   */
  readonly unlessFree?: boolean;
  /**
   * Only what holds up the whole process behind it counts, a stop or the wait of its only thread: that the peer has some
   * slow thread proves nothing.
   */
  readonly stopsOnly?: boolean;
}

/** What one thread waits for. */
export interface Wait {
  /** `vfork`, `fuse`, `pipe-read` …: what rules select by. */
  readonly kind: string;
  /** What a person reads: `wait4(4250)`, `read(0, pipe:[123])`. */
  readonly point: string;
  readonly process: ProcessEvidence;
  readonly thread: ThreadEvidence;
  readonly node: Node;
  /** `idle-*` name when a thread that waits so is healthy unless something behind it is not. */
  readonly idle?: string;
  readonly subsystem?: Subsystem;
  readonly hops: readonly Hop[];
  readonly facts: readonly Fact[];
  /** The kernel wakes it now and then to look again: that it has run in between does not prove that it got on. */
  readonly restless?: boolean;
  /** Would SIGKILL end this wait? undefined = not known. */
  readonly killable?: boolean;
  readonly beside?: Beside;
  /** What a rule of this kind needs besides. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** Room that is waited for beside other things: it is proved that there is none, and not that the waiter does not go on. */
export interface Beside {
  readonly kind: 'pipe-write' | 'socket-write';
  readonly what: string;
  readonly hops: readonly Hop[];
  readonly facts: readonly Fact[];
}

/** What a resolver looks at, and how it answers. */
export interface WaitContext {
  readonly evidence: Evidence;
  readonly process: ProcessEvidence;
  readonly thread: ThreadEvidence;
  readonly node: Node;
}

/**
 * One kind of wait (one file in this folder): tells whether a thread is in it, and what or who it waits for. Pure: asks the
 * evidence, which notes what it does not have yet.
 */
export type Resolver = (context: WaitContext) => Wait | undefined;

/** What a resolver is given of a thread. */
export function contextOf(evidence: Evidence, process: ProcessEvidence, thread: ThreadEvidence): WaitContext {
  return { evidence, process, thread, node: threadNode(process, thread) };
}

/** Builds a wait of the context's thread. */
export function waitOf(
  context: WaitContext,
  wait: Omit<Wait, 'process' | 'thread' | 'node' | 'hops' | 'facts'> & Partial<Pick<Wait, 'hops' | 'facts'>>,
): Wait {
  const { process, thread, node } = context;
  return { process, thread, node, hops: [], facts: [], ...wait };
}

/** Is any of the thread's frames (or the first `depth` of them) one of these functions? */
export function inFrames(
  thread: ThreadEvidence,
  functions: RegExp,
  depth = Number.POSITIVE_INFINITY,
): boolean {
  return thread.frames.slice(0, depth).some(functionTest(functions));
}

/** Wait channels that say no more than "asleep": the caller, which would tell, stands in the stack, and that is root's. */
const GENERIC =
  /^(?:wait_woken|schedule_timeout|do_syscall_64|invoke_syscall|el0_svc_common|do_el0_svc|el0_svc|schedule|io_schedule_timeout)$/;

/** Nothing is known of where the thread sleeps: then its system call and its descriptor have to tell. */
export function isBlind(thread: ThreadEvidence): boolean {
  const { frames } = thread;
  return frames.length === 0 || (frames.length === 1 && GENERIC.test(frames[0] ?? ''));
}
