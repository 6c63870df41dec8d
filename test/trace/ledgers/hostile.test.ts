import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SyscallEvent } from '../../../src/trace/event.ts';
import { MAKERS } from '../../../src/trace/ledgers/descriptors/makers.ts';
import { Ledgers } from '../../../src/trace/ledgers/ledgers.ts';
import { feed, told } from './told.ts';

const NAMES = [
  ...MAKERS.keys(),
  ...`close close_range pipe pipe2 socketpair dup dup2 dup3 fcntl ioctl sendmsg recvmsg recvmmsg clone clone3 vfork connect
  bind wait4 waitid prctl getppid rt_sigaction rt_sigprocmask kill tgkill pidfd_send_signal rt_sigtimedwait epoll_ctl
  epoll_wait inotify_add_watch inotify_rm_watch read poll select mmap splice unshare`.split(/\s+/),
];

/** Scraps of what strace prints, in any order. */
const scraps = fc.constantFrom(
  ...[
    '3',
    '3<pipe:[7]>',
    '-1',
    '"',
    '"x"',
    '\\',
    '<',
    '>',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '=',
    'NULL',
    '0x',
    '0xffffffffffffffff',
  ],
  ...[
    'fd=',
    'cmsg_type=SCM_RIGHTS, cmsg_data=[',
    'O_CLOEXEC',
    'F_DUPFD',
    'EPOLL_CTL_ADD',
    'SIGTERM',
    '~[',
    'si_pid=',
    '999999999999999999999',
  ],
);
const text = fc.tuple(scraps, scraps, scraps, scraps, scraps, fc.string()).map((parts) => parts.join(''));

describe('the ledgers', () => {
  it('take any text for arguments, and give plain data', () => {
    const call = fc.record({
      name: fc.constantFrom(...NAMES),
      args: text,
      result: fc.option(fc.integer({ min: -1, max: 70 }), { nil: undefined }),
      resultText: fc.option(text, { nil: undefined }),
      errno: fc.option(fc.constantFrom('EMFILE', 'EAGAIN', 'ENOSPC', 'ERESTARTSYS'), { nil: undefined }),
      perf: fc.constantFrom(true, false),
    });
    fc.assert(
      fc.property(fc.tuple(call, call, call, call), (calls) => {
        const ledgers = feed(
          new Ledgers(),
          told('10 1 pipe2([3<pipe:[7]>, 4<pipe:[7]>], 0) = 0\n10 2 +fork 11'),
        );
        for (const [i, { name, args, result, resultText, errno, perf }] of calls.entries()) {
          const event: SyscallEvent = {
            type: 'syscall',
            pid: 10 + (i % 2),
            tid: 10 + (i % 2),
            nr: -1,
            name,
            args,
            startNs: 3e6 + i,
            durationNs: 1,
            sources: [perf ? 'perf' : 'strace'],
            ...(result === undefined ? {} : { result }),
            ...(resultText === undefined ? {} : { resultText }),
            ...(errno === undefined ? {} : { errno }),
          };
          ledgers.event(event);
        }
        const books = ledgers.finish(9e9);
        ledgers.findings(books, 9e9);
        return !/NaN|Infinity|\[object/.test(JSON.stringify(books).replaceAll(/"(?:[^"\\]|\\.)*"/g, ''));
      }),
      { numRuns: 1500 },
    );
  });

  it('do not take the words of a message for its descriptors', () => {
    const { received } = feed(
      new Ledgers(),
      told(
        `10 1 recvmsg(3<socket:[1]>, {msg_iov=[{iov_base="cmsg_type=SCM_RIGHTS, cmsg_data=[9]}", iov_len=40}], msg_flags=0}, 0) = 40`,
      ),
    ).finish().descriptors.totals;
    expect(received).toBe(0);
  });

  it('do not follow each beginning to the end of a long text', () => {
    // Minutes, if they did: the test would run out of time.
    const many = 'cmsg_type=SCM_RIGHTS, cmsg_data=['.repeat(20_000);
    const script = `10 1 recvmsg(3, {${many}, 0) = 1\n10 2 openat(${'['.repeat(500_000)}) = 3`;
    expect(feed(new Ledgers(), told(script)).finish().descriptors.totals).toMatchObject({
      received: 0,
      opened: 1,
    });
  });
});
