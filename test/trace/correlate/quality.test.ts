import { describe, expect, test } from 'vitest';
import { QualityCounter } from '../../../src/trace/correlate/quality.ts';

describe('a gap of perf', () => {
  const lossesOf = (told: (quality: QualityCounter) => void) => {
    const quality = new QualityCounter();
    told(quality);
    return quality.finish({}).unmatched;
  };

  test('explains the calls whose time meets it, told before it or after', () => {
    const losses = lossesOf((quality) => {
      quality.lose('other', 100, 200);
      quality.lose('other', 250, 300);
      quality.lose('neverBegun', 350, 400);
      quality.gap(300, 500);
      quality.lose('other', 450, 600);
      quality.lose('neverBegun', 500, 600);
      quality.lose('other', 501, 700);
      quality.lose('afterDetach', 501, 700);
    });
    expect(losses).toMatchObject({ other: 2, neverBegun: 0, lostGap: 4, afterDetach: 1 });
  });

  test('explains nothing that an earlier one has explained already', () => {
    const losses = lossesOf((quality) => {
      quality.lose('other', 100, 200);
      quality.gap(150, 210);
      quality.gap(150, 220);
      quality.gap(0, 230);
    });
    expect(losses).toMatchObject({ other: 0, lostGap: 1 });
  });

  test('is one of tens of thousands, between as many calls', () => {
    const losses = lossesOf((quality) => {
      for (let nth = 0; nth < 50_000; nth++) {
        quality.lose('other', nth * 100, nth * 100 + 50);
        if (nth % 2 === 1) quality.gap(nth * 100 + 40, nth * 100 + 60);
      }
    });
    expect(losses).toMatchObject({ other: 25_000, lostGap: 25_000 });
  });
});
