import type { TraceHead } from '../../../src/report/trace/output.ts';
import type { TraceSummary } from '../../../src/report/trace/summary.ts';
import type { Role } from './scripts.ts';

export const TASKS: readonly [tid: number, pid: number, comm: string, role: Role][] = [
  [4711, 4711, 'node', 'main'],
  [4712, 4711, 'libuv-worker', 'worker'],
  [4713, 4711, 'libuv-worker', 'worker'],
  [4714, 4711, 'libuv-worker', 'worker'],
  [4715, 4711, 'libuv-worker', 'worker'],
  [4730, 4730, 'postgres', 'backend'],
  [4731, 4731, 'postgres', 'backend'],
  [4760, 4760, 'sh', 'shell'],
];

export const HEAD: TraceHead = {
  toolVersion: '0.1.0',
  clock: { originNs: 9_007_199_254_740_993_123n, offsetNs: 1_700_000_000_000_000_000n, offsetErrorNs: 1800 },
  target: { pid: 4711, comm: 'node' },
  recordedAt: '2026-03-14T09:26:53Z',
  tasks: TASKS.map(([tid, pid, comm]) => ({ tid, pid, comm })),
};

/** Made up as well: it need not fit the events. */
export const SUMMARY: TraceSummary = {
  story: [
    'node waited for 81 % of the time, most of it in epoll_wait for its workers and for the database.',
    'The longest wait was wait4 of 4760 sh: of its 301 ms, 250 ms are the nanosleep of 4803 sleep.',
    'postgres 4731 spent 34 % of the time in fsync of its write-ahead log.',
  ],
  findings: [
    {
      severity: 'warning',
      title: 'fsync on the path of requests',
      text: '212 requests waited for fsync in 4731 postgres, 9.1 ms each.',
      tid: 4731,
      atNs: 5_000_000,
    },
    {
      severity: 'info',
      title: 'a file looked for in vain',
      text: '/srv/app/.env.local does not exist and is opened for every request.',
    },
  ],
  facts: [
    { name: 'matched', value: '99.997 % of 61 204 eligible calls' },
    { name: 'clock error', value: '1.8 µs' },
    { name: 'sources', value: 'strace 6.1, perf 6.1' },
    { name: 'lost', value: 'nothing' },
  ],
  tables: [
    {
      title: 'Processes',
      note: 'Everything that was started, and what became of it.',
      columns: [
        { title: 'process', kind: 'tid' },
        { title: 'command', kind: 'text' },
        { title: 'started', kind: 'time' },
        { title: 'lived', kind: 'duration' },
        { title: 'end', kind: 'text' },
      ],
      rows: [
        [4800, 'date', 3_400_000, 900_000, 'exit 0, reaped by 4760 after 0.2 ms'],
        [4801, 'sleep 0.05', 9_400_000, 52_000_000, 'exit 0, reaped by 4760 after 0.1 ms'],
      ],
    },
    {
      title: 'Descriptors',
      note: 'Left open at the end, with the call that made each.',
      columns: [
        { title: 'fd', kind: 'count' },
        { title: 'process', kind: 'tid' },
        { title: 'what', kind: 'text' },
        { title: 'made by', kind: 'text' },
      ],
      rows: [
        [24, 4711, '/srv/app/data/orders.db', 'openat'],
        [25, 4711, 'socket:[88213]', 'accept4'],
      ],
    },
    {
      title: 'Signals',
      columns: [
        { title: 'signal', kind: 'text' },
        { title: 'sent', kind: 'count' },
        { title: 'handled', kind: 'count' },
      ],
      rows: [['SIGCHLD', 14, 14]],
    },
    {
      title: 'Watches',
      columns: [
        { title: 'what', kind: 'text' },
        { title: 'added', kind: 'count' },
        { title: 'left', kind: 'count' },
      ],
      rows: [['epoll', 31, 4]],
    },
    {
      title: 'Correlation',
      note: 'How well the two sources agree.',
      columns: [
        { title: 'figure', kind: 'text' },
        { title: 'calls', kind: 'count' },
        { title: 'share', kind: 'ratio' },
      ],
      rows: [
        ['matched', 61_202, 0.99997],
        ['before perf', 2, 0.00003],
      ],
    },
  ],
};
