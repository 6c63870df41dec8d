import { describe, expect, it } from 'vitest';
import type { Source, TraceEvent } from '../../../src/trace/event.ts';
import { Ledgers, type OpeningBalance } from '../../../src/trace/ledgers/ledgers.ts';
import { feed, told } from './told.ts';

function processes(script: string, opening: OpeningBalance = {}) {
  return feed(new Ledgers(opening), told(script)).finish().processes;
}

const task = (pid: number, ppid: number, comm: string, nspid = [pid]) => ({
  pid,
  tid: pid,
  ppid,
  comm,
  startTime: 1,
  nspid,
});

describe('the ledger of processes', () => {
  it('joins fork, exec, exit and wait of a child', () => {
    const { totals, processes: list } = processes(`
      10 1 +vfork 11
      11 2 exec /bin/sh ["sh", "-c", "exit 3"]
      10 2.5 vfork() = 11
      11 5 exit 3
      10 3 wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 11 <4>
    `);
    expect(totals).toMatchObject({ spawned: 1, exited: 1, reaped: 1, zombies: 0, alive: 1, execs: 1 });
    expect(list.items.find(({ pid }) => pid === 11)).toMatchObject({
      comm: 'sh',
      parentPid: 10,
      command: '/bin/sh "-c" "exit 3"',
      started: { call: 'vfork', atNs: 1e6, byTid: 10 },
      state: 'reaped',
      exit: { status: 3, atNs: 5e6 },
      lifetimeNs: 4e6,
      reaped: { byPid: 10, call: 'wait4', atNs: 7e6, afterNs: 2e6 },
    });
  });

  it.each([
    ['exit 127', { status: 127, words: 'by convention: the command was not found' }],
    ['exit 126', { words: 'by convention: the command was found and could not be executed' }],
    ['exit 143', { words: 'by convention: a child of it was ended by SIGTERM (128+15)' }],
    ['killed SIGTERM', { signal: 'SIGTERM' }],
  ])('says of %s what it means', (end, exit) => {
    const { processes: list } = processes(`10 1 +fork 11\n11 5 ${end}`);
    expect(list.items.find(({ pid }) => pid === 11)?.exit).toMatchObject(exit);
  });

  it('reaps by waitid, and not with WNOWAIT, nor for a stopped child', () => {
    const started = `10 1 +fork 11\n11 2 exit 0\n`;
    const zombie = (line: string) => processes(started + line).totals.zombies;
    expect(
      zombie(
        '10 3 waitid(P_ALL, 0, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=11<x>, si_uid=0}, WEXITED, NULL) = 0',
      ),
    ).toBe(0);
    expect(
      zombie(
        '10 3 waitid(P_ALL, 0, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=11, si_uid=0}, WEXITED|WNOWAIT, NULL) = 0',
      ),
    ).toBe(1);
    expect(zombie('10 3 wait4(-1, [{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTSTP}], WUNTRACED, NULL) = 11')).toBe(
      1,
    );
    expect(zombie('10 3 wait4(-1, NULL, WNOHANG, NULL) = 0')).toBe(1);
    expect(zombie('10 3 wait4(-1, NULL, 0, NULL) = 11')).toBe(0);
  });

  it('takes a wait that is told before the exit', () => {
    const { totals, processes: list } = processes(`
      10 1 +fork 11
      10 2 wait4(11, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 11 <3>
      11 4 exit 0
    `);
    expect(totals).toMatchObject({ reaped: 1, zombies: 0 });
    expect(list.items.find(({ pid }) => pid === 11)?.reaped?.afterNs).toBe(1e6);
  });

  it('tells registers alone as well', () => {
    const script = (wait: string) =>
      feed(new Ledgers(), told(`10 1 +fork 11\n11 2 exit 0\n10 3 ${wait}`, ['perf'])).finish().processes
        .totals;
    expect(script('wait4(0xffffffff, 0x7ffd, 0x0, 0x0) = 11').zombies).toBe(0);
    expect(script('waitid(0x1, 0xb, 0x7ffd, 0x4, 0x0) = 0').zombies).toBe(0);
    expect(script('waitid(0x1, 0xb, 0x7ffd, 0x1000004, 0x0) = 0').zombies).toBe(1);
  });

  it('leaves zombies to their parents, and tells who never waits', () => {
    const { zombies, unreaping } = processes(`
      10 1 +fork 11
      10 2 +fork 12
      11 3 exit 0
      12 60 exit 1
      10 100 getpid() = 10
    `);
    expect(zombies.items.map(({ pid, parentPid }) => [pid, parentPid])).toEqual([
      [11, 10],
      [12, 10],
    ]);
    expect(unreaping.items).toEqual([
      expect.objectContaining({ pid: 10, zombies: 2, reaped: 0, waits: 0, quarters: [1, 0, 1, 0] }),
    ]);
  });

  it('knows that the kernel reaps where SIGCHLD is ignored, over fork and exec too', () => {
    const { totals } = processes(`
      10 1 rt_sigaction(SIGCHLD, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=0}, NULL, 8) = 0
      10 2 +fork 11
      11 3 exec /bin/x
      11 4 +fork 12
      12 5 exit 0
      11 6 exit 0
    `);
    expect(totals).toMatchObject({ reaped: 2, reapedByKernel: 2, zombies: 0 });
  });

  it('hands orphans to the subreaper above, or out of the trace', () => {
    const script = (subreaper: string) => `
      10 1 ${subreaper}
      10 2 +fork 11
      11 3 +fork 12
      11 4 exit 0
      10 5 wait4(11, NULL, 0, NULL) = 11
      12 6 exit 0
      10 7 getpid() = 10
    `;
    const adopted = processes(script('prctl(PR_SET_CHILD_SUBREAPER, 1) = 0'));
    expect(adopted.totals).toMatchObject({ orphaned: 1, zombies: 1 });
    expect(adopted.processes.items.find(({ pid }) => pid === 12)).toMatchObject({
      parentPid: 10,
      orphaned: { atNs: 4e6, adoptedBy: 10 },
    });
    expect(processes(script('getpid() = 10')).totals).toMatchObject({ orphaned: 1, zombies: 0, gone: 1 });
  });

  it('finds children of another PID namespace by the numbers that its calls return', () => {
    const { totals, processes: list } = processes(
      `
      500 1 +clone 501
      500 1 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD) = 7
      501 2 exit 0
      500 3 wait4(7, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 7
    `,
      { tasks: [task(500, 1, 'init', [500, 1])] },
    );
    expect(totals).toMatchObject({ reaped: 1, zombies: 0 });
    expect(list.items.find(({ pid }) => pid === 501)).toMatchObject({ local: 7, reaped: { byPid: 500 } });
  });

  it('follows into a PID namespace that is made on the way, and to its init', () => {
    const { totals, processes: list } = processes(`
      10 1 unshare(CLONE_NEWPID) = 0
      10 2 +fork 501
      10 2 fork() = 501
      501 3 +fork 502
      501 3 fork() = 2<sh> /* 502 in strace's PID NS */
      502 4 +fork 503
      502 4 fork() = 3<sh> /* 503 in strace's PID NS */
      502 5 exit 0
      501 6 wait4(-1, NULL, 0, NULL) = 2
      503 7 exit 0
      501 8 wait4(-1, NULL, 0, NULL) = 3
      501 9 exit 0
      10 10 wait4(-1, NULL, 0, NULL) = 501
    `);
    expect(totals).toMatchObject({ spawned: 3, reaped: 3, orphaned: 1, zombies: 0, gone: 0 });
    expect(list.items.find(({ pid }) => pid === 503)).toMatchObject({
      local: 3,
      orphaned: { adoptedBy: 501 },
      reaped: { byPid: 501 },
    });
  });

  it('is not misled by the old name that strace goes on telling', () => {
    const comm = (name: string, sources: Source[]): TraceEvent => ({
      type: 'comm',
      pid: 11,
      tid: 11,
      startNs: 3e6,
      sources,
      comm: name,
    });
    const ledgers = feed(new Ledgers(), told('10 1 +fork 11'));
    feed(ledgers, [comm('app', ['perf']), comm('sleep', ['perf'])]);
    feed(ledgers, told('11 3 exec /usr/bin/sleep'));
    feed(ledgers, [comm('app', ['strace'])]);
    const name = () => ledgers.finish().processes.processes.items.find(({ pid }) => pid === 11)?.comm;
    expect(name()).toBe('sleep');
    feed(ledgers, [comm('renamed', ['strace'])]);
    expect(name()).toBe('renamed');
  });

  it('joins a child that is told before anybody says whose it is', () => {
    const { totals, processes: list } = processes(`
      10 1 getpid() = 10
      11 2 exec /bin/x ["x"]
      11 3 exit 4
      10 4 +vfork 11
      10 5 wait4(11, [{WIFEXITED(s) && WEXITSTATUS(s) == 4}], 0, NULL) = 11
      10 6 +fork 12
      12 7 exit 0
    `);
    expect(totals).toMatchObject({ spawned: 2, exited: 2, reaped: 1, zombies: 1, gone: 0, alive: 1 });
    expect(list.items.find(({ pid }) => pid === 11)).toMatchObject({
      parentPid: 10,
      reaped: { byPid: 10, afterNs: 2_001_000 },
    });
  });

  it('stays small in a fork storm, and counts all of it', () => {
    const ledgers = new Ledgers();
    for (let i = 0; i < 2000; i++) {
      const pid = 1000 + (i % 700);
      const at = 1 + i;
      feed(
        ledgers,
        told(`
        10 ${at} +vfork ${pid}
        ${pid} ${at}.2 exec /bin/true ["true"]
        ${pid} ${at}.5 exit ${i % 2}
        10 ${at}.6 wait4(-1, NULL, 0, NULL) = ${pid}`),
      );
    }
    const ledger = ledgers.finish().processes;
    expect(ledger.totals).toMatchObject({ spawned: 2000, exited: 2000, reaped: 2000, zombies: 0 });
    expect(ledger.commands.items).toEqual([
      expect.objectContaining({
        command: '/bin/true',
        count: 2000,
        exits: { 0: 1000, 1: 1000 },
        meanLifetimeNs: 500_000,
      }),
    ]);
    expect(ledger.processes.items.length + ledger.processes.more).toBe(2001);
    expect(JSON.stringify(ledger).length).toBeLessThan(300_000);
  });
});
