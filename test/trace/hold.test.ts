import { expect, test } from 'vitest';
import { commandsOwn, Hold } from '../../src/trace/hold.ts';
import { Ledgers } from '../../src/trace/ledgers/ledgers.ts';
import { told } from './ledgers/told.ts';

const HELD = `
  10 1 read(0<socket:[7]>, "g", 1) = 1
  10 2 dup2(10</dev/null>, 0<socket:[7]>) = 0</dev/null>
  10 3 close(10</dev/null>) = 0
  11 4 close(9) = 0
  10 5 execve("/bin/true", ["/bin/true"], 0x55 /* 7 vars */) = 0
  10 6 exec /bin/true ["/bin/true"]
  10 7 close(3) = 0
  10 8 exit 0
`;

test('what the shell that holds a command does is none of the command, and of others nothing is left out', () => {
  const hold = new Hold(10);
  const left = told(HELD).filter((event) => !hold.has(event));
  expect(left.map((event) => ('name' in event ? event.name : event.type))).toEqual([
    'close',
    'execve',
    'exec',
    'close',
    'exit',
  ]);
  const attached = new Hold(undefined);
  expect(told(HELD).filter((event) => attached.has(event))).toEqual([]);
});

test('an interpreter that executes that shell does not end the hold', () => {
  const hold = new Hold(10);
  const events = told(`
    10 1 execve("/bin/sh", ["/bin/sh", "-c", "read", "procdiag-held", "/bin/true"], 0x55) = 0
    10 2 exec /bin/sh ["/bin/sh", "-c", "read", "procdiag-held", "/bin/true"]
    10 3 close(9) = 0
    10 4 exec /bin/true ["/bin/true"]
  `);
  expect(events.map((event) => hold.has(event))).toEqual([true, true, true, false]);
});

test('a command begins with its own descriptors, not with those that its shell was held by', () => {
  const fds = [
    [0, 'socket:[7]'],
    [1, 'pipe:[5]'],
    [3, 'socket:[7]'],
    [10, '/dev/null'],
    [251, 'pipe:[9]'],
  ] as const;
  const [own, other] = commandsOwn(
    [
      { pid: 10, fds },
      { pid: 12, fds },
    ],
    10,
  );
  expect(own?.fds).toEqual([
    [0, '/dev/null'],
    [1, 'pipe:[5]'],
    [251, 'pipe:[9]'],
  ]);
  expect(other?.fds).toEqual(fds);
});

test('the ledgers of a held command count what it does from its exec on', () => {
  const hold = new Hold(10);
  const ledgers = new Ledgers();
  for (const event of told(HELD)) if (!hold.has(event)) ledgers.event(event);
  const { descriptors, processes } = ledgers.finish();
  expect(descriptors.totals.duplicated).toBe(0);
  expect(processes.totals.execs).toBe(1);
});
