import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { dyingDisk } from '../storage.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'aio-exit-stuck',
  title: 'Killed and still there: its exit waits for asynchronous I/O',
  story: `\
A database-like program waited for kernel AIO on a disk that does not answer (S, read_events). Somebody killed it.
Its exit now waits for the request: D, exit_aio, and nothing but an answer ends it. cmdline is empty: \`ps\` shows
[name], as of a kernel thread. Behind the disk: a loop device, a FUSE mount, and a server that is stopped.
To learn: do not kill first: a harmless S became a D.`,
  needs: ['root', 'gcc', 'fuse', 'loop'],
  async setUp(lab) {
    const disk = await dyingDisk(lab);
    await disk.die();
    const { pids } = await play(lab, 'aio', ['wait', disk.device], ['reader']);
    await stuckIn(lab, pids.reader, 'S', /read_events/);
    process.kill(pids.reader, 'SIGKILL');
    await stuckIn(lab, pids.reader, 'D', /exit_aio/);
    return [
      { role: 'reader', pid: pids.reader, cause: 'd-block-io', culprit: disk.daemon },
      { role: 'daemon', pid: disk.daemon, cause: 'stopped' },
    ];
  },
};
