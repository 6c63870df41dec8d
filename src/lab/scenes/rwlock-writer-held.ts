import { play, threadsAsleep } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'rwlock-writer-held',
  title: 'A thread waits to read under a read-write lock whose writer sleeps',
  story: `\
One thread has the read-write lock for writing and sleeps; another one wants to read.
\`ps\` shows one process in S. glibc keeps the TID of the writer in the lock (\`__cur_writer\`).
To learn: ask the writer what it waits for, while it holds the lock.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['written'], ['process', 'owner']);
    await threadsAsleep(lab, pids.process, Object.values(pids));
    return [{ role: 'process', pid: pids.process, cause: 'futex-held', culprit: pids.process }];
  },
};
