import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pipe-full',
  title: 'A program cannot write: the reader of its pipe does not read',
  story: `\
The pipe holds 64 KiB, and is full. The writer sleeps in write() until somebody reads.
The reader is alive and sleeps somewhere else.
To learn: a blocked writer is the reader's story; find the process with the read end of the same \`pipe:[inode]\`.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pipes', ['full'], ['reader', 'writer']);
    await settled(lab, pids.writer, 'S');
    await settled(lab, pids.reader, 'S');
    return [
      { role: 'writer', pid: pids.writer, cause: 'pipe-full', culprit: pids.reader },
      { role: 'reader', pid: pids.reader, cause: null },
    ];
  },
};
