import { play, threadsAsleep } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'stdio-lock-held',
  title: 'A thread wants to print to a stream that another thread holds',
  story: `\
One thread holds stderr (flockfile, or a print into a full pipe) and sleeps; another one wants to print there.
\`ps\` shows one process in S; the futex call is that of a mutex, but behind its word stands no TID.
It is the address of the owner’s thread descriptor, which holds the TID (on x86-64, read where it cannot fault).
To learn: a log line can be a lock, too.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['stream-held'], ['process', 'owner']);
    await threadsAsleep(lab, pids.process, Object.values(pids));
    return [
      // How a descriptor of a thread looks is known for x86-64.
      {
        role: 'process',
        pid: pids.process,
        cause: process.arch === 'x64' ? 'futex-held' : null,
        culprit: pids.process,
      },
    ];
  },
};
