import fc from 'fast-check';
import type { Diagnosis, Judged } from '../../src/diagnosis/diagnosis.ts';
import type { Edge, Fact, Node } from '../../src/waits/graph.ts';
import { ruleOf, target, thread } from './scenes.ts';

/** What may stand in a comm, a path or a line: any bytes, escape codes, direction overrides, wide and zero-width characters. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc
    .array(
      fc.constantFrom(
        'ps',
        ' ',
        '\n',
        '\t',
        '\r',
        '\u001b[31m',
        '\u001b]0;x\u0007',
        '\u009b2J',
        '\u202e',
        '\u200b',
        '\ufeff',
        '漢字',
        '👩‍🚀',
        'é',
        '\u0301',
        '\ud800',
        '`',
        ')',
        '/proc/1/fd',
        '\0',
        'x'.repeat(200),
        '"',
        '<&>',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

const seconds = fc.oneof(
  fc.double({ min: 0, max: 1e9, noNaN: true }),
  fc.constantFrom(0, 59.99, 3600, 86_400),
);
const number = fc.integer({ min: 1, max: 4_194_304 });
const confidence = fc.constantFrom('certain' as const, 'likely' as const, 'possible' as const);

const node: fc.Arbitrary<Node> = fc
  .record({ index: fc.integer({ min: 0, max: 14 }), name: hostileText, process: fc.boolean() })
  .map(({ index, name, process }) => ({
    id: `n${index}`,
    kind: process ? 'process' : 'lock',
    name,
    ...(process ? { pid: index + 1 } : {}),
  }));

const fact: fc.Arbitrary<Fact> = fc.record(
  { path: hostileText, line: hostileText, says: hostileText },
  { requiredKeys: ['path', 'line'] },
);

const edge: fc.Arbitrary<Edge> = fc.record({
  from: node,
  to: node,
  relation: hostileText,
  on: hostileText,
  how: hostileText,
  confidence,
  facts: fc.array(fact, { maxLength: 3 }),
});

const finding: fc.Arbitrary<Judged> = fc.record(
  {
    rule: fc
      .array(hostileText, { maxLength: 3 })
      .map((doesNot) => ruleOf('cgroup-memory-high', 'limit', doesNot)),
    severity: fc.constantFrom('critical' as const, 'warning' as const, 'info' as const),
    confidence,
    because: hostileText,
    title: hostileText,
    summary: hostileText,
    subsystem: fc.constantFrom('fuse' as const, 'xfs' as const),
    culprit: node,
    chain: fc.array(edge, { maxLength: 24 }),
    facts: fc.array(fact, { maxLength: 12 }),
    remedies: fc.array(fc.record({ command: hostileText, effect: hostileText, risk: hostileText }), {
      maxLength: 6,
    }),
  },
  {
    requiredKeys: [
      'rule',
      'severity',
      'confidence',
      'because',
      'title',
      'summary',
      'chain',
      'facts',
      'remedies',
    ],
  },
);

const threadReport = fc
  .record({ tid: number, comm: hostileText, waitPoint: hostileText, seconds, moved: fc.boolean() })
  .map(({ tid, comm, ...more }) => thread(tid, comm, more));

/** Any diagnosis at all. */
export const anyDiagnosis: fc.Arbitrary<Diagnosis> = fc.record({
  target: fc
    .record({
      pid: number,
      comm: hostileText,
      cmdline: fc.array(hostileText, { maxLength: 3 }),
      threads: number,
    })
    .map(({ pid, comm, ...more }) => target(pid, comm, more)),
  verdict: fc.record(
    {
      state: fc.constantFrom('hung', 'stopped', 'leaking', 'degraded', 'healthy', 'unknown'),
      summary: hostileText,
      idle: fc.constant('idle-poll'),
      seconds,
      killable: fc.boolean(),
    },
    { requiredKeys: ['state', 'summary'] },
  ),
  findings: fc.array(finding, { maxLength: 4 }),
  threads: fc.array(threadReport, { maxLength: 8 }),
  unseen: fc.array(fc.record({ what: hostileText, why: hostileText, remedy: hostileText }), { maxLength: 5 }),
  host: fc.record({
    hostname: hostileText,
    hazards: fc.array(
      fc.record({
        pid: number,
        comm: hostileText,
        what: hostileText,
        facts: fc.array(fact, { maxLength: 2 }),
      }),
      { maxLength: 5 },
    ),
  }),
  timing: fc.constant({ startedAt: '2026-03-04T09:15:02.123Z', elapsedMs: 41, looks: 2 }),
});
