import { mountFuse, silentDaemon } from '../fuse.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'vfork-exec-fuse',
  title: 'A parent in D: its vfork child execs a program on a file system that does not answer',
  story: `\
The parent is suspended in vfork() (D, kernel_clone). Its child is in execve, and that asks a FUSE server for the
program: the server took the request and never answers (child S, request_wait_answer).
In Go the parent holds a lock meanwhile, so that each other exec of the program waits as well.
To learn: the chain goes parent, child, FUSE server; only the last one can be helped.`,
  needs: ['root', 'gcc', 'fuse'],
  async setUp(lab) {
    const { file, daemon } = await mountFuse(lab, { stall: ['lookup'] });
    const { pids } = await play(lab, 'vfork', ['exec', file], ['parent', 'child']);
    await stuckIn(lab, pids.parent, 'D', /kernel_clone/);
    await stuckIn(lab, pids.child, 'S', /request_wait_answer/);
    return [
      { role: 'parent', pid: pids.parent, cause: 'fuse-wait', alsoOk: ['d-vfork-wait'], culprit: daemon },
      { role: 'child', pid: pids.child, cause: 'fuse-wait', culprit: daemon },
      silentDaemon(daemon),
    ];
  },
};
