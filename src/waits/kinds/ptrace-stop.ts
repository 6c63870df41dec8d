import { fact, lineFact, pointFacts } from '../facts.ts';
import { edge, processNode, strangerNode } from '../nodes.ts';
import { type Resolver, waitOf } from '../wait.ts';

/** Tracing stop (`t`): waits for its tracer to let it go on. */
export const ptraceStop: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (thread.state !== 't') return undefined;
  const tracer = thread.status?.tracerPid ?? 0;
  const facts = [...pointFacts(evidence, thread), ...lineFact(evidence, thread.path('status'), 'TracerPid:')];
  // Field 52 is 0 once the tracer has collected the stop; else it holds the stop's code (needs ptrace permission).
  const code = process.stat?.exitCode ?? thread.stat?.exitCode ?? 0;
  const collected = (thread.stat?.exitCode ?? 0) === 0;
  if (tracer === 0) {
    const outside = strangerNode(0, 'a tracer outside of this PID namespace');
    return waitOf(context, {
      kind: 'ptrace-stop',
      point: 'tracing stop; the tracer is not visible from here',
      facts,
      killable: true,
      detail: { tracer: 0, collected, groupStop: code === 19 },
      hops: [{ edges: [edge(node, outside, 'stopped by', 'ptrace', 'State t with TracerPid 0', facts)] }],
    });
  }
  const by = evidence.process(tracer);
  const text = evidence.world.text(thread.path('stat'));
  const how = collected
    ? 'the tracer has taken notice of the stop and keeps it'
    : `the tracer has not even waited for the stop (exit_code ${thread.stat?.exitCode})`;
  return waitOf(context, {
    kind: 'ptrace-stop',
    point: `tracing stop, held by ${tracer}`,
    facts:
      collected || text === undefined
        ? facts
        : [...facts, fact(thread.path('stat'), text.trimEnd(), `field 52, exit_code: ${how}`)],
    killable: true,
    detail: { tracer, collected, groupStop: code === 19 },
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
            [...lineFact(evidence, thread.path('status'), 'TracerPid:')],
          ),
        ],
      },
    ],
  });
};
