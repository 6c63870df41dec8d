import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { examine } from '../../src/diagnosis/diagnose.ts';
import { openBundle } from '../../src/evidence/bundle/read.ts';
import { firstLook } from '../../src/evidence/first-look.ts';
import { diagnosisJson } from '../../src/report/json.ts';

/** What is true of the process that a capture was made of. */
interface Truth {
  readonly pid: number;
  /** `findings[0].cause`; null = healthy: nothing of severity warning or above. */
  readonly cause: string | null;
  /** Other causes that would be right too. */
  readonly alsoOk?: readonly string[];
  /** The process that the blame chain has to end in; absent = the culprit is a mount, a device … */
  readonly culprit?: number;
  /** What it has to end in where that is no process. */
  readonly culpritKind?: string;
}

const captures = join(import.meta.dirname, '../../fixtures/captures');
const truths = JSON.parse(readFileSync(join(captures, 'truth.json'), 'utf8')) as Record<string, Truth>;

/** Recorded on the kernels that users run: see fixtures/captures/README.md. */
describe.each(Object.entries(truths))('%s', (name, truth) => {
  test('is diagnosed from its capture', async () => {
    const source = await openBundle(join(captures, `${name}.tar.gz`));
    expect(source.targets).toEqual([truth.pid]);
    const { results } = await examine(
      firstLook(source, source.targets, source.options.readMemory),
      source.targets,
      source.options,
    );
    const [result] = results;
    if (result === undefined || 'error' in result) throw new Error(JSON.stringify(result));
    const { findings } = result.diagnosis;
    const [first] = truth.cause === null ? findings.filter(({ severity }) => severity !== 'info') : findings;
    expect([truth.cause, ...(truth.alsoOk ?? [])]).toContain(first?.rule.id ?? null);
    if (truth.culprit !== undefined) expect(first?.culprit?.pid).toBe(truth.culprit);
    if (truth.culpritKind !== undefined) expect(first?.culprit?.kind).toBe(truth.culpritKind);
  });
});

test.each([
  ['arm64-flock-held-waiter', 'flock'],
  ['arm64-fs-frozen-writer', 'write'],
  ['arm64-futex-held-process', 'futex'],
  ['arm64-pipe-held-by-grandchild-reader', 'read'],
  ['arm64-vfork-wait-parent', 'clone'],
  ['arm64-wait4-on-stopped-child-parent', 'wait4'],
])('%s: its call is named by the table of its architecture, as %s', async (name, call) => {
  const source = await openBundle(join(captures, `${name}.tar.gz`));
  const { results } = await examine(firstLook(source, source.targets, false), source.targets, source.options);
  const { threads } = diagnosisJson(results, { toolVersion: '0' }) as {
    readonly threads?: readonly { readonly syscall?: string }[];
  };
  expect(threads?.map(({ syscall }) => syscall)).toContain(call);
});

test('every capture has its truth, and every truth its capture', () => {
  const recorded = readdirSync(captures).filter((file) => file.endsWith('.tar.gz'));
  expect(new Set(recorded)).toEqual(new Set(Object.keys(truths).map((name) => `${name}.tar.gz`)));
});
