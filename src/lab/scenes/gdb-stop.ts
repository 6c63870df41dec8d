import { settled, tracerOf } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'gdb-stop',
  title: 'A program stands still because a debugger is attached to it',
  story: `\
Somebody ran \`gdb -p PID\` and went to lunch. The program is in state t (tracing stop), not T.
\`ps\` shows t and nothing else; SIGCONT does nothing, SIGKILL of the program works.
Look at TracerPid in /proc/PID/status: it names the debugger.
To learn: quit or detach the debugger (or end it with SIGKILL) and the program runs on, unharmed.`,
  needs: ['root', 'gdb'],
  async setUp(lab) {
    const target = (await lab.start('sleep', ['110'])).pid;
    // gdb ends at the end of its standard input: it gets a pipe that stays open and says nothing.
    const shell = await lab.start('sh', [
      '-c',
      'sleep 110 | DEBUGINFOD_URLS= gdb -nx -q -p "$0"',
      `${target}`,
    ]);
    const tracer = await lab.until('a tracer', () => tracerOf(target) || false, 60_000);
    for (const pid of lab.children(shell.pid)) lab.owns(pid);
    // At its prompt: before that it reads symbols, with sleeps in between.
    await lab.until('gdb at its prompt', () => /poll/.test(lab.frames(tracer)), 60_000);
    await settled(lab, tracer, 'S');
    await settled(lab, target, 't');
    return [
      { role: 'target', pid: target, cause: 'ptrace-stopped', culprit: tracer },
      { role: 'gdb', pid: tracer, cause: null },
    ];
  },
};
