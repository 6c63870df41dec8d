import { mountFuse, silentDaemon } from '../fuse.ts';
import { play } from '../play.ts';
import type { Look, Scene } from '../scene.ts';
import { blocks, stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'exec-fuse-flush',
  title: 'ps, top and lsof hang: a process is stuck in the middle of execve',
  story: `\
A program holds a close-on-exec file on a FUSE mount and calls execve. The kernel closes the file on the way, asks the
server to FLUSH, and the server never answers. The process itself shows a harmless S.
It holds its exec_update_lock: on Linux 6.12 to 6.18 each reader of its stat, wchan or fd links is then in D, and so
\`ps\`, \`top\`, \`pgrep\` and \`lsof\` hang, all over the host, and none of them says why.
To learn: the D processes (here a cat) are victims of the one in S, and that one of the FUSE server.
Ends by itself after 20 seconds, since it makes the tools of the whole host hang.`,
  needs: ['root', 'gcc', 'fuse'],
  maxSeconds: 20,
  async setUp(lab) {
    const { file, daemon } = await mountFuse(lab, { stall: ['flush'] });
    const { pids } = await play(lab, 'execs', ['flush', file], ['stuck']);
    // Where its stack can be read at all is a matter of the kernel's version.
    await lab.until('the stuck execve', () => {
      if (lab.state(pids.stuck) !== 'S') return false;
      const frames = lab.frames(pids.stuck);
      return frames === '' || frames.includes('request_wait_answer');
    });
    const looks: Look[] = [
      { role: 'stuck', pid: pids.stuck, cause: 'fuse-wait', culprit: daemon },
      silentDaemon(daemon),
    ];
    if (blocks(`/proc/${pids.stuck}/stat`)) {
      const reader = (await lab.start('cat', [`/proc/${pids.stuck}/stat`])).pid;
      await stuckIn(lab, reader, 'D', /do_task_stat/);
      looks.push({
        role: 'reader',
        pid: reader,
        cause: 'd-lock-contention',
        alsoOk: ['fuse-wait'],
        culprit: daemon,
      });
    }
    return looks;
  },
};
