import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'traceme-child',
  title: 'A child asked to be traced, and its parent never answers',
  story: `\
The child called PTRACE_TRACEME and then execve: the kernel stops it there, for its parent to say "go on".
The parent forgot. \`ps\` shows the child in t, with the name of the new program, which has not run one instruction.
TracerPid equals PPid; field 52 of stat is 5 (SIGTRAP), not yet collected.
To learn: the parent has to wait and PTRACE_CONT; a debugger cannot attach, the child is traced already.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'tracer', ['traceme'], ['child', 'parent']);
    await settled(lab, pids.child, 't');
    await settled(lab, pids.parent, 'S');
    return [{ role: 'child', pid: pids.child, cause: 'ptrace-stopped', culprit: pids.parent }];
  },
};
