import { execFileSync } from 'node:child_process';
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { errnoFromMessage } from '../../src/procfs/errno-from-text.ts';

it.each([
  ['No such file or directory', 'ENOENT'],
  ['Permission denied', 'EACCES'],
  ['Operation not permitted', 'EPERM'],
  ['No such process', 'ESRCH'],
  ['Invalid argument', 'EINVAL'],
  ['Input/output error', 'EIO'],
  ['Transport endpoint is not connected', 'ENOTCONN'],
  ['Too many levels of symbolic links', 'ELOOP'],
  ['File name too long', 'ENAMETOOLONG'],
  ['Is a directory', 'EISDIR'],
  ['Resource temporarily unavailable', 'EAGAIN'],
  ['grep: /proc/1/stack: Permission denied', 'EACCES'],
  ['find: ‘/proc/9/fd’: No such file or directory\n', 'ENOENT'],
  ['binary file matches', undefined],
  ['', undefined],
])('%j is %s', (message, errno) => {
  expect(errnoFromMessage(message)).toBe(errno);
});

it('agrees with what a system tool prints', () => {
  let message = '';
  try {
    execFileSync('cat', ['/proc/self/no-such-file'], {
      env: { LC_ALL: 'C', PATH: process.env.PATH },
      stdio: 'pipe',
    });
  } catch (error) {
    message = String((error as { stderr: Buffer }).stderr);
  }
  expect(errnoFromMessage(message)).toBe('ENOENT');
});

it('gives names that Node knows', () => {
  expect(Object.keys(constants.errno)).toContain(errnoFromMessage('Stale file handle'));
});
