import { nameOf, parentOf, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'setsid-daemon',
  title: 'A daemon in a session of its own, adopted by PID 1: nothing is wrong',
  story: `\
Started in the way of daemons: own session, no terminal, its parent has ended, standard descriptors on /dev/null.
To learn: PPid 1 and no terminal are how daemons live.`,
  needs: [],
  async setUp(lab) {
    const shell = await lab.start('sh', ['-c', 'setsid sleep 100 </dev/null >/dev/null 2>&1 & echo $!'], {
      stdio: 'lines',
    });
    const daemon = Number(await shell.line());
    lab.owns(daemon);
    await lab.until('it to be adopted', () => parentOf(daemon) !== shell.pid);
    await lab.until('it to be a sleep', () => nameOf(daemon) === 'sleep');
    await settled(lab, daemon, 'S');
    return [{ role: 'daemon', pid: daemon, cause: null, alsoOk: ['orphan-adopted'], idle: 'idle-timer' }];
  },
};
