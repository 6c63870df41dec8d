import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { maskSignals, signalName } from '../../src/procfs/signals.ts';

it('names the signals as this system does', () => {
  // SIGIOT and SIGPOLL are second names.
  const theirs = Object.entries(constants.signals).filter(([name]) => !['SIGIOT', 'SIGPOLL'].includes(name));
  expect(theirs.map(([, n]) => signalName(n))).toEqual(theirs.map(([name]) => name));
});

it('names real-time signals from SIGRTMIN, and what is no signal by its number', () => {
  expect([34, 35, 64].map(signalName)).toEqual(['SIGRTMIN', 'SIGRTMIN+1', 'SIGRTMIN+30']);
  expect([32, 33, 0, 65].map(signalName)).toEqual(['SIGCANCEL', 'SIGSETXID', 'signal 0', 'signal 65']);
});

it('reads masks', () => {
  expect(maskSignals(0x6n)).toEqual([2, 3]);
  expect(maskSignals(0x180000000n)).toEqual([32, 33]);
  expect(maskSignals(0xfffffffc3bba3a00n)).toContain(64);
  expect(maskSignals(0n)).toEqual([]);
});
