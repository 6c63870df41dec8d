import { expect, it } from 'vitest';
import type { Judged } from '../../src/diagnosis/diagnosis.ts';
import { relocated } from '../../src/diagnosis/relocate.ts';

function moved(command: string, proc: string, foreign = true): string | undefined {
  const finding = { facts: [], chain: [], remedies: [{ command, effect: '', risk: '' }] };
  return relocated([finding as unknown as Judged], proc, foreign)[0]?.remedies[0]?.command;
}

const INSIDE = '/proc/4711/root/proc';

it.each([
  ['kill -CONT 1', INSIDE, 'nsenter -t 4711 -p kill -CONT 1'],
  ['kill 17', `${INSIDE}/`, 'nsenter -t 4711 -p kill 17'],
  ['kill 17', '/mnt/proc', '# in the PID namespace of /mnt/proc: kill 17'],
  ['kill 17', '/proc', '# outside of this PID namespace: kill 17'],
  ['procdiag inspect 17 --threads', INSIDE, `procdiag inspect 17 --threads --proc ${INSIDE}`],
  [
    "gdb -p 17 -batch -ex 'thread apply all bt'",
    INSIDE,
    `# in the PID namespace of ${INSIDE}: gdb -p 17 -batch -ex 'thread apply all bt'`,
  ],
  ['strace -c -f -p 17', '/proc', '# outside of this PID namespace: strace -c -f -p 17'],
  [
    'procdiag trace --strace 17 --duration 5',
    '/proc',
    '# outside of this PID namespace: procdiag trace --strace 17 --duration 5',
  ],
  ['nsenter -t 17 -n ss -txanpe', '/proc', '# outside of this PID namespace: nsenter -t 17 -n ss -txanpe'],
  ['fsfreeze --unfreeze /mnt', INSIDE, 'fsfreeze --unfreeze /mnt'],
  ['dmesg -T | tail -50', '/proc', 'dmesg -T | tail -50'],
  ['', INSIDE, ''],
])('%s with the processes of %s: %s', (command, proc, expected) => {
  expect(moved(command, proc)).toBe(expected);
});

it('leaves commands alone where PIDs mean the same', () => {
  expect(moved('kill 17', '/proc', false)).toBe('kill 17');
  expect(moved('kill 17', '/mnt/proc', false)).toBe('kill 17');
});
