import { expect, it } from 'vitest';
import { fdTarget, parseFdLinks } from '../../src/procfs/fd-links.ts';
import { recorded } from './recorded.ts';

it('reads names, directions and targets, and leaves the directory itself out', () => {
  const links = parseFdLinks(recorded('fd-links'));
  expect(links[0]).toEqual({ fd: 0, name: '0', access: 'r', target: '/dev/null' });
  expect(links).toContainEqual({ fd: 4, name: '4', access: 'w', target: 'pipe:[134857]' });
  expect(links).toContainEqual({ fd: 5, name: '5', access: 'rw', target: 'anon_inode:[eventpoll]' });
  expect(links).toContainEqual({ fd: 24, name: '24', access: '', target: '/tmp' });
  expect(links).toContainEqual({ fd: 23, name: '23', access: 'rw', target: '/tmp/demo/gone\tnow (deleted)' });
  expect(links.at(-1)).toEqual({ fd: Number.NaN, name: 'exe', access: 'rw', target: '/usr/bin/python3.11' });
  expect(links.some(({ name }) => name === 'fd')).toBe(false);
});

it('keeps newlines in targets and takes a last record without its NUL', () => {
  expect(parseFdLinks('3\tlr-x------\t/a\nb\x004\tl-wx------\tpipe:[7]')).toMatchObject([
    { fd: 3, target: '/a\nb' },
    { fd: 4, target: 'pipe:[7]' },
  ]);
  expect(parseFdLinks('3\tlr-x\x00\x00x')).toEqual([]);
});

it('knows every target of the recorded process', () => {
  const kinds = parseFdLinks(recorded('fd-links')).map(({ target }) => fdTarget(target).kind);
  expect(kinds).not.toContain('other');
});

it.each([
  ['pipe:[129]', { kind: 'pipe', inode: 129 }],
  ['socket:[5]', { kind: 'socket', inode: 5 }],
  ['anon_inode:[eventpoll]', { kind: 'anon', name: 'eventpoll' }],
  ['anon_inode:inotify', { kind: 'anon', name: 'inotify' }],
  ['anon_inode:seccomp notify', { kind: 'anon', name: 'seccomp notify' }],
  ['anon_inode:[userfaultfd]', { kind: 'anon', name: 'userfaultfd' }],
  ['anon_inode:[pidfd]', { kind: 'anon', name: 'pidfd' }],
  ['pidfd:[4711]', { kind: 'anon', name: 'pidfd', inode: 4711 }],
  ['anon_inode:bpf-map', { kind: 'anon', name: 'bpf-map' }],
  ['net:[4026531833]', { kind: 'ns', name: 'net', inode: 4026531833 }],
  ['/memfd:cache one (deleted)', { kind: 'memfd', name: 'cache one' }],
  ['/var/log/x (deleted)', { kind: 'deleted', path: '/var/log/x' }],
  ['/dev/pts/3', { kind: 'file', path: '/dev/pts/3' }],
  ['(unreachable)/x', { kind: 'file', path: '(unreachable)/x' }],
  ['pipe:[12', { kind: 'other' }],
  ['', { kind: 'other' }],
])('%j', (target, expected) => {
  expect(fdTarget(target)).toEqual(expected);
});
