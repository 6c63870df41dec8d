import { tracerOf } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'strace-running',
  title: 'strace is at work on a busy program: slower, not hung',
  story: `\
A real \`strace -f\` follows a program with a thousand system calls a second.
\`ps\` shows S, R or t, whichever it meets; TracerPid is strace; the switch counts grow.
To learn: t in one look is no hang; the same t without progress is.`,
  needs: ['root', 'gcc', 'strace'],
  async setUp(lab) {
    const program = await lab.program('busy', { threads: true });
    const strace = await lab.start('strace', ['-f', '-o', '/dev/null', program, 'syscalls'], {
      stdio: 'lines',
    });
    const target = Number((await strace.line()).replace('process ', ''));
    lab.owns(target);
    await lab.until('the target to be traced', () => tracerOf(target) === strace.pid);
    return [
      { role: 'target', pid: target, cause: 'ptrace-traced-running', culprit: strace.pid },
      { role: 'strace', pid: strace.pid, cause: null },
    ];
  },
};
