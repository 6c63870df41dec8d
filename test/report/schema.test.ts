import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../src/diagnosis/diagnosis.ts';
import { interpretStacks } from '../../src/diagnosis/stacks.ts';
import { diagnosisJson } from '../../src/report/json.ts';
import { safeStringify } from '../../src/report/json-text.ts';
import { anyDiagnosis } from './arbitrary.ts';
import * as scenes from './scenes.ts';

const META = { toolVersion: '0.1.0' };
const failed = { pid: 99, error: { code: 'ERR_NO_PROCESS', message: 'no process 99' } };

function compiled(name: string): ValidateFunction {
  const schema = JSON.parse(
    readFileSync(new URL(`../../src/report/schema/${name}`, import.meta.url), 'utf8'),
  ) as object;
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    formats: { 'date-time': isTime },
  });
  return ajv.compile(schema);
}

function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text));
}

const inspect = compiled('inspect.schema.json');

/** What is wrong with the text that `inspect --json` prints. */
function errors(results: Parameters<typeof diagnosisJson>[0]): unknown {
  inspect(JSON.parse(safeStringify(diagnosisJson(results, META))));
  return inspect.errors ?? [];
}

/** A document that a test may break. */
interface Spoilt {
  findings?: object[];
  verdict: object;
}

const of = (diagnosis: Diagnosis) => ({ pid: diagnosis.target.pid, diagnosis });

describe('inspect.schema.json', () => {
  it.each(Object.entries(scenes.SCENES))('holds for %s', (_, diagnosis) => {
    expect(errors([of(diagnosis)])).toEqual([]);
  });

  it('holds for several processes, and for failures', () => {
    expect(errors([of(scenes.vforkWait()), failed])).toEqual([]);
    expect(errors([failed])).toEqual([]);
    expect(errors([failed, failed])).toEqual([]);
  });

  it('holds whatever the strings hold', () => {
    fc.assert(
      fc.property(anyDiagnosis, (diagnosis) => {
        expect(errors([of(diagnosis)])).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, (json: Spoilt) => void]>([
    ['another version', (json) => Object.assign(json, { schemaVersion: 2 })],
    ['no findings', (json) => delete json.findings],
    ['an unknown state', (json) => Object.assign(json.verdict, { state: 'broken' })],
    ['an unknown subsystem', (json) => Object.assign(json.findings?.[0] ?? {}, { subsystem: 'floppy' })],
    ['a null culprit', (json) => Object.assign(json.findings?.[0] ?? {}, { culprit: null })],
    ['an error beside a diagnosis', (json) => Object.assign(json, { error: failed.error })],
  ])('refuses %s', (_, spoil) => {
    const json = diagnosisJson([of(scenes.vforkWait())], META);
    expect(inspect(json)).toBe(true);
    spoil(json as unknown as Spoilt);
    expect(inspect(json)).toBe(false);
  });

  it('describes every field', () => {
    const { properties, $defs } = inspect.schema as {
      properties: object;
      $defs: Record<string, { properties?: object }>;
    };
    const fields = [properties, ...Object.values($defs).map((part) => part.properties ?? {})];
    const silent = fields.flatMap((part) =>
      Object.entries(part).filter(([, field]) => !/"(description|\$ref|const)"/.test(JSON.stringify(field))),
    );
    expect(silent).toEqual([]);
  });
});

const LOG = `
INFO: task mysqld:812 blocked for more than 120 seconds.
task:mysqld          state:D stack:0     pid:812   tgid:812   ppid:1      flags:0x00000002
Call Trace:
 <TASK>
 __schedule+0x3f0/0x1c40
 schedule+0x32/0xd0
 schedule_preempt_disabled+0x15/0x30
 __mutex_lock.constprop.0+0x5a0/0xa80
 ext4_file_write_iter+0x8f/0x7a0 [ext4]
 ? vfs_write+0x2a1/0x4d0
 </TASK>
INFO: task mysqld:812 is blocked on a mutex likely owned by task kworker/u8:1:813.
`;

describe('stack.schema.json', () => {
  const stack = compiled('stack.schema.json');

  it('holds for what is said of a log', () => {
    const report = interpretStacks(LOG);
    expect(report).toMatchObject({ tasks: [{ pid: 812, blocker: { pid: 813 } }] });
    stack(JSON.parse(JSON.stringify(report)));
    expect(stack.errors ?? []).toEqual([]);
  });

  it.each([
    ['no tasks', { tasks: undefined }],
    [
      'a word for a truth value',
      { groups: [{ subsystem: 'mutex', waitsFor: 'a mutex', benign: 'no', tasks: [] }] },
    ],
  ])('refuses %s', (_, spoilt) => {
    expect(stack(JSON.parse(JSON.stringify({ ...interpretStacks(LOG), ...spoilt })))).toBe(false);
  });
});
