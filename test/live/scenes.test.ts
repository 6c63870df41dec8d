import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { examine } from '../../src/diagnosis/diagnose.ts';
import { pack } from '../../src/evidence/bundle/pack.ts';
import { replay } from '../../src/evidence/bundle/replay.ts';
import { firstLook } from '../../src/evidence/first-look.ts';
import { openLive } from '../../src/evidence/live/live-source.ts';
import { withLab } from '../../src/lab/lab.ts';
import { missingNeeds, playable } from '../../src/lab/needs.ts';
import { scenes } from '../../src/lab/registry.ts';
import type { Look } from '../../src/lab/scene.ts';
import { diagnosisJson } from '../../src/report/json.ts';
import { procdiag, root } from '../cli/procdiag.ts';
import { type Evidence, recheck } from './recheck.ts';

interface Report {
  target: { pid: number };
  verdict: { state: string; idle?: string };
  findings: {
    cause: string;
    severity: string;
    culprit?: { kind: string; pid?: number };
    chain: unknown[];
    evidence: Evidence[];
    remedies: unknown[];
  }[];
}

const schema = JSON.parse(
  readFileSync(join(root, 'src/report/schema/inspect.schema.json'), 'utf8'),
) as object;
const validate = new Ajv2020({ allErrors: true, strict: false, validateFormats: false }).compile(schema);

/** For reading: the truth is at stake here, also on a starved machine. That an answer comes in time is held elsewhere. */
const PATIENCE_MS = 20_000;

/**
 * The proof: every scene of the lab is set up for real, the built program is asked about each of its processes, and its
 * answer is held against the truth: the cause, the culprit, the exit code, the schema, and each line of evidence, which is
 * looked up again. Then the same diagnosis is made from a capture.
 */
describe.each(playable(scenes).map((scene) => ({ scene, name: scene.name })))('$name', ({ scene }) => {
  test('is diagnosed', { timeout: 240_000 }, async (context) => {
    const missing = missingNeeds(scene);
    if (missing.length > 0) context.skip(missing.map(({ why }) => why).join('; '));
    await withLab(
      async (lab) => {
        const looks = await scene.setUp(lab);
        for (const look of looks) await holdToTruth(look);
        await holdReplay(looks[0]?.pid ?? 0);
      },
      { maxSeconds: 240 },
    );
  });
});

async function holdToTruth(look: Look): Promise<void> {
  const { code, stdout, stderr } = await procdiag([
    ...['inspect', String(look.pid), '--json', '--timeout', String(PATIENCE_MS / 1000)],
  ]);
  const said = `${look.role} ${look.pid}: ${stdout}${stderr}`;
  const report = JSON.parse(stdout) as Report;
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  const serious = report.findings.filter(({ severity }) => severity !== 'info');
  const [first] = look.cause === null ? serious : report.findings;
  const allowed = [look.cause, ...(look.alsoOk ?? [])];
  expect(allowed, said).toContain(first?.cause ?? null);
  if (look.culprit !== undefined && first !== undefined) expect(first.culprit?.pid, said).toBe(look.culprit);
  if (look.idle !== undefined) expect(report.verdict.idle, said).toBe(look.idle);
  expect(code, said).toBe(serious.length > 0 ? 1 : 0);
  for (const { evidence, cause, severity } of report.findings) {
    if (severity !== 'info') expect(evidence.length, `${cause} without evidence: ${said}`).toBeGreaterThan(0);
    for (const line of evidence) {
      expect(recheck(line), `${look.role}: ${cause}: ${line.path}: ${line.line}`).toBeUndefined();
    }
  }
}

/** A diagnosis from what was read is the diagnosis that was made of it. */
async function holdReplay(pid: number): Promise<void> {
  const options = { depth: 16, sampleMs: 300, readMemory: false };
  const live = await examine(firstLook(openLive({ timeoutMs: PATIENCE_MS }), [pid], false), [pid], options);
  const bundle = pack(live.world, { version: '0', targets: [pid], options });
  const again = await examine(firstLook(replay(bundle), [pid], false), [pid], options);
  const meta = { toolVersion: '0' };
  expect(diagnosisJson(again.results, meta)).toEqual(diagnosisJson(live.results, meta));
}
