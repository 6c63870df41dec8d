import { mountFuse } from '../fuse.ts';
import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'fuse-daemon-stopped',
  title: 'A FUSE server is stopped',
  story: `\
Somebody stopped the server of a FUSE mount with SIGSTOP (a debugger, a Ctrl+Z, a container that was paused).
Whoever touches the mount waits in S, request_wait_answer; \`ls\`, \`df\` and the shell's completion hang as well.
The server shows T. As it has not yet taken the request, its victims can still be killed.
To learn: \`kill -CONT\` of the server frees all of them.`,
  needs: ['root', 'gcc', 'fuse'],
  async setUp(lab) {
    const { file, daemon } = await mountFuse(lab);
    process.kill(daemon, 'SIGSTOP');
    await settled(lab, daemon, 'T');
    const { pids } = await play(lab, 'files', ['look', file], ['looker']);
    await stuckIn(lab, pids.looker, 'S', /request_wait_answer/);
    return [
      { role: 'looker', pid: pids.looker, cause: 'fuse-wait', culprit: daemon },
      { role: 'daemon', pid: daemon, cause: 'stopped' },
    ];
  },
};
