import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'autofs-wait',
  title: 'A look-up in D: the automounter does not answer',
  story: `\
Below an autofs mount each name is mounted when it is first used. The automounter (automount, systemd) does not read
its pipe any more, so whoever looks up a name is in D, autofs_wait; it can be killed.
To learn: the mount's options name the daemon: \`pgrp=\` its process group, \`pipe_ino=\` its pipe.`,
  needs: ['root', 'gcc', 'autofs'],
  async setUp(lab) {
    const mount = join(lab.dir, 'auto');
    mkdirSync(mount);
    lab.undo(`umount ${mount} || umount -l ${mount}`);
    const daemon = (await play(lab, 'listener', ['autofs', mount], ['daemon'])).pids.daemon;
    const looker = (await play(lab, 'files', ['look', join(mount, 'home')], ['looker'])).pids.looker;
    await stuckIn(lab, looker, 'D', /autofs_wait/);
    return [
      { role: 'looker', pid: looker, cause: 'autofs-wait', culprit: daemon },
      { role: 'daemon', pid: daemon, cause: null, alsoOk: ['autofs-wait'] },
    ];
  },
};
