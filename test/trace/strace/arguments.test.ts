import { describe, expect, it } from 'vitest';
import {
  argumentNamed,
  bytesOf,
  fdOf,
  fieldOf,
  flagsOf,
  numberIn,
  stringOf,
  waitStatusOf,
} from '../../../src/trace/strace/arguments/ask.ts';
import { parseArguments } from '../../../src/trace/strace/arguments/parse.ts';
import { targetOf } from '../../../src/trace/strace/arguments/target.ts';

const one = (text: string) => parseArguments(text)[0];

describe('arguments', () => {
  it('are numbers, constants and strings', () => {
    const [where, path, flags, mode] = parseArguments(
      'AT_FDCWD</tmp>, "a\\) = 3, \\"\\303\\244\\n\\33", O_RDWR|O_CREAT|0x4, 0600',
    );
    expect(fdOf(where)).toEqual({ fd: -100, target: { text: '/tmp', deleted: false } });
    expect(stringOf(path)).toBe('a) = 3, "ä\n\u001b');
    expect(flagsOf(flags)).toEqual(['O_RDWR', 'O_CREAT', '0x4']);
    expect(numberIn(mode)).toBe(0o600);
  });

  it('are structs, with what is left out', () => {
    const [fd, status] = parseArguments(
      '3, {st_mode=S_IFREG|0644, st_rdev=makedev(0x88, 0x1), st_size=12, ...}',
    );
    expect(fdOf(fd)).toEqual({ fd: 3 });
    expect(status).toMatchObject({ kind: 'struct', elided: true });
    expect(flagsOf(fieldOf(status, 'st_mode'))).toEqual(['S_IFREG', '0644']);
    expect(fieldOf(status, 'st_rdev')).toMatchObject({ kind: 'macro', macro: 'makedev' });
    expect(numberIn(fieldOf(status, 'st_size'))).toBe(12);
    expect(fieldOf(status, 'st_ino')).toBeUndefined();
  });

  it('are lists of descriptors and strings, whatever these hold, and lists with indexes', () => {
    expect(one('[0</]=\\74unfinished ...\\76>]')).toMatchObject({
      kind: 'array',
      items: [{ kind: 'number', value: 0, shown: '</]=\\74unfinished ...\\76>' }],
    });
    expect(one('["]="]')).toMatchObject({ kind: 'array', items: [{ kind: 'string', quoted: ']=' }] });
    expect(one('[[0]=7, [SIGHUP]=8]')).toMatchObject({ kind: 'array', items: [{ value: 7 }, { value: 8 }] });
  });

  it('are structs without names, of strace 4.x', () => {
    expect(one('{EPOLLIN, {u32=6274288, u64=6274288}}')).toMatchObject({
      kind: 'struct',
      fields: [
        { kind: 'flags', names: ['EPOLLIN'] },
        { kind: 'struct', fields: [{ name: 'u32', value: 6274288 }, { name: 'u64' }] },
      ],
    });
  });

  it('have comments', () => {
    const [path, argv, environment] = parseArguments('"/bin/sh", ["sh", "-c", ""], 0x7ffe /* 42 vars */');
    expect(stringOf(path)).toBe('/bin/sh');
    expect(argv).toMatchObject({
      kind: 'array',
      items: [{ quoted: 'sh' }, { quoted: '-c' }, { quoted: '' }],
    });
    expect(environment).toMatchObject({ kind: 'number', value: 0x7ffe, comment: '42 vars' });
    expect(one('[/* 44 vars */]')).toMatchObject({
      kind: 'array',
      items: [{ kind: 'note', comment: '44 vars' }],
    });
  });

  it('are sets', () => {
    expect(one('~[RTMIN RT_1]')).toMatchObject({ kind: 'set', inverted: true });
    expect(flagsOf(one('~[RTMIN RT_1]'))).toEqual(['RTMIN', 'RT_1']);
    expect(flagsOf(one('[HUP INT]'))).toEqual(['HUP', 'INT']);
    expect(flagsOf(one('[CHLD]'))).toEqual(['CHLD']);
    expect(flagsOf(one('[3 5]'))).toEqual(['3', '5']);
    expect(one('~[]')).toMatchObject({ kind: 'set', inverted: true, items: [] });
  });

  it('change', () => {
    expect(one('[16 => 28]')).toMatchObject({
      kind: 'array',
      items: [{ value: 16, changed: { value: 28 } }],
    });
    const [options, size] = parseArguments(
      '{flags=CLONE_VM|CLONE_THREAD, exit_signal=0} => {parent_tid=[88]}, 88',
    );
    expect(flagsOf(fieldOf(options, 'flags'))).toEqual(['CLONE_VM', 'CLONE_THREAD']);
    expect(fieldOf(options, 'parent_tid')).toMatchObject({ kind: 'array', items: [{ value: 88 }] });
    expect(numberIn(size)).toBe(88);
    expect(fieldOf(one('{msg_namelen=128->12}'), 'msg_namelen')).toMatchObject({
      value: 128,
      changed: { value: 12 },
    });
  });

  it('have names of their own', () => {
    const list = parseArguments('child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f12');
    expect(argumentNamed(list, 'child_stack')).toMatchObject({ kind: 'null' });
    expect(flagsOf(argumentNamed(list, 'flags'))).toEqual(['CLONE_CHILD_CLEARTID', 'SIGCHLD']);
  });

  it('are products, shifts and alternatives', () => {
    expect(numberIn(fieldOf(one('{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}'), 'rlim_cur'))).toBe(
      8192 * 1024,
    );
    expect(flagsOf(one('1<<CAP_CHOWN|1<<CAP_KILL'))).toEqual(['1<<CAP_CHOWN', '1<<CAP_KILL']);
    expect(flagsOf(one('SNDCTL_TMR_TIMEBASE or TCGETS'))).toEqual(['SNDCTL_TMR_TIMEBASE', 'TCGETS']);
  });

  it('say what wait saw', () => {
    expect(waitStatusOf(one('[{WIFEXITED(s) && WEXITSTATUS(s) == 3}]'))).toEqual({ status: 3 });
    expect(waitStatusOf(one('[{WIFSIGNALED(s) && WTERMSIG(s) == SIGQUIT && WCOREDUMP(s)}]'))).toEqual({
      signal: 'SIGQUIT',
      core: true,
    });
    expect(waitStatusOf(one('[{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}]'))).toEqual({
      signal: 'SIGSTOP',
      stopped: true,
    });
    expect(waitStatusOf(one('[{WIFCONTINUED(s)}]'))).toEqual({ continued: true });
    expect(waitStatusOf(one('NULL'))).toBeUndefined();
  });

  it('are cut strings, bytes, and nothing', () => {
    expect(one('"abc"...')).toMatchObject({ kind: 'string', truncated: true });
    expect(bytesOf(one('"\\x00\\xff\\1771\\0"'))).toBe('\0\xff\x7f1\0');
    expect(stringOf(one('@"/tmp/dbus"'))).toBe('\0/tmp/dbus');
    expect(parseArguments('')).toEqual([]);
    expect(stringOf(one('0x1234'))).toBeUndefined();
  });

  it('are opaque where they cannot be read, and the rest is read', () => {
    expect(parseArguments('1, "x", 26hello (world), 5')).toMatchObject([
      { value: 1 },
      { quoted: 'x' },
      { kind: 'opaque', text: '26hello (world)' },
      { value: 5 },
    ]);
    expect(parseArguments(`${'['.repeat(5000)}1${']'.repeat(5000)}, 2`).at(-1)).toMatchObject({ value: 2 });
  });
});

describe('what a descriptor is', () => {
  it('is told by -y and -yy', () => {
    expect(targetOf('</tmp/c\\76d\\74e \\303\\244>')).toEqual({ text: '/tmp/c>d<e ä', deleted: false });
    expect(targetOf('</memfd:m>(deleted)')).toEqual({ text: '/memfd:m', deleted: true });
    expect(targetOf('</dev/null<char 1:3>>')).toEqual({
      text: '/dev/null',
      deleted: false,
      device: 'char 1:3',
    });
    expect(targetOf('<pipe:[270170]>')).toMatchObject({ type: 'pipe', inside: '270170' });
    expect(targetOf("<true> /* 18097 in strace's PID NS */")).toEqual({ text: 'true', deleted: false });
    expect(targetOf('<TCP:[127.0.0.1:58085->127.0.0.1:80]>')).toMatchObject({
      type: 'TCP',
      local: '127.0.0.1:58085',
      remote: '127.0.0.1:80',
    });
    expect(fdOf(one('5<UNIX-STREAM:[1->2,"/run/x)>"]>'))).toMatchObject({
      fd: 5,
      target: { type: 'UNIX-STREAM' },
    });
  });
});
