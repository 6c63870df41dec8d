import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { paths, waitOf } from '../../support/looks.ts';

const host = (files: FakeHost['files'], ...processes: FakeProcess[]): FakeHost => ({
  files,
  processes: [{ pid: 1, comm: 'init' }, ...processes],
});

describe('of System V', () => {
  const sender: FakeProcess = { pid: 60, comm: 'sender', call: 'msgsnd(3)', stack: 'do_msgsnd' };
  const receiver = { pid: 70, comm: 'receiver' };
  const queues = (last: number) => ({
    '/proc/sysvipc/msg': [
      '       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime',
      '         1          3   600       16384         16    60 ' +
        `${String(last).padStart(5)}     0     0     0     0 1795678830 1795678700 1795678830\n`,
    ].join('\n'),
  });

  it('leads to the last that received', async () => {
    const wait = await waitOf(host(queues(70), sender, receiver), 60);
    expect(wait).toMatchObject({ kind: 'queue-write', point: 'msgsnd(message queue 3)' });
    expect(wait.idle).toBeUndefined();
    expect(paths(wait)).toEqual(['process:60 > queue:msg:3 > process:70']);
    expect(wait.hops[0]?.edges.map(({ confidence }) => confidence)).toEqual(['certain', 'likely']);
    expect(wait.hops[0]?.edges[0]?.facts[0]).toMatchObject({
      path: '/proc/sysvipc/msg',
      says: '16 messages; last sender, last receiver',
    });
  });

  it.each<[string, FakeHost]>([
    ['nobody ever did', host(queues(0), sender, receiver)],
    ['that one is gone', host(queues(71), sender, receiver)],
    ['it was the sender itself', host(queues(60), sender, receiver)],
    [
      'the queue is of another IPC namespace',
      host(queues(70), { ...sender, ns: { ipc: 4026532999 } }, receiver),
    ],
    ['the file is not there', host({}, sender, receiver)],
  ])('ends at the queue when %s', async (_, where) => {
    expect(paths(await waitOf(where, 60))).toEqual(['process:60 > queue:msg:3']);
  });
});

describe('of POSIX', () => {
  const sender: FakeProcess = {
    pid: 60,
    comm: 'sender',
    call: 'mq_timedsend(3)',
    stack: 'wq_sleep < do_mq_timedsend',
    fds: { 3: 'rw /q' },
    fdinfo: { 3: ['mnt_id: 21', 'ino: 7'] },
  };
  const receiver = (pid: number, access: string, ino = 7): FakeProcess => ({
    pid,
    fds: { 4: `${access} /q` },
    fdinfo: { 4: ['mnt_id: 21', `ino: ${ino}`] },
  });

  it('leads to those that have it open to receive, and not to a file of that name', async () => {
    const processes = [sender, receiver(70, 'r'), receiver(71, 'w'), receiver(72, 'rw', 8)];
    const wait = await waitOf(host({}, ...processes), 60);
    expect(wait).toMatchObject({ kind: 'queue-write', point: 'mq_timedsend(message queue /q)' });
    expect(paths(wait)).toEqual(['process:60 > queue:/q > process:70']);
  });

  it('ends at the queue when nobody else has it', async () => {
    expect(paths(await waitOf(host({}, sender), 60))).toEqual(['process:60 > queue:/q']);
  });
});

it.each<[string, Partial<FakeProcess>]>([
  ['System V', { call: 'msgrcv(3)', stack: 'do_msgrcv' }],
  ['POSIX', { call: 'mq_timedreceive(3)', stack: 'wq_sleep < do_mq_timedreceive' }],
])('to receive from a queue of %s is healthy', async (_, receives) => {
  expect(await waitOf(host({}, { pid: 60, ...receives }), 60)).toMatchObject({ idle: 'idle-ipc', hops: [] });
});
