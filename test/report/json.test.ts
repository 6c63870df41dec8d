import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnosisJson } from '../../src/report/json.ts';
import { safeStringify } from '../../src/report/json-text.ts';
import { anyDiagnosis } from './arbitrary.ts';
import * as scenes from './scenes.ts';

const META = { toolVersion: '1.2.3' };
const failed = { pid: 99, error: { code: 'ERR_NO_PROCESS', message: 'no process 99' } };

describe('inspect --json', () => {
  it('is one object for one process', () => {
    const json = diagnosisJson([{ pid: 4711, diagnosis: scenes.vforkWait() }], META);
    expect(json).toMatchObject({
      schemaVersion: 1,
      tool: { name: 'procdiag', version: '1.2.3' },
      host: { kernel: '6.12.41' },
      target: { pid: 4711, comm: 'api-worker' },
      verdict: { state: 'hung', cause: 'd-vfork-wait', killable: false },
      findings: [{ cause: 'd-vfork-wait', family: 'd-state', culprit: { kind: 'process', pid: 902 } }],
      timing: { elapsedSeconds: 0.341 },
    });
    expect(json).not.toHaveProperty('results');
  });

  it('holds several under results, also those that failed', () => {
    const json = diagnosisJson([{ pid: 1204, diagnosis: scenes.healthyIdle() }, failed], META);
    expect(json).toMatchObject({
      host: {},
      results: [{ target: { pid: 1204 } }, { target: { pid: 99 }, error: failed.error }],
    });
    expect(json).not.toHaveProperty('target');
  });

  it('says of one that failed why', () => {
    expect(diagnosisJson([failed], META)).toMatchObject({
      target: { pid: 99 },
      error: { code: 'ERR_NO_PROCESS' },
    });
  });

  it('leaves out what is not known', () => {
    const [finding] = (
      diagnosisJson([{ pid: 1, diagnosis: withoutCulprit() }], META) as { findings: object[] }
    ).findings;
    expect(finding).not.toHaveProperty('culprit');
    expect(finding).not.toHaveProperty('subsystem');
  });

  it('cites the lines of the arrows once, beside those of the finding', () => {
    const { findings } = diagnosisJson([{ pid: 4711, diagnosis: scenes.vforkWait() }], META) as {
      findings: { evidence: { path: string }[] }[];
    };
    expect(findings[0]?.evidence.map(({ path }) => path)).toEqual([
      '/proc/4711/status',
      '/proc/4711/stack',
      '/proc/4711/syscall',
      '/proc/4711/task/4711/children',
      '/proc/4790/stack',
      '/proc/902/status',
    ]);
  });

  it('decodes names', () => {
    const base = scenes.healthyIdle();
    const comm = Buffer.from('zoë').toString('latin1');
    const json = diagnosisJson([{ pid: 1, diagnosis: { ...base, target: { ...base.target, comm } } }], META);
    expect(json).toMatchObject({ target: { comm: 'zoë' } });
  });

  it('shows bytes that are no UTF-8', () => {
    const base = scenes.healthyIdle();
    const json = diagnosisJson(
      [{ pid: 1, diagnosis: { ...base, target: { ...base.target, comm: 'a\xff' } } }],
      META,
    );
    expect(json).toMatchObject({ target: { comm: 'a\\xff' } });
  });

  it('is safe to show and says the same, whatever the strings hold', () => {
    fc.assert(
      fc.property(anyDiagnosis, (diagnosis) => {
        const json = diagnosisJson([{ pid: diagnosis.target.pid, diagnosis }], META);
        const text = safeStringify(json);
        expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(json)));
      }),
      { numRuns: 500 },
    );
  });
});

function withoutCulprit() {
  const base = scenes.vforkWait();
  return {
    ...base,
    findings: base.findings.map(({ culprit: _culprit, subsystem: _subsystem, ...finding }) => finding),
  };
}
