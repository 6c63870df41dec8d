import { type DiagnoseOptions, type DiagnosisResult, examine } from '../../src/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis/diagnosis.ts';
import { Evidence } from '../../src/evidence/evidence.ts';
import { firstLook } from '../../src/evidence/first-look.ts';
import type { Source } from '../../src/evidence/source.ts';
import { World } from '../../src/evidence/world.ts';
import type { Edge } from '../../src/waits/graph.ts';
import type { Wait } from '../../src/waits/wait.ts';
import { type Step, type WalkLimits, walk } from '../../src/waits/walk.ts';
import { type FakeHost, fakeHost } from './fake-host.ts';

const OPTIONS: DiagnoseOptions = { depth: 16, sampleMs: 300, readMemory: false };

/** The walk from a process's threads, of one look. */
export async function stepsOf(
  host: FakeHost,
  pid: number,
  limits: Partial<WalkLimits> & { readMemory?: boolean } = {},
): Promise<Step[]> {
  const evidence = new Evidence(new World(fakeHost(host)), limits.readMemory ?? false);
  return evidence.world.settle(() => {
    const process = evidence.process(pid);
    return process === undefined ? [] : walk(evidence, process, { depth: 16, steps: 600, ...limits });
  });
}

/** What one thread waits for (the leader, when no other is named). */
export async function waitOf(host: FakeHost, pid: number, tid = pid, readMemory = false): Promise<Wait> {
  const steps = await stepsOf(host, pid, { readMemory });
  const wait = steps.find((step) => step.depth === 0 && step.wait.thread.tid === tid)?.wait;
  if (wait === undefined) throw new Error(`nothing was seen of ${pid}/${tid}`);
  return wait;
}

/** The nodes that a chain passes, by id: `process:1 > pipe:pipe:[9] > process:2`. */
export function path(edges: readonly Edge[] | undefined): string {
  const [first] = edges ?? [];
  return first === undefined
    ? ''
    : [first.from, ...(edges ?? []).map(({ to }) => to)].map(({ id }) => id).join(' > ');
}

/** All ways on from a wait. */
export const paths = (wait: Wait): string[] => wait.hops.map(({ edges }) => path(edges));

export async function diagnose(
  source: Source,
  pids: readonly number[],
  options: DiagnoseOptions,
): Promise<readonly DiagnosisResult[]> {
  return (await examine(firstLook(source, pids, options.readMemory), pids, options)).results;
}

export async function diagnosed(
  host: FakeHost | Source,
  pid: number,
  options: Partial<DiagnoseOptions> = {},
): Promise<Diagnosis> {
  const source = 'processes' in host ? fakeHost(host) : host;
  const [result] = await diagnose(source, [pid], { ...OPTIONS, ...options });
  if (result === undefined || 'error' in result) throw new Error(result?.error.code ?? 'no result');
  return result.diagnosis;
}

/** With what was read for it. */
export function examined(source: Source, pid: number, options: Partial<DiagnoseOptions> = {}) {
  const all = { ...OPTIONS, ...options };
  return examine(firstLook(source, [pid], all.readMemory), [pid], all);
}

/** The findings that say something is wrong, as `cause → culprit's id`, in their order. */
export function told(diagnosis: Diagnosis): string[] {
  return diagnosis.findings
    .filter(({ severity }) => severity !== 'info')
    .map(({ rule, culprit }) => `${rule.id} → ${culprit?.id ?? 'nobody'}`);
}

/** Causes of all findings, notes too. */
export const causes = (diagnosis: Diagnosis): string[] => diagnosis.findings.map(({ rule }) => rule.id);
