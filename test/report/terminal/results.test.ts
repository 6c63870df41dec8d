import { describe, expect, it } from 'vitest';
import { renderResults } from '../../../src/report/terminal/results.ts';
import * as scenes from '../scenes.ts';

const OPTIONS = { width: 80, colour: false, unicode: true, threads: false };

describe('several processes', () => {
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
