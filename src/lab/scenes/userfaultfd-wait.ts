import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'userfaultfd-wait',
  title: 'A page fault waits for a user-space handler that sleeps',
  story: `\
A part of the program's memory is filled by a handler (userfaultfd: live migration, CRIU, some garbage collectors).
The program touches it and waits: S, handle_userfault, outside of any syscall (\`syscall\` begins with -1).
The handler holds the userfaultfd and sleeps.
To learn: look for the holder of \`anon_inode:[userfaultfd]\`; its fdinfo says \`pending: 1\`.`,
  needs: ['root', 'gcc', 'userfaultfd'],
  async setUp(lab) {
    const { pids } = await play(lab, 'userfault', ['fault'], ['victim', 'handler']);
    await stuckIn(lab, pids.victim, 'S', /handle_userfault/);
    return [
      { role: 'victim', pid: pids.victim, cause: 'userfaultfd-wait', culprit: pids.handler },
      { role: 'handler', pid: pids.handler, cause: null, alsoOk: ['userfaultfd-wait'] },
    ];
  },
};
