import { allAsleep, play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'lock-pipe-deadlock',
  title: 'A process holds a lock and writes to one that waits for that lock',
  story: `\
The writer holds the lock, and the pipe is full; the one who was to read waits for the lock.
Neither is wrong by itself: a slow reader here, a held lock there. Only the whole circle shows that nobody will move.
To learn: hold no lock while you wait for others. Taking the data out of the pipe lets both go on.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'filelocks', ['lock-and-pipe', `${lab.dir}/lock`], ['writer', 'logger']);
    await allAsleep(lab, Object.values(pids));
    return [
      { role: 'writer', pid: pids.writer, cause: 'pipe-full', culprit: pids.logger },
      { role: 'logger', pid: pids.logger, cause: 'file-lock', culprit: pids.writer },
    ];
  },
};
