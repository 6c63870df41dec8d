import { parseStat } from '../../procfs/stat.ts';
import { fact, lineFact, pointFacts } from '../facts.ts';
import { edge, processNode, strangerNode } from '../nodes.ts';
import { type Resolver, type WaitContext, waitOf } from '../wait.ts';
import { STOP_SIGNALS } from './job-stop.ts';

/** Tracing stop (`t`): waits for its tracer to let it go on. */
export const ptraceStop: Resolver = (context) => {
  const { evidence, thread, node } = context;
  if (thread.state !== 't') return undefined;
  const tracer = thread.status?.tracerPid ?? 0;
  const by = evidence.process(tracer);
  const group = watchedStop(context);
  // A tracer that cannot act keeps its tracee, whatever else that one is stopped by.
  if (group !== undefined && !/[TtDZ]/.test(by?.state ?? '')) return group;
  const traced = lineFact(evidence, thread.path('status'), 'TracerPid:');
  const facts = [...pointFacts(evidence, thread), ...traced];
  const { collected, code } = stopOf(context);
  if (tracer === 0) {
    const outside = strangerNode(0, 'a tracer outside of this PID namespace');
    return waitOf(context, {
      kind: 'ptrace-stop',
      point: 'tracing stop; the tracer is not visible from here',
      facts,
      killable: true,
      detail: { tracer: 0, ...(collected === undefined ? {} : { collected }) },
      hops: [{ edges: [edge(node, outside, 'stopped by', 'ptrace', 'State t with TracerPid 0', facts)] }],
    });
  }
  const text = evidence.world.text(thread.path('stat'));
  const how =
    collected === undefined
      ? 'TracerPid'
      : collected
        ? 'the tracer has taken notice of the stop and keeps it'
        : `the tracer has not even waited for the stop (exit_code ${code})`;
  return waitOf(context, {
    kind: 'ptrace-stop',
    point: `tracing stop, held by ${tracer}`,
    facts:
      collected !== false || text === undefined
        ? facts
        : [...facts, fact(thread.path('stat'), text.trimEnd(), `field 52, exit_code: ${how}`)],
    killable: true,
    detail: { tracer, ...(collected === undefined ? {} : { collected }) },
    hops: [
      {
        next: { pid: tracer },
        edges: [
          edge(
            node,
            by === undefined ? strangerNode(tracer, '') : processNode(by),
            'stopped by',
            'ptrace',
            how,
            traced,
          ),
        ],
      },
    ],
  });
};

interface TracedStop {
  /** Has its tracer waited for it? undefined: not told to who may not ptrace it. */
  readonly collected: boolean | undefined;
  /** Field 52 of the task's own stat: 0 once the tracer has collected the stop, else the stop's code. */
  readonly code: number;
  /** The signal that stopped the whole process, where it is one that stops by itself. */
  readonly signal: string | undefined;
}

/** The stop as the tracer has it (the task's own stat), and as job control has it (the process's, from 6.1 on). */
function stopOf({ evidence, process, thread }: WaitContext): TracedStop {
  const whole = process.stat?.exitCode ?? 0;
  const signal = STOP_SIGNALS.get(whole);
  const stat =
    thread.isLeader && signal !== undefined
      ? evidence.world.parsed(`${process.dir}/task/${thread.tid}/stat`, parseStat)
      : thread.stat;
  const code = stat?.exitCode ?? 0;
  return { collected: stat?.isTold === true ? code === 0 : undefined, code, signal };
}

/**
 * A stop by SIGSTOP or the terminal (group stop) that a tracer has taken notice of. The tracer either lets it be (PTRACE_LISTEN,
 * as strace does): then SIGCONT ends it, as ever; or keeps its tracee besides. The kernel shows no difference.
 */
function watchedStop(context: WaitContext) {
  const { evidence, process, thread } = context;
  const { collected, signal } = stopOf(context);
  if (collected !== true || signal === undefined) return undefined;
  const line = evidence.world.text(`${process.dir}/stat`)?.trimEnd();
  const tracer = thread.status?.tracerPid ?? 0;
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
    detail: { signal, tracer },
  });
}
