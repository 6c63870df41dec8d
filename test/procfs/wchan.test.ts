import { expect, it } from 'vitest';
import { parseWchan } from '../../src/procfs/wchan.ts';
import { recorded } from './recorded.ts';

it.each([
  [recorded('wchan.flock-waiter'), 'locks_lock_inode_wait'],
  ['poll_schedule_timeout.constprop.0', 'poll_schedule_timeout'],
  ['sigsuspend.isra.0', 'sigsuspend'],
  ['seccomp_do_user_notification.isra.0.part.12', 'seccomp_do_user_notification'],
  ['do_exit.cold', 'do_exit'],
  ['do_wait\n', 'do_wait'],
  ['0', undefined],
  ['', undefined],
  ['not a symbol', undefined],
])('%j is %s', (text, symbol) => {
  expect(parseWchan(text)).toBe(symbol);
});
