import { describe, expect, it } from 'vitest';
import { read } from './read.ts';

const STAMP = '1795643485.478023095 (+     0.000020089)';

describe('a line with the flags of a recording', () => {
  it('becomes a call', () => {
    const { events } = read(
      `18063<sleep> ${STAMP} [ 257] openat(AT_FDCWD</tmp>, "a) = 3", O_RDONLY) = 3</tmp/a) = 3> <0.000007471>\n`,
      { originNs: 1_795_643_485_000_000_000n },
    );
    expect(events).toEqual([
      {
        type: 'begun',
        call: {
          tid: 18063,
          comm: 'sleep',
          stampNs: 478_023_095,
          deltaNs: 20_089,
          nr: 257,
          name: 'openat',
          args: 'AT_FDCWD</tmp>, "a) = 3", O_RDONLY',
          result: 3,
          resultText: '</tmp/a) = 3>',
          durationNs: 7471,
          state: 'done',
          line: 1,
        },
      },
      { type: 'ended', stampNs: 478_023_095, of: 'openat', args: 'AT_FDCWD</tmp>, "a) = 3", O_RDONLY' },
    ]);
  });
});
