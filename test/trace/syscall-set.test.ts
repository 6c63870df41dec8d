import { expect, test } from 'vitest';
import { callsIn } from '../../src/trace/syscall-set.ts';

const KNOWN = ['read', 'openat', 'stat', 'fork', 'vfork', 'socket', 'shmat'];
const inSet = (set: string) => {
  const found = callsIn(set, KNOWN);
  return found === undefined ? undefined : KNOWN.filter((name) => found.has(name));
};

test.each([
  ['read', ['read']],
  ['read,?nothing,??socket', ['read', 'socket']],
  ['!read,%file', ['fork', 'vfork', 'socket', 'shmat']],
  ['%process', ['fork', 'vfork']],
  ['network,%ipc', ['socket', 'shmat']],
  ['/^v?fork$', ['fork', 'vfork']],
  ['%desc', ['read', 'openat']],
  ['?%%stat', ['stat']],
  ['!%%stat,%desc', ['fork', 'vfork', 'socket', 'shmat']],
  ['all', KNOWN],
  ['none', []],
  ['!none', KNOWN],
])('%s', (set, names) => expect(inSet(set)).toEqual(names));

test.each(['read@32', '17', '/(', '%constructor', '/((\\w+)+)+!', '/\\w*\\w*\\w*\\w*!'])(
  'what %s holds, strace alone knows',
  (set) => expect(inSet(set)).toBeUndefined(),
);
