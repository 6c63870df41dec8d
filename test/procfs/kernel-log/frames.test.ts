import { describe, expect, it } from 'vitest';
import { baseName, parseFrameLine } from '../../../src/procfs/kernel-log/frames.ts';

const names = (line: string): string[] | undefined =>
  parseFrameLine(line)?.frames.map(({ name, module, uncertain }) =>
    [uncertain ? '?' : '', name, module === undefined ? '' : `@${module}`].join(''),
  );

describe('parseFrameLine', () => {
  it.each([
    ['/proc/PID/stack', '[<0>] do_wait+0x1f/0x30', ['do_wait']],
    ['with a module', '[<0>] rpc_wait_bit_killable+0x24/0x40 [sunrpc]', ['rpc_wait_bit_killable@sunrpc']],
    ['with a build id', 'foo+0x1/0x2 [nfs 0123456789abcdef0123456789abcdef01234567]', ['foo@nfs']],
    ['x86', '__schedule+0x528/0x1060', ['__schedule']],
    ['a leftover', '? __pfx_bit_wait_io+0x10/0x10', ['?__pfx_bit_wait_io']],
    ['x86 before 4.10', '[<ffffffff8168dce9>] schedule+0x29/0x70', ['schedule']],
    [
      'x86 before 4.10, a leftover',
      '[<ffffffff81087fb0>] ? autoremove_wake_function+0x0/0x40',
      ['?autoremove_wake_function'],
    ],
    ['addresses that HTML ate', '[] rpc_execute+0x43/0x50 [sunrpc]', ['rpc_execute@sunrpc']],
    ['arm64', '__switch_to+0xec/0x1a0 (T)', ['__switch_to']],
    ['s390', '([<000000065256f030>] __schedule+0x2a0/0x590)', ['__schedule']],
    ['ppc64', '[c000000049a87880] [c00000000138d5ec] schedule_timeout+0x36c/0x810', ['schedule_timeout']],
    ['ppc64, not reliable', '[c0000000fe] [c000000000] .schedule+0x1/0x2 (unreliable)', ['?schedule']],
    ['arm', '[<80c1eb20>] (schedule) from [<80c1ec14>] (io_schedule+0x48/0x6c)', ['schedule']],
    ['ppc32', '[C5BC1C20] [C02D3B28] schedule+0x680/0x734', ['schedule']],
    ['i386 of 2.6.1x', '<c03e1e7c> io_schedule+0x26/0x30', ['io_schedule']],
    ['a module of 2.6', '[<ffffffff880a0189>] :saa7146:saa7146_wait+0x159/0x260', ['saa7146_wait']],
    ['arm, wrapped', '[<809fa760>] (schedule) from', ['schedule']],
    [
      'arm, a module',
      '[<7f5ae684>] (ovl_dir_release [overlay]) from [<803359f0>] (__fput+0x90/0x25c)',
      ['ovl_dir_release@overlay'],
    ],
    ['arm since 5.18', ' schedule from io_schedule+0x48/0x6c'.trim(), ['schedule']],
    ['compiler suffixes', 'nfs3_rpc_wrapper.clone.0+0x35/0x80', ['nfs3_rpc_wrapper']],
    ['decode_stacktrace', 'schedule (kernel/sched/core.c:6773 (discriminator 1))', ['schedule']],
    ['syzbot, inlined', 'context_switch kernel/sched/core.c:2859 [inline]', ['context_switch']],
    ['syzbot', '__schedule+0x8af/0x1e40 kernel/sched/core.c:3508', ['__schedule']],
    ['crash', '#3 [ffffc90000123d48] io_schedule at ffffffff8168abcd', ['io_schedule']],
    ['gdb', '#1  0xffffffff81123456 in schedule () at kernel/sched/core.c:1', ['schedule']],
    ['ftrace', '=> do_wait', ['do_wait']],
    ['klogd', '[<c0105c2d>] [schedule_timeout+20/160]', undefined],
    ['klogd alone', '[schedule_timeout+20/160]', ['schedule_timeout']],
    ['klogd and kernel', '[tcp_recvmsg+17/34] tcp_recvmsg+0x11/0x22', ['tcp_recvmsg']],
    ['annotated', 'bch_btree_node_get+0x1/0x2 [bcache]   <<< waits here', ['bch_btree_node_get@bcache']],
    [
      'old one-line traces',
      '[<c0119a5a>] schedule+0x2a/0x90 [<c0130000>] sys_pause+0x1/0x2',
      ['schedule', 'sys_pause'],
    ],
  ])('%s', (what, line, expected) => {
    expect(names(line)).toEqual(what === 'klogd' ? ['schedule_timeout'] : expected);
  });

  it('sees columns', () => {
    const parsed = parseFrameLine('[<0>] ptrace_stop+0x148/0x2b0     [<0>] do_sys_poll+0x508/0x5c0');
    expect(parsed).toMatchObject({ columns: true, starts: [0, 34] });
  });

  it.each([
    'RIP: 0010:copy_page+0x7/0x10',
    'pc : __switch_to+0x1/0x2',
    'NIP [c000000000] schedule+0x1/0x2',
    '#0: ffff888 (rtnl_mutex){+.+.}-{3:3}, at: rtnl_lock+0x1/0x2',
    '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
    'Workqueue: writeback wb_workfn (flush-8:0)',
    '[<0>] 0xffffffffffffffff',
    'Code: 24 60 48 8b',
    'I saw this from time to time',
    'loop0: detected capacity change from 0 to 32768',
    '</TASK>',
    '1 + 2',
    '',
  ])('refuses %j', (line) => {
    expect(parseFrameLine(line)).toBeUndefined();
  });
});

describe('baseName', () => {
  it.each([
    ['poll_schedule_timeout.constprop.0', 'poll_schedule_timeout'],
    ['seccomp_do_user_notification.isra.0', 'seccomp_do_user_notification'],
    ['audit_reset_context.part.0.constprop.0', 'audit_reset_context'],
    ['foo.cold', 'foo'],
    ['foo.llvm.1234567', 'foo'],
    ['.schedule', 'schedule'],
    ['plain', 'plain'],
  ])('%s is %s', (name, expected) => {
    expect(baseName(name)).toBe(expected);
  });
});
