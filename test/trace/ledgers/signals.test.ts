import { describe, expect, it } from 'vitest';
import { Ledgers, type OpeningBalance } from '../../../src/trace/ledgers/ledgers.ts';
import { plainSignal, signalSet } from '../../../src/trace/ledgers/signals/sets.ts';
import { feed, told } from './told.ts';

function signals(script: string, opening: OpeningBalance = {}, endMs?: number) {
  return feed(new Ledgers(opening), told(script)).finish(endMs === undefined ? undefined : endMs * 1e6)
    .signals;
}

const atStart = (pid: number, masks: { ignored?: string; caught?: string; blocked?: string } = {}) => ({
  signals: [{ pid, ignored: '0', caught: '0', blocked: '0', ...masks }],
});

const ignore = (signal: string) =>
  `rt_sigaction(${signal}, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=SA_RESTORER, sa_restorer=0x7f}, {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0`;
const handle = (signal: string) =>
  `rt_sigaction(${signal}, {sa_handler=0x55a7412bfdc0, sa_mask=[], sa_flags=0}, NULL, 8) = 0`;

describe('sets of signals', () => {
  it('reads names as strace prints them', () => {
    expect([...(signalSet('[HUP INT RT_5]') ?? [])]).toEqual([1, 2, 37]);
    expect([...(signalSet('[]') ?? [0])]).toEqual([]);
    expect(signalSet('~[RTMIN RT_1]')?.size).toBe(62);
    expect(signalSet('~[RTMIN RT_1]')?.has(32)).toBe(false);
    expect(signalSet('~[]')?.size).toBe(64);
    expect(signalSet('NULL')).toBeUndefined();
    expect(signalSet('0x7ffd')).toBeUndefined();
  });

  it('names real-time signals as the C library does', () => {
    expect(['SIGRT_5', 'SIGRTMIN', 'SIGTERM', 'SIGWHAT'].map(plainSignal)).toEqual([
      'SIGRTMIN+3',
      'SIGCANCEL',
      'SIGTERM',
      'SIGWHAT',
    ]);
  });
});

describe('the ledger of signals', () => {
  it('tells who set which disposition, and when', () => {
    const { dispositions, totals } = signals(`
      10 1 ${ignore('SIGTERM')}
      10/12 2 ${handle('SIGHUP')}
      10 3 rt_sigaction(SIGINT, NULL, {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0
      10 4 rt_sigaction(SIGKILL, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=0}, NULL, 8) = -1 EINVAL (Invalid argument)
    `);
    expect(totals.dispositionChanges).toBe(2);
    expect(dispositions.items).toEqual([
      expect.objectContaining({ pid: 10, ignored: ['SIGTERM'], handled: ['SIGHUP'], inheritedIgnored: [] }),
    ]);
    expect(dispositions.items[0]?.changes.items).toEqual([
      { signal: 'SIGTERM', to: 'ignored', atNs: 1e6, byTid: 10 },
      { signal: 'SIGHUP', to: 'handled', atNs: 2e6, byTid: 12 },
    ]);
  });

  it('counts a SIGKILL as delivered when its target dies of it, once for all threads', () => {
    const { totals, delivered, undelivered } = signals(`
      10 1 kill(10, SIGKILL) = ?
      10/11 2 ended
      10 3 killed SIGKILL
    `);
    expect(totals).toMatchObject({ sent: 1, delivered: 1, undelivered: 0 });
    expect(totals.deliveredBySignal).toEqual({ SIGKILL: 1 });
    expect(delivered.items).toMatchObject([{ pid: 10, signal: 'SIGKILL', senderPid: 10, met: 'default' }]);
    expect(undelivered.items).toEqual([]);
  });

  it('takes dispositions over fork, and resets handlers over exec', () => {
    const { dispositions } = signals(`
      10 1 ${ignore('SIGPIPE')}
      10 2 ${handle('SIGHUP')}
      10 3 +fork 11
      11 4 ${handle('SIGINT')}
      11 5 exec /bin/x
    `);
    expect(dispositions.items.find(({ pid }) => pid === 11)).toMatchObject({
      ignored: ['SIGPIPE'],
      handled: [],
      inheritedIgnored: ['SIGPIPE'],
      changes: {
        items: [
          { signal: 'SIGINT', to: 'handled' },
          { signal: 'SIGINT', to: 'default', byExec: true },
        ],
      },
    });
  });

  it('joins what was sent with what arrived', () => {
    const { sent, delivered, undelivered, totals } = signals(`
      10 1 +fork 11
      11 2 ${ignore('SIGTERM')}
      10 3 kill(11<x>, SIGTERM) = 0
      11 3.1 signal SIGTERM SI_USER 10
      10 4 kill(11<x>, SIGTERM) = 0
      11 4.1 signal SIGTERM SI_USER 10
      10 5 kill(99, SIGTERM) = -1 ESRCH (No such process)
      10 6 kill(11<x>, 0) = 0
    `);
    expect(totals).toMatchObject({ sent: 2, sendsFailed: 1, delivered: 2, ignored: 2, undelivered: 0 });
    expect(sent.items).toEqual([
      expect.objectContaining({
        fromPid: 10,
        target: 11,
        toPid: 11,
        signal: 'SIGTERM',
        call: 'kill',
        count: 2,
      }),
      expect.objectContaining({ target: 99, count: 0, failed: { ESRCH: 1 } }),
    ]);
    expect(delivered.items).toEqual([
      expect.objectContaining({
        pid: 11,
        signal: 'SIGTERM',
        code: 'SI_USER',
        senderPid: 10,
        count: 2,
        met: 'ignored',
      }),
    ]);
    expect(undelivered.items).toEqual([]);
  });

  const BLOCKING = 'rt_sigprocmask(SIG_BLOCK, [USR1 TERM], NULL, 8) = 0';

  it.each([
    ['blocked', `11 2 ${BLOCKING}`],
    ['taken', `11 2 ${BLOCKING}\n11 2.5 signalfd4(-1, [USR1], 8, SFD_CLOEXEC) = 5<anon_inode:[signalfd]>`],
    ['taken', `11 2 ${BLOCKING}\n11 4 rt_sigtimedwait([USR1], {si_signo=SIGUSR1}, NULL, 8) = 10`],
    // Blocked by one thread, and not by the other.
    [
      'unknown',
      `11 2 +thread 12\n11/12 2.5 ${BLOCKING}\n11 2.6 rt_sigprocmask(SIG_SETMASK, [], NULL, 8) = 0`,
    ],
    ['unknown', `11 2 ${BLOCKING}\n11 2.5 rt_sigprocmask(SIG_UNBLOCK, [USR1], NULL, 8) = 0`],
  ])('says of a signal that was not seen to arrive: %s', (why, script) => {
    const { undelivered } = signals(`10 1 +fork 11\n${script}\n10 3 kill(11, SIGUSR1) = 0`, {}, 1000);
    expect(undelivered.items.map((item) => item.why)).toEqual([why]);
  });

  it('knows whom a pidfd stands for', () => {
    const { sent } = signals(`
      10 1 +fork 11
      10 2 pidfd_open(11, 0) = 5<anon_inode:[pidfd]>
      10 3 pidfd_send_signal(5<anon_inode:[pidfd]>, SIGUSR1, NULL, 0) = 0
      10 4 +fork 12
      10 4 clone3({flags=CLONE_PIDFD, pidfd=0x7f, exit_signal=SIGCHLD} => {pidfd=[6<anon_inode:[pidfd]>]}, 64) = 12
      10 5 pidfd_send_signal(6<anon_inode:[pidfd]>, SIGUSR2, NULL, 0) = 0
    `);
    expect(sent.items.map(({ signal, toPid }) => [signal, toPid])).toEqual([
      ['SIGUSR1', 11],
      ['SIGUSR2', 12],
    ]);
  });

  it('takes it for read where the process had a signalfd already', () => {
    const { undelivered } = signals(
      '20 1 kill(10, SIGUSR1) = 0',
      {
        ...atStart(10, { blocked: '200' }),
        tasks: [{ pid: 10, tid: 10, ppid: 1, comm: 'x', startTime: 1, nspid: [10] }],
        descriptors: [{ pid: 10, fds: [[3, 'anon_inode:[signalfd]']] }],
      },
      1000,
    );
    expect(undelivered.items).toEqual([expect.objectContaining({ why: 'taken' })]);
  });

  it('does not blame the program for what was sent as strace let go', () => {
    const { undelivered } = signals('10 1 +fork 11\n10 990 kill(11, SIGUSR1) = 0', {}, 1000);
    expect(undelivered.items).toEqual([expect.objectContaining({ why: 'lost-at-detach' })]);
  });

  it('expects nothing of those who died, of SIGKILL, and of processes outside', () => {
    const { undelivered } = signals(
      `10 1 +fork 11\n10 2 kill(11, SIGUSR1) = 0\n11 3 killed SIGUSR1\n10 4 kill(4711, SIGUSR1) = 0\n10 5 kill(10, SIGKILL) = 0`,
      {},
      1000,
    );
    expect(undelivered.items).toEqual([]);
  });

  it('begins with the dispositions of /proc', () => {
    // SigIgn bit 12 = SIGPIPE (13), SigCgt bit 14 = SIGTERM (15), SigBlk bit 9 = SIGUSR1 (10).
    const { dispositions, undelivered } = signals(
      '20 1 kill(10, SIGUSR1) = 0',
      {
        ...atStart(10, { ignored: '0000000000001000', caught: '4000', blocked: '200' }),
        tasks: [{ pid: 10, tid: 10, ppid: 1, comm: 'x', startTime: 1, nspid: [10] }],
      },
      1000,
    );
    expect(dispositions.items).toEqual([
      expect.objectContaining({
        ignored: ['SIGPIPE'],
        handled: ['SIGTERM'],
        inheritedIgnored: ['SIGPIPE'],
        blocked: ['SIGUSR1'],
      }),
    ]);
    expect(undelivered.items).toEqual([expect.objectContaining({ why: 'blocked' })]);
  });
});
