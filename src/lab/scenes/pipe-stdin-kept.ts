import { allAsleep, play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pipe-stdin-kept',
  title: 'A parent waits for a child that reads to the end of a pipe which the parent keeps open',
  story: `\
The classic \`p = Popen(["cat"], stdin=PIPE); p.wait()\`: the child reads until the end of its input.
That end comes when the last write end is closed, and the parent has it; it waits for the child instead.
\`ps\` shows two processes in S, in the most ordinary waits there are.
To learn: close the child’s input before you wait for it.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pipes', ['stdin-kept'], ['parent', 'reader']);
    await allAsleep(lab, Object.values(pids));
    return [
      { role: 'reader', pid: pids.reader, cause: 'pipe-held', culprit: pids.parent },
      { role: 'parent', pid: pids.parent, cause: 'pipe-held', culprit: pids.parent },
    ];
  },
};
