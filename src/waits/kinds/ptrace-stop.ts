import { parseStat } from '../../procfs/stat.ts';
import { fact, lineFact, pointFacts } from '../facts.ts';
import { edge, strangerNode } from '../nodes.ts';
import { type Tracer, tracerOf } from '../objects/tracer.ts';
import { inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';
import { STOP_SIGNALS } from './job-stop.ts';

/** Tracing stop (`t`): waits for its tracer to let it go on. */
export const ptraceStop: Resolver = (context) => {
  const { evidence, thread, node } = context;
  if (thread.state !== 't') return undefined;
  const tracer = tracerOf(evidence, thread.status);
  const group = watchedStop(context, tracer);
  // A tracer that cannot act keeps its tracee, whatever else that one is stopped by; and so does one that is busy elsewhere.
  if (group !== undefined && !/[TtDZ]/.test(tracer?.state ?? '') && waitsOn(tracer)) return group;
  const traced = lineFact(evidence, thread.path('status'), 'TracerPid:');
  const facts = [...pointFacts(evidence, thread), ...traced];
  const { collected, code, path, isExiting } = stopOf(context);
  // Entered, its exit is one to be stopped in: how far it has come the stack alone tells.
  const mayExit = !thread.hasStack && /^exit(?:_group)?$/.test(thread.syscallName ?? '');
  const killable = isExiting ? { killable: false } : mayExit ? {} : { killable: true };
  const detail = {
    ...(collected === undefined ? {} : { collected, code }),
    ...(isExiting ? { exiting: true } : {}),
    ...(group?.detail?.signal === undefined ? {} : { groupStop: group.detail.signal }),
  };
  if (tracer === undefined) {
    const outside = strangerNode(0, 'a tracer outside of this PID namespace');
    return waitOf(context, {
      kind: 'ptrace-stop',
      point: 'tracing stop; the tracer is not visible from here',
      facts,
      ...killable,
      detail: { tracer: 0, ...detail },
      hops: [{ edges: [edge(node, outside, 'stopped by', 'ptrace', 'State t with TracerPid 0', facts)] }],
    });
  }
  const text = evidence.world.text(path);
  const how =
    collected === undefined
      ? 'TracerPid'
      : collected
        ? 'the tracer has taken notice of the stop and keeps it'
        : `the tracer has not even waited for the stop (exit_code ${code})`;
  return waitOf(context, {
    kind: 'ptrace-stop',
    point: `tracing stop, held by ${tracer.pid}`,
    facts:
      collected !== false || text === undefined
        ? facts
        : [...facts, fact(path, text.trimEnd(), `field 52, exit_code: ${how}`)],
    ...killable,
    detail: { tracer: tracer.pid, ...detail },
    hops: [
      {
        next: { pid: tracer.pid, tid: tracer.tid },
        edges: [edge(node, tracer.node, 'stopped by', 'ptrace', how, [...traced, ...tracer.facts])],
      },
    ],
  });
};

/** Does the tracer wait for what its tracees do next? True as well where that cannot be seen. */
function waitsOn(tracer: Tracer | undefined): boolean {
  const thread = tracer?.process?.thread(tracer.tid);
  if (thread === undefined || (thread.frames.length === 0 && thread.syscall === undefined)) return true;
  return inFrames(thread, /^do_wait$/, 2) || /^(?:wait4|waitid)$/.test(thread.syscallName ?? '');
}

interface TracedStop {
  /** Has its tracer waited for it? undefined: not told to who may not ptrace it. */
  readonly collected: boolean | undefined;
  /** Field 52 of the task's own stat: 0 once the tracer has collected the stop, else the stop's code. */
  readonly code: number;
  /** The signal that stopped the whole process, where it is one that stops by itself. */
  readonly signal: string | undefined;
  /** The file that has the code. */
  readonly path: string;
  /** Stopped on its way out (PTRACE_EVENT_EXIT): it has died already, and no further SIGKILL wakes it. */
  readonly isExiting: boolean;
}

/**
 * The stop as the tracer has it (the task's own stat), and as job control has it: from 6.1 on the process's stat shows the
 * signal of a stop of the whole process, and the exit code of one that is on its way out.
 */
function stopOf({ evidence, process, thread }: WaitContext): TracedStop {
  const whole = process.stat?.exitCode ?? 0;
  const signal = STOP_SIGNALS.get(whole);
  const own = `${process.dir}/task/${thread.tid}/stat`;
  const path = thread.isLeader && whole !== 0 ? own : thread.path('stat');
  const stat = evidence.world.parsed(path, parseStat);
  const code = stat?.exitCode ?? 0;
  return {
    collected: stat?.isTold === true ? code === 0 : undefined,
    code,
    signal,
    path,
    isExiting: inFrames(thread, /^do_exit$/) || (whole !== 0 && whole !== code && signal === undefined),
  };
}

/**
 * A stop by SIGSTOP or the terminal (group stop) that a tracer has taken notice of. The tracer either lets it be (PTRACE_LISTEN,
 * as strace does) and waits for what comes next: then SIGCONT ends it, as ever; or keeps its tracee besides. The kernel shows
 * no difference, what the tracer does meanwhile makes the one or the other likely.
 */
function watchedStop(context: WaitContext, tracer: Tracer | undefined) {
  const { evidence, process, thread } = context;
  const { collected, signal } = stopOf(context);
  if (collected !== true || signal === undefined) return undefined;
  const line = evidence.world.text(`${process.dir}/stat`)?.trimEnd();
  return waitOf(context, {
    kind: 'stopped',
    point: `stopped by ${signal}, under a tracer`,
    facts: [
      ...pointFacts(evidence, thread),
      ...lineFact(evidence, thread.path('status'), 'TracerPid:'),
      ...(line === undefined
        ? []
        : [fact(`${process.dir}/stat`, line, `field 52: ${signal}, which the tracer has taken notice of`)]),
    ],
    killable: true,
    detail: { signal, tracer: tracer?.pid ?? 0 },
  });
}
