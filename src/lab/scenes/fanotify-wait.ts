import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'fanotify-wait',
  title: 'open() in D: a virus scanner has to allow it, and does not answer',
  story: `\
A scanner asked the kernel (fanotify) to be consulted before each open() below a directory, and does not read the
questions any more. Whoever opens a file there is in D, fanotify_handle_event; it can be killed.
To learn: look for the holder of \`anon_inode:[fanotify]\` whose mask has a permission bit: when it ends, all go on.`,
  needs: ['root', 'gcc', 'fanotify'],
  async setUp(lab) {
    const guarded = join(lab.dir, 'guarded');
    mkdirSync(guarded);
    writeFileSync(join(guarded, 'document'), 'text');
    const listener = (await play(lab, 'listener', ['fanotify', guarded], ['listener'])).pids.listener;
    const reader = (await play(lab, 'files', ['read', join(guarded, 'document')], ['reader'])).pids.reader;
    await stuckIn(lab, reader, 'D', /fanotify_handle_event/);
    return [
      { role: 'reader', pid: reader, cause: 'fanotify-wait', culprit: listener },
      { role: 'listener', pid: listener, cause: null, alsoOk: ['fanotify-wait'] },
    ];
  },
};
