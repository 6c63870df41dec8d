import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pipe-held-by-grandchild',
  title: 'The child has ended, but reading its output does not: a grandchild holds the pipe',
  story: `\
A program reads the output of its child up to the end. The child has ended and was reaped.
What the child left running in the background inherited the write end: end of file never comes.
\`ps\` shows a reader in S (pipe read) without any child; the writer is a process with another parent.
To learn: find who holds the other end (same \`pipe:[inode]\` in /proc/*/fd); a timeout which kills the child does not help.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pipes', ['held-by-grandchild'], ['reader', 'holder']);
    await settled(lab, pids.reader, 'S');
    await settled(lab, pids.holder, 'S');
    return [
      { role: 'reader', pid: pids.reader, cause: 'pipe-held', culprit: pids.holder },
      { role: 'holder', pid: pids.holder, cause: null, alsoOk: ['orphan-adopted', 'fd-inherited'] },
    ];
  },
};
