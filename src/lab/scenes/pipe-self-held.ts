import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pipe-self-held',
  title: 'A program waits for the end of a pipe whose write end it holds itself',
  story: `\
The program made a pipe, started a child with the write end, and forgot to close its own copy.
The child has written and ended; read() waits for an end of file that the reader itself prevents.
\`ps\` shows S and nothing else; two descriptors of the one process have the same \`pipe:[inode]\`.
To learn: close the write end in the parent right after the fork.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pipes', ['self-held'], ['reader']);
    await settled(lab, pids.reader, 'S');
    return [{ role: 'reader', pid: pids.reader, cause: 'pipe-held', culprit: pids.reader }];
  },
};
