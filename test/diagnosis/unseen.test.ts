import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../support/fake-host.ts';
import { diagnosed } from '../support/looks.ts';

const app: FakeProcess = { pid: 60, comm: 'app', uid: 1000 };
const unseen = async (host: Partial<FakeHost>, process: FakeProcess = app, ...others: FakeProcess[]) =>
  (await diagnosed({ processes: [{ pid: 1 }, process, ...others], ...host }, 60)).unseen;
const files = async (...given: Parameters<typeof unseen>) =>
  (await unseen(...given)).map(({ what, why }) => `${what}: ${why}`);

it('root misses nothing of an ordinary process', async () => {
  expect(await unseen({})).toEqual([]);
});

it('a user misses the stack of his own', async () => {
  expect(await unseen({ uid: 1000 })).toEqual([
    {
      what: 'the kernel stack: where in the kernel it sleeps (of 60)',
      why: 'not allowed (EACCES)',
      remedy: 'run as root (sudo procdiag …)',
    },
  ]);
});

it('a user misses the calls and descriptors of others as well', async () => {
  const lines = await files({ uid: 7 });
  expect(lines.map((line) => line.split(/[:(]/)[0])).toEqual(
    expect.arrayContaining([
      'the kernel stack',
      'the system call it is in, and its arguments ',
      'its descriptors',
      'its namespaces ',
    ]) as string[],
  );
});

it('what did not answer is told with how long it was waited for', async () => {
  const lines = await files({}, { ...app, blocked: ['cmdline'] });
  expect(lines).toEqual(['its command line (of 60): its reader got no answer and was killed after 120 ms']);
});

it('root without the capability is told which', async () => {
  const [first] = await unseen({}, { ...app, denied: ['stack'] });
  expect(first?.remedy).toMatch(/CAP_SYS_ADMIN/);
});

it('what a zombie does not have is not missed', async () => {
  expect(await unseen({}, { ...app, state: 'Z', ppid: 1 })).toEqual([]);
});

it('processes are counted together', async () => {
  const child = (pid: number) => ({ pid, ppid: 60, state: 'T', denied: ['syscall'] });
  const parent = { ...app, call: 'wait4(-1, 0, 0)', stack: 'do_wait', denied: ['syscall'] };
  const lines = await files({}, parent, child(70));
  expect(lines.filter((line) => line.startsWith('the system call'))).toEqual([
    'the system call it is in, and its arguments (of 60, 70): not allowed (EACCES)',
  ]);
});

describe('the owner of a lock', () => {
  const locked: FakeProcess = {
    ...app,
    call: 'futex(0x7f0000000100, 0x80, 2)',
    stack: 'futex_do_wait',
    swappedOut: ['7f0000000000'],
  };

  it('is missed when its page is not present, and --read-memory is offered', async () => {
    expect(await unseen({}, locked)).toMatchObject([
      {
        what: expect.stringContaining('the owner of the lock behind futex(0x7f0000000100') as string,
        remedy: expect.stringContaining('--read-memory') as string,
      },
    ]);
  });
});

it('descriptors of others are missed where the wait is about them', async () => {
  const reader = { ...app, call: 'read(0)', stack: 'anon_pipe_read', fds: { 0: 'r pipe:[9]' } };
  const lines = await files({}, reader, { pid: 70, fds: { 1: 'w pipe:[9]' } }, { pid: 71, denied: ['fd'] });
  expect(lines).toEqual([expect.stringMatching(/^descriptors of 1 other processes/)]);
});

it('threads that were only sampled are counted', async () => {
  const threads = Array.from({ length: 350 }, (_, i) => ({ tid: 100 + i }));
  const lines = await files({}, { ...app, threads });
  expect(lines).toEqual([expect.stringMatching(/^346 of 351 threads in full/)]);
});

it('a sleeper of which root sees neither stack nor wait channel is said to be unseen', async () => {
  const lines = await files({ kernel: '5.10.223' }, { ...app, call: 'epoll_wait(4)', denied: ['stack'] });
  expect(lines).toContainEqual(expect.stringMatching(/^where 1 sleeping thread waits in the kernel/));
});
