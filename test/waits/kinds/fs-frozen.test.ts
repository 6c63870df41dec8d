import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { diagnosed, path, waitOf } from '../../support/looks.ts';

const WRITER: FakeProcess = { pid: 60, state: 'D', stack: 'percpu_rwsem_wait < mnt_want_write' };

function host(writer: Partial<FakeProcess>, upper = '/lv/upper'): FakeHost {
  return {
    mounts: [
      { at: '/lv', fs: 'xfs', dev: '253:0', source: '/dev/mapper/vg-lv' },
      {
        at: '/merged',
        fs: 'overlay',
        dev: '0:77',
        options: `rw,lowerdir=/usr,upperdir=${upper},workdir=/lv/work`,
      },
    ],
    devices: { '253:0': 'dm-0' },
    files: {},
    processes: [
      { pid: 1, comm: 'init' },
      { ...WRITER, ...writer },
    ],
  };
}

describe('a write to a frozen file system', () => {
  it('through an overlay waits for the mount of its upper layer, which is the one to be thawed', async () => {
    const story = host({ call: 'write(3)', fds: { 3: 'w /merged/f' } });
    const wait = await waitOf(story, 60);
    expect(path(wait.hops[0]?.edges)).toBe('process:60 > mount:0:77 > mount:253:0');
    const [finding] = (await diagnosed(story, 60)).findings;
    expect(finding?.culprit?.id).toBe('mount:253:0');
    expect(finding?.remedies[0]?.command).toBe('fsfreeze --unfreeze /lv');
  });

  it('through an overlay of which no upper layer can be told names no mount point to be thawed', async () => {
    const story = host({ call: 'write(3)', fds: { 3: 'w /merged/f' } }, '/merged/inner');
    const [finding] = (await diagnosed(story, 60)).findings;
    expect(finding?.culprit?.id).toBe('mount:0:77');
    expect(finding?.remedies[0]?.command).toBe('fsfreeze --unfreeze MOUNTPOINT');
  });

  it('by splice is one to the descriptor that it moves the data to', async () => {
    const wait = await waitOf(host({ call: 'splice(4, 0, 3)', fds: { 3: 'w /lv/f', 4: 'r pipe:[10]' } }), 60);
    expect(path(wait.hops[0]?.edges)).toBe('process:60 > mount:253:0');
  });

  it('is as likely in the directory of its call when the name in it cannot be read', async () => {
    const wait = await waitOf(host({ call: 'mkdirat(3, 0x55e0a733d012)', fds: { 3: 'r /lv' } }), 60);
    expect(wait.hops[0]?.edges.at(-1)).toMatchObject({ to: { id: 'mount:253:0' }, confidence: 'likely' });
  });

  it('by a worker of an io_uring is likely to the mount of all open files, and of none when they differ', async () => {
    const worker = {
      tid: 61,
      state: 'D',
      call: 'io_uring_enter(3, 1, 1, 1)',
      stack:
        'percpu_rwsem_wait < io_write < __io_issue_sqe < io_wq_submit_work < io_worker_handle_work < io_wq_worker',
    };
    const ring = (fds: FakeProcess['fds']) =>
      waitOf(
        host({
          state: 'S',
          call: 'io_uring_enter(3, 1, 1, 1)',
          stack: 'io_cqring_wait',
          threads: [worker],
          ...(fds && { fds }),
        }),
        60,
        61,
      );
    const one = await ring({ 2: 'w /log', 3: 'rw anon_inode:[io_uring]', 4: 'rw /lv/a', 5: 'r /lv/b' });
    expect(one.hops[0]?.edges.at(-1)).toMatchObject({ to: { id: 'mount:253:0' }, confidence: 'likely' });
    expect((await ring({ 4: 'rw /lv/a', 5: 'rw /merged/b' })).hops).toEqual([]);
  });

  it('is possibly in the working directory, unless that says nothing', async () => {
    const there = await waitOf(host({ call: 'mkdir(0x55e0a733d012)', cwd: '/lv/spool' }), 60);
    expect(there.hops[0]?.edges.at(-1)).toMatchObject({ to: { id: 'mount:253:0' }, confidence: 'possible' });
    const root = await waitOf(host({ call: 'mkdir(0x55e0a733d012)', cwd: '/' }), 60);
    expect([root.kind, root.hops]).toEqual(['fs-frozen', []]);
  });
});
