import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { describeUnless, whyNoRecording } from '../support/recorders.ts';
import { imported, workplace } from '../trace/record/import/imported.ts';

const why = await whyNoRecording();

const EVENTS = 'raw_syscalls:sys_enter,raw_syscalls:sys_exit,sched:sched_switch';
const PROGRAM = 'for i in 1 2 3; do echo $i | cat; done; (sleep 0.02; exit 3) & wait';

/** As people record: perf around strace around a program, so that perf sees strace too. */
async function record(flags: {
  perf: readonly string[];
  strace: readonly string[];
  around?: readonly string[];
}) {
  const place = workplace();
  const log = join(place, 'strace.log');
  const data = join(place, 'perf.data');
  await execa(
    'perf',
    [
      ...['record', '-q', '-m', '2M', ...flags.perf, '-e', EVENTS, '-o', data, '--'],
      ...(flags.around ?? []),
      ...['strace', ...flags.strace, '-o', log, 'sh', '-c', PROGRAM],
    ],
    { env: { TZ: 'UTC0' } },
  );
  return imported({ strace: [log], perf: [data] });
}

const { failed: noNamespace } = await execa('unshare', ['--pid', '--fork', '--mount-proc', 'true'], {
  reject: false,
});

describeUnless(why, 'what strace and perf recorded just now', () => {
  test.each([
    { perf: ['-k', 'CLOCK_MONOTONIC'], strace: ['-f', '-ttt', '-T'], clock: /by perf's own header/ },
    { perf: ['-k', 'CLOCK_MONOTONIC'], strace: ['-f', '-tt', '-T', '-y'], clock: /The log's times are UTC/ },
    { perf: [], strace: ['-f', '-ttt', '-T'], clock: /by the calls themselves/ },
    { perf: [], strace: ['-ff', '-ttt'], clock: /by the calls themselves/ },
    { perf: ['-k', 'CLOCK_MONOTONIC'], strace: ['-f', '-r'], clock: /by the calls themselves/ },
  ])('$perf $strace', async ({ perf, strace, clock }) => {
    const { analysed, notes, events, trace } = await record({ perf, strace });
    expect(notes).toMatch(clock);
    expect(notes).toContain('only the threads count that strace traced');
    const { correlation } = analysed;
    expect(correlation).toMatchObject({ matchRate: 1, wrongPairsRefused: 0 });
    expect(correlation!.matched).toBe(correlation!.straceSyscalls - correlation!.unmatched.lostGap);
    expect(correlation!.matched).toBeGreaterThan(200);
    expect(events).toContainEqual(expect.objectContaining({ type: 'exit', status: 3 }));
    expect(trace.target).toMatchObject({
      pid: events.find(({ type }) => type === 'syscall')?.pid,
      comm: 'sh',
    });
  });

  test.skipIf(noNamespace)(
    `strace in a PID namespace of its own${noNamespace ? ' (unshare cannot make one)' : ''}`,
    async () => {
      const { analysed, notes, trace } = await record({
        perf: [],
        strace: ['-f', '-ttt', '-T'],
        around: ['unshare', '--pid', '--fork', '--mount-proc'],
      });
      expect(notes).toMatch(/are of another PID namespace than perf's/);
      expect(analysed.correlation).toMatchObject({ matchRate: 1, wrongPairsRefused: 0 });
      expect(analysed.correlation!.matched).toBeGreaterThan(200);
      expect(trace.target.pid).toBeGreaterThan(10);
    },
  );
});
