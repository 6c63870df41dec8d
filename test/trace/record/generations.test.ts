import { join } from 'node:path';
import { expect, test } from 'vitest';
import { analyse } from '../../../src/trace/analyse.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import { openCapture } from '../../../src/trace/record/files/capture.ts';
import { loadRecording } from '../../../src/trace/record/files/load.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/generations');

test.each([
  ['5.10', /^5\.10\./],
  ['6.1', /^6\.1\./],
  ['6.13', /^6\.12\./],
  ['7.2', /^7\.2\./],
])('what strace %s and its perf recorded is read whole and put together', async (version, perfVersion) => {
  const capture = await openCapture(join(FIXTURES, `strace-${version}.tar.gz`));
  try {
    const trace = loadRecording(capture.directory);
    const events: TraceEvent[] = [];
    const { correlation } = analyse({ ...trace.input, sinks: [{ event: (event) => events.push(event) }] });
    trace.close();
    const { strace, perf } = trace.sources();
    expect(strace?.version).toBe(version);
    expect(perf?.version).toMatch(perfVersion);
    expect(strace?.tally).toMatchObject({ refused: 0, foreign: 0, unfinishedLeft: 0, resumedAlone: 0 });
    expect(perf?.complaints).toEqual([]);
    // perf is enabled while the shell waits in the first call of the log.
    expect(correlation).toMatchObject({
      matchRate: 1,
      wrongPairsRefused: 0,
      unmatched: { beforePerf: 1, afterDetach: 0, lostGap: 0, blindThread: 0, other: 0 },
      perfOnly: { afterDetach: 0, other: 0 },
    });
    expect(correlation!.matched).toBe(strace!.tally.calls - 1);
    expect(correlation!.matched).toBeGreaterThan(300);
    // Three pipelines of two, and a subshell that starts sleep; one of them ends with 3.
    const spawned = events.filter((event) => event.type === 'spawn');
    expect(spawned.length).toBe(8);
    expect(spawned.every(({ sources }) => sources.length === 2)).toBe(true);
    expect(events).toContainEqual(expect.objectContaining({ type: 'exit', status: 3 }));
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'exec', path: '/usr/bin/sleep', sources: ['strace', 'perf'] }),
    );
    // The states of a call add up to its time.
    const calls = events.filter((event) => event.type === 'syscall');
    for (const one of calls) {
      if (one.onCpuNs === undefined) continue;
      const sum = one.onCpuNs + one.runnableNs! + one.blockedNs! + one.ptraceNs!;
      expect(Math.abs(sum - one.durationNs - one.ptraceNs!)).toBeLessThanOrEqual(1000);
    }
    expect(calls.some(({ stack }) => stack?.includes('do_wait') === true)).toBe(true);
  } finally {
    await capture.close();
  }
});
