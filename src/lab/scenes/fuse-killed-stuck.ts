import { mountFuse, silentDaemon } from '../fuse.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { killedInVain, stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'fuse-killed-stuck',
  title: 'Killed and still there: it waits for a FUSE server',
  story: `\
The victim waited for a FUSE server that took its request and never answers. Somebody sent SIGKILL.
The kernel may not drop a request that the server has: the victim is now in D, with SIGKILL pending (SigPnd bit 9),
and no further signal will help. \`umount -l\` frees nobody, it only hides the mount.
To learn: \`echo 1 > /sys/fs/fuse/connections/N/abort\`, or end the server.`,
  needs: ['root', 'gcc', 'fuse'],
  async setUp(lab) {
    const { file, daemon } = await mountFuse(lab, { stall: ['lookup'] });
    const { pids } = await play(lab, 'files', ['look', file], ['looker']);
    await stuckIn(lab, pids.looker, 'S', /request_wait_answer/);
    // The server has taken the request once it is back in its read.
    await stuckIn(lab, daemon, 'S', /fuse_dev_do_read/);
    process.kill(pids.looker, 'SIGKILL');
    await killedInVain(lab, pids.looker);
    return [{ role: 'looker', pid: pids.looker, cause: 'fuse-wait', culprit: daemon }, silentDaemon(daemon)];
  },
};
