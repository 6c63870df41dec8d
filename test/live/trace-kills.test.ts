import { expect, test } from 'vitest';
import { findPerf, findProgram, findStrace } from '../../src/trace/record/tools.ts';
import { killRecordings } from './trace-killing.ts';

/** `npx tsx test/live/trace-kills.ts 200` does more of it. */
const TIMES = 40;

test('a recording that is killed at any moment leaves nothing behind, and its target as it was', {
  timeout: 300_000,
}, async (context) => {
  if (process.getuid?.() !== 0) context.skip('needs root');
  if (findProgram('gcc') === undefined) context.skip('needs gcc');
  if (!('tool' in (await findStrace()))) context.skip('needs strace');
  if (!('tool' in (await findPerf()))) context.skip('needs perf');
  const { faults, stages } = await killRecordings({
    times: TIMES,
    atOnce: 2,
    targets: [
      ['threads', 8],
      ['forks', 0],
    ],
  });
  expect(faults).toEqual([]);
  // All but what was quicker than its killer.
  expect(stages.starting).toBeGreaterThan(0);
  expect(stages.preparing).toBeGreaterThan(0);
});
