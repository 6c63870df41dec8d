import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/diagnosis/diagnosis.ts';
import { type RenderOptions, renderDiagnosis } from '../../../src/report/terminal/diagnosis.ts';
import * as scenes from '../scenes.ts';

const PLAIN: RenderOptions = { width: 80, colour: false, unicode: true, threads: false };

const SCREENS: Readonly<Record<string, { diagnosis: Diagnosis; options?: Partial<RenderOptions> }>> = {
  'vfork-wait': { diagnosis: scenes.vforkWait() },
  'vfork-wait-40': { diagnosis: scenes.vforkWait(), options: { width: 40 } },
  'vfork-wait-120': { diagnosis: scenes.vforkWait(), options: { width: 120 } },
  'vfork-wait-ascii': { diagnosis: scenes.vforkWait(), options: { unicode: false } },
  'vfork-wait-colour': { diagnosis: scenes.vforkWait(), options: { colour: true } },
  'pipe-held': { diagnosis: scenes.pipeHeld() },
  'tracer-chain': { diagnosis: scenes.tracerChain() },
  'healthy-idle': { diagnosis: scenes.healthyIdle() },
  'unknown-not-root': { diagnosis: scenes.unknownNotRoot() },
  threads: { diagnosis: scenes.manyThreads(), options: { threads: true } },
  'long-chain': { diagnosis: scenes.longChain(14) },
  'many-holders': { diagnosis: scenes.manyHolders(9) },
};

describe('the screen of inspect', () => {
  it.each(Object.entries(SCREENS))('%s', async (name, { diagnosis, options }) => {
    const text = await renderDiagnosis(diagnosis, { ...PLAIN, ...options });
    await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  const usual = ['vfork-wait', 'pipe-held', 'tracer-chain', 'unknown-not-root', 'many-threads'] as const;
  it.each(usual.map((name) => [name, scenes.SCENES[name]] as const))(
    'of %s fits 32 lines at 80 columns',
    async (_, diagnosis) => {
      const text = await renderDiagnosis(diagnosis, PLAIN);
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(32);
    },
  );

  it('says in three lines that a process is healthy', async () => {
    const text = await renderDiagnosis(scenes.healthyIdle(), PLAIN);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
  });
});
