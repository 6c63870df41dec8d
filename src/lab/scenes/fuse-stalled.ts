import { mountFuse, silentDaemon } from '../fuse.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'fuse-stalled',
  title: 'A FUSE server is alive and does not answer',
  story: `\
stat() of a file on a FUSE mount: the server (sshfs, s3fs, a cluster file system …) took the request and lost it.
The victim is in S, request_wait_answer: \`ps\` shows nothing strange, of the server either (S, fuse_dev_do_read).
A SIGKILL would turn this S into a D that stays, and so would strace.
To learn: /sys/fs/fuse/connections/N/waiting counts what is unanswered; \`echo 1 > …/abort\` frees all.`,
  needs: ['root', 'gcc', 'fuse'],
  async setUp(lab) {
    const { file, daemon } = await mountFuse(lab, { stall: ['lookup'] });
    const { pids } = await play(lab, 'files', ['look', file], ['looker']);
    await stuckIn(lab, pids.looker, 'S', /request_wait_answer/);
    return [{ role: 'looker', pid: pids.looker, cause: 'fuse-wait', culprit: daemon }, silentDaemon(daemon)];
  },
};
