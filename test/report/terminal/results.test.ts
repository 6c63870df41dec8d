import { describe, expect, it } from 'vitest';
import { renderResults } from '../../../src/report/terminal/results.ts';
import * as scenes from '../scenes.ts';

const OPTIONS = { width: 80, colour: false, unicode: true, threads: false };

describe('several processes', () => {
  it('of a capture say when and where it was taken, ahead of what to do about it', async () => {
    const results = [
      { pid: 4711, diagnosis: scenes.vforkWait() },
      { pid: 1204, diagnosis: scenes.healthyIdle() },
    ];
    const [live, captured] = await Promise.all(
      [false, true].map(async (of) => (await renderResults(results, { ...OPTIONS, captured: of })).text),
    );
    expect(captured!.endsWith(live!)).toBe(true);
    const head = captured!.slice(0, -live!.length);
    expect(head).toBe(
      'captured on db-7 at 2026-03-04 09:15:02 UTC: what it advises is for that host,\nif its PIDs are still the same\n',
    );
  });

  it('are parted by an empty line, and what failed is told apart', async () => {
    const { text, errors } = await renderResults(
      [
        { pid: 1204, diagnosis: scenes.healthyIdle() },
        { pid: 99, error: { code: 'ERR_NO_PROCESS', message: 'no process\n\u001b[2J 99' } },
        { pid: 4711, diagnosis: scenes.vforkWait() },
      ],
      OPTIONS,
    );
    expect(text).toMatch(/^✔ 1204 nginx HEALTHY[^✖]*\n\n✖ 4711 api-worker HUNG/);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^no process[!-~ ]* 99$/);
  });
});
