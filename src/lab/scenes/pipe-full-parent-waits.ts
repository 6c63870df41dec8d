import { allAsleep, play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pipe-full-parent-waits',
  title: 'A parent waits for a child that waits for the parent to read its output',
  story: `\
The classic of subprocess code: the parent calls wait() first and wants to read the output afterwards.
The child prints more than a pipe holds and sleeps in write(); the parent sleeps in wait4. Neither moves.
\`ps\` shows two processes in S, and both waits look ordinary; only together they are a cycle.
To learn: read while waiting (communicate(), cmd.Output()), or write to a file.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pipes', ['full-parent-waits'], ['reader', 'writer']);
    await allAsleep(lab, Object.values(pids));
    return [
      { role: 'writer', pid: pids.writer, cause: 'pipe-full', culprit: pids.reader },
      { role: 'parent', pid: pids.reader, cause: 'pipe-full', culprit: pids.reader },
    ];
  },
};
