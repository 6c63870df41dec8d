import { lineFact } from '../waits/facts.ts';
import { edge } from '../waits/nodes.ts';
import { tracerOf } from '../waits/objects/tracer.ts';
import { named } from './blame.ts';
import { stateAside, stateClause } from './build.ts';
import { advice } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'ptrace-traced-running',
  family: 'ptrace',
  title: 'Traced, and running',
  find: (blame) => {
    const { target, evidence } = blame;
    const tracer = tracerOf(evidence, target.status);
    if (tracer === undefined || target.state === 'Z') return [];
    // Seen in t once, it may be in one stop after the other.
    const stops = blame.stepsOf('ptrace-stop', 'stopped').filter(({ depth }) => depth === 0);
    if (stops.length > 0) return [];
    const to = tracer.node;
    const facts = [...lineFact(evidence, `${target.dir}/status`, 'TracerPid:'), ...tracer.facts];
    const how =
      target.state === 't'
        ? 'TracerPid, and it goes on between its stops'
        : 'TracerPid, and it is not in a tracing stop';
    return [
      {
        severity: 'info',
        confidence: 'certain',
        because: how,
        title: `traced by ${named(to)}, and running: slowed, not hung`,
        summary: `${target.pid} ${target.comm} is traced by ${named(to)}; every system call that the tracer watches costs two stops.${stateClause(blame, to) === '' ? '' : ` The tracer${stateAside(blame, to)} lets it hang at its next stop.`}`,
        culprit: to,
        chain: [edge(blame.node, to, 'traced by', 'ptrace', how, facts)],
        facts,
        weight: 30,
        remedies: [
          advice('Nothing to repair. A second tracer is refused (EPERM) while this one is attached.'),
        ],
      },
    ];
  },
  explanation: {
    meaning:
      'A tracer is attached (`TracerPid` is not 0), and the process runs: it stops for each traced ' +
      'event and is let go on again. It is slowed, not hung: strace without a filter stops it twice ' +
      'in each system call. Whoever stays in t for long with growing context switches only has a ' +
      'busy tracer. Nothing needs to be repaired; SIGKILL works as ever.',
    byHand: [
      "`grep -E '^(State|TracerPid|voluntary_ctxt)' /proc/PID/status` twice: a tracer, and a count " +
        'that grows.',
      '`cat /proc/TRACER/comm`: strace, ltrace, rr, gdbserver, a sandbox, a crash reporter …',
    ],
    resolves: [
      'If it is too slow: end the tracer (`kill -INT TRACER`; strace detaches), or trace fewer ' +
        'calls (`strace -f --seccomp-bpf -e trace=…` on programs that it starts).',
    ],
    doesNot: ['`kill -CONT PID`: it is not stopped.'],
    lookAlikes: [
      'Held for good: t at each look, with the same context switch counts: `ptrace-stopped`.',
      'TracerPid 0 does not prove that nobody traces: a tracer outside of your PID namespace reads ' +
        'as 0. perf and eBPF tools never show in TracerPid.',
    ],
    sources: ['ptrace(2), strace(1)', 'proc(5) (TracerPid)'],
  },
});
