import { mountFuse, silentDaemon } from '../fuse.ts';
import { tasksOf } from '../peek.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'thread-only-d',
  title: 'One of five threads is in D, and ps shows S',
  story: `\
The main thread sleeps soundly, so \`ps\` and \`top\` show S. One thread reads a page of a file on a FUSE mount and is in D
(folio_wait_bit_common under filemap_read): the server took the request and never answers.
The program seems alive: it only never finishes that one job.
To learn: look at all threads (\`ps -L\`, /proc/PID/task/*), never at the leader alone.`,
  needs: ['root', 'gcc', 'fuse'],
  async setUp(lab) {
    const { file, daemon } = await mountFuse(lab, { stall: ['read'] });
    const { pids } = await play(lab, 'threads', ['one-reads', file], ['process']);
    await lab.until('one thread in D, and the leader asleep', () => {
      const inD = tasksOf(pids.process).filter((tid) => lab.state(pids.process, tid) === 'D');
      return lab.state(pids.process) === 'S' && inD.length === 1 && inD[0] !== pids.process;
    });
    return [
      { role: 'process', pid: pids.process, cause: 'fuse-wait', culprit: daemon },
      silentDaemon(daemon),
    ];
  },
};
