import { mountFuse, silentDaemon } from '../fuse.ts';
import { tasksOf } from '../peek.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'exec-dethread',
  title: 'execve does not return: a thread of the process cannot die',
  story: `\
execve ends all other threads of the process first. One of them waits for a FUSE server that took its request and
never answers: killed, it stays in D. So the leader stays in D too (begin_new_exec), in the middle of execve.
strace and gdb hang when they attach to it.
To learn: look at task/*: the thread that does not die says what everything waits for.`,
  needs: ['root', 'gcc', 'fuse'],
  async setUp(lab) {
    const { file, daemon } = await mountFuse(lab, { stall: ['lookup'] });
    const { pids } = await play(lab, 'execs', ['dethread', file], ['stuck']);
    const looker = await lab.until('the second thread', () =>
      tasksOf(pids.stuck).find((tid) => tid !== pids.stuck),
    );
    await stuckIn(lab, pids.stuck, 'S', /request_wait_answer/, looker);
    process.kill(pids.stuck, 'SIGUSR1');
    await stuckIn(lab, pids.stuck, 'D', /begin_new_exec|de_thread/);
    return [
      { role: 'stuck', pid: pids.stuck, cause: 'fuse-wait', alsoOk: ['d-kernel-other'], culprit: daemon },
      silentDaemon(daemon),
    ];
  },
};
