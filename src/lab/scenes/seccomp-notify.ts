import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'seccomp-notify',
  title: 'A system call waits for a seccomp supervisor that does not answer',
  story: `\
A filter hands some system calls of the program to a supervisor (a container runtime, a sandbox).
The supervisor took the request and never answered: a harmless uname() lasts for ever.
State S, wchan seccomp_do_user_notification, \`Seccomp: 2\` in status; the syscall itself looks innocent.
To learn: look for the holder of \`anon_inode:seccomp notify\`; when it ends, the call returns ENOSYS.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'seccomp', [], ['victim', 'supervisor']);
    await settled(lab, pids.victim, 'S');
    await settled(lab, pids.supervisor, 'S');
    return [
      { role: 'victim', pid: pids.victim, cause: 'seccomp-notify-wait', culprit: pids.supervisor },
      { role: 'supervisor', pid: pids.supervisor, cause: null },
    ];
  },
};
