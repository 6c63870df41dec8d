import type { Node } from '../waits/graph.ts';
import { STOP_SIGNALS } from '../waits/kinds/job-stop.ts';
import type { Wait } from '../waits/wait.ts';
import type { Step } from '../waits/walk.ts';
import { culpritOf, neighbourOf } from './blame.ts';
import { advice } from './remedies.ts';
import type { Remedy } from './rule.ts';

const CANNOT_ACT = /[TtDZ]/;

/** Is the tracer of this stopped task itself stopped, traced to a stop, or in D? */
export function isTracerStopped(step: Step): boolean {
  const next = step.next.find((candidate) => candidate.cycle === undefined);
  if (next === undefined) return false;
  return CANNOT_ACT.test(next.wait.thread.state) || next.wait.kind === 'frozen';
}

/** The tracer at the end of a chain of tracers: the first that is not in a tracing stop itself. */
export function rootTracer(step: Step): Node {
  const next = step.next.find((candidate) => candidate.cycle === undefined);
  if (next === undefined || next.wait.idle !== undefined) return neighbourOf(step) ?? step.wait.node;
  if (next.wait.kind === 'ptrace-stop') return rootTracer(next);
  if (next.wait.kind === 'stopped') return neighbourOf(step) ?? next.wait.node;
  const end = culpritOf(next);
  return end.pid === undefined ? (neighbourOf(step) ?? end) : end;
}

/** SIGTRAP: the signal of a stop that a tracer asked for. With PTRACE_O_TRACESYSGOOD it comes with 0x80. */
const SIGTRAP = 5;
/** Larger codes are no signals: stops of system calls and of events. */
const LAST_SIGNAL = 64;

/** How a task in a tracing stop is let go, and what ending its tracer does to it (measured: kernel/ptrace.c, __ptrace_detach). */
export function letGo({ process, detail }: Wait, tracer: number): Remedy[] {
  const alsoStopped = typeof detail?.groupStop === 'string';
  const cont = !alsoStopped
    ? []
    : [
        {
          command: `kill -CONT ${process.pid}`,
          effect: 'ends it at once if the tracer only looks on; needed in any case',
          risk: 'none, unless somebody stopped it on purpose',
        },
      ];
  const last =
    detail?.exiting === true
      ? 'SIGKILL does nothing any more: it has died already, and stands in its exit.'
      : 'SIGCONT does not end a tracing stop.';
  const notes = alsoStopped ? [] : [advice(last)];
  if (tracer === 0) return [...cont, ...notes];
  const owes =
    detail?.collected === false && detail.code === SIGTRAP
      ? [
          advice(
            'The tracer has to wait for the stop and let it go on (waitpid, PTRACE_CONT): so has a parent whose child calls PTRACE_TRACEME.',
          ),
        ]
      : [];
  return [
    ...cont,
    ...owes,
    { command: `kill -TERM ${tracer}`, ...afterwards(process.pid, detail) },
    ...notes,
  ];
}

function afterwards(pid: number, detail: Wait['detail']): Pick<Remedy, 'effect' | 'risk'> {
  const { collected, code, exiting } = detail ?? {};
  const session = 'ends the debugging session';
  if (exiting === true) return { effect: 'the process ends as soon as its tracer does', risk: session };
  if (collected === false && code === SIGTRAP)
    return {
      effect: 'only if it detaches: else the process gets the SIGTRAP of its stop',
      risk: `${session}; a SIGTRAP that nobody has collected kills ${pid}`,
    };
  if (collected === false && typeof code === 'number' && STOP_SIGNALS.has(code))
    return {
      effect: `its tracer gone, the process is in T; then: kill -CONT ${pid}`,
      risk: session,
    };
  if (collected === false && typeof code === 'number' && code <= LAST_SIGNAL)
    return {
      effect: `a debugger that ends detaches; the process runs on, once it has got the signal that it was stopped for (${code})`,
      risk: `${session}; that signal may end ${pid}`,
    };
  return {
    effect: 'a debugger that ends detaches; the process runs on',
    risk: `${session} (a tracer with PTRACE_O_EXITKILL takes its tracee along)`,
  };
}
