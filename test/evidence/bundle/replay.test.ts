import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/diagnosis/diagnosis.ts';
import { pack } from '../../../src/evidence/bundle/pack.ts';
import { redactor } from '../../../src/evidence/bundle/redact.ts';
import { replay } from '../../../src/evidence/bundle/replay.ts';
import { diagnosisJson } from '../../../src/report/json.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { diagnosed, examined, told } from '../../support/looks.ts';
import { STORIES, type Story } from '../../support/stories.ts';

const OPTIONS = { depth: 16, sampleMs: 300, readMemory: false };

async function captured({ host, ask }: Story, redact = false) {
  const { results, world } = await examined(fakeHost(host), ask);
  const [first] = results;
  if (first === undefined || 'error' in first) throw new Error('no diagnosis');
  const secret = redact ? { redactor: redactor(Buffer.alloc(32, 7)) } : {};
  return {
    live: first.diagnosis,
    bundle: pack(world, { version: '1.2.3', targets: [ask], options: OPTIONS, ...secret }),
  };
}

const asJson = (diagnosis: Diagnosis) =>
  diagnosisJson([{ pid: diagnosis.target.pid, diagnosis }], { toolVersion: '0' });

describe.each(Object.entries(STORIES))('%s', (_, story) => {
  it('is told from its capture word for word', async () => {
    const { live, bundle } = await captured(story);
    const again = await diagnosed(replay(bundle), story.ask);
    expect(asJson(again)).toEqual(asJson(live));
  });

  it('has the same causes and culprits in a redacted capture', async () => {
    const { live, bundle } = await captured(story, true);
    const again = await diagnosed(replay(bundle), story.ask);
    const blamed = ({ findings }: typeof live) =>
      findings.map(({ rule, culprit }) => [rule.id, culprit?.kind, culprit?.pid]);
    expect(blamed(again)).toEqual(blamed(live));
    expect(again.verdict.state).toBe(live.verdict.state);
  });
});

it('a capture remembers what changed between its looks', async () => {
  const host = {
    processes: [{ pid: 1 }, { pid: 60, state: 'D', call: 'ioctl(3)', stack: 'some_function < another' }],
    looks: [{ 60: { switches: 99 } }],
  };
  const { bundle } = await captured({ host, ask: 60, told: [] });
  expect(told(await diagnosed(replay(bundle), 60))).toEqual([]);
});

it('the manifest says who asked what, when, of whom', async () => {
  const { bundle } = await captured(STORIES.stopped!);
  expect(bundle.manifest).toMatchObject({
    format: 1,
    tool: { name: 'procdiag', version: '1.2.3' },
    startedAt: '2026-01-02T03:04:05.000Z',
    targets: [60],
    options: OPTIONS,
    redacted: false,
  });
  expect(bundle.manifest.lookTimes).toHaveLength(2);
  expect(bundle.files.get('look0/proc/60/status')).toContain('State:\tT (stopped)');
});

it('what was not asked then is said to be missing, not to be empty', async () => {
  const { bundle } = await captured(STORIES.stopped!);
  const source = replay(bundle);
  expect(source.now('/proc/1/environ', 0)).toEqual({ kind: 'skipped', why: 'not in the capture' });
});
