import { sanitize } from '../../term/sanitize.ts';
import type { StateEvent, SyscallEvent, TraceEvent } from '../../trace/event.ts';
import { ThreadNames } from './names.ts';
import type { TraceHead, TraceOutput, Write } from './output.ts';

/** Different stacks that are told apart; what comes beyond is summed up per thread. */
const MOST_STACKS = 200_000;

const OUTSIDE = 'user code';

/**
 * Folded stacks, as flame graphs take them: `comm;tid;syscall;state: outermost;…;innermost MICROSECONDS`, a line each.
 * Blocked and queued time is of the scheduler's states, time on a CPU of the calls that it was in and the rest between
 * them. A thread of which perf saw nothing has the durations of its calls, as `unknown`.
 */
export function foldedOutput(head: TraceHead, write: Write, mostStacks: number = MOST_STACKS): TraceOutput {
  const names = new ThreadNames(head);
  const weights = new Map<string, number>();
  /** Of each thread, on a CPU and not within a call; and calls of those without states. */
  const between = new Map<number, { key: string; ns: number }>();
  const unseen = new Map<number, Map<string, number>>();

  function add(into: Map<string, number>, tid: number, rest: string, ns: number): void {
    const key = `${frame(names.of(tid))};${tid};${rest}`;
    const known = into.has(key) || into.size < mostStacks;
    const taken = known ? key : `${frame(names.of(tid))};${tid};other stacks`;
    into.set(taken, (into.get(taken) ?? 0) + ns);
  }

  function addBetween(tid: number, ns: number): void {
    const entry = between.get(tid) ?? { key: '', ns: 0 };
    entry.key = `${frame(names.of(tid))};${tid};${OUTSIDE};on CPU`;
    entry.ns += ns;
    between.set(tid, entry);
  }

  function state(event: StateEvent): void {
    if (event.state === 'running') addBetween(event.tid, event.durationNs);
    else add(weights, event.tid, stateStack(event), event.durationNs);
  }

  function call(event: SyscallEvent): void {
    const name = frame(event.name);
    if (event.onCpuNs !== undefined) {
      add(weights, event.tid, `${name};on CPU`, event.onCpuNs);
      addBetween(event.tid, -event.onCpuNs);
      return;
    }
    const calls = unseen.get(event.tid) ?? new Map<string, number>();
    unseen.set(event.tid, calls);
    add(calls, event.tid, `${name};unknown`, event.durationNs);
  }

  return {
    event(event: TraceEvent) {
      names.note(event);
      if (event.type === 'state') state(event);
      else if (event.type === 'syscall') call(event);
    },
    finish() {
      for (const { key, ns } of between.values()) weights.set(key, ns);
      for (const [tid, calls] of unseen)
        if (!between.has(tid)) for (const [key, ns] of calls) weights.set(key, ns);
      for (const [key, ns] of weights) {
        const microseconds = Math.round(ns / 1000);
        if (microseconds > 0) write(`${key} ${microseconds}\n`);
      }
    },
  };
}

function stateStack({ state, kernelState, during, stack, preempted }: StateEvent): string {
  const call = frame(during ?? OUTSIDE);
  if (state !== 'blocked') return `${call};${state}${preempted === true ? ' (preempted)' : ''}`;
  const [outermost, ...inner] = [...(stack ?? [])].reverse().map(frame);
  const words = kernelState === 'D' ? 'blocked (D)' : 'blocked';
  if (outermost === undefined) return `${call};${words}`;
  return [call, `${words}: ${outermost}`, ...inner].join(';');
}

/** One level of a stack: nothing that the format takes for the end of it. */
function frame(name: string): string {
  return sanitize(name).replaceAll(';', ':').trim() || '?';
}
