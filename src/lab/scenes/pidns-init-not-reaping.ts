import { play, zombieFor } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pidns-init-not-reaping',
  title: 'The first process of a PID namespace never waits for its dead',
  story: `\
A container runs an application as PID 1. Orphans are given to it, and it has never heard of wait().
\`ps\` shows a growing crowd of zombies, all with the same PPid, whose NSpid ends in 1.
To learn: PID 1 must reap. Use a real init (tini, \`docker run --init\`); the zombies go when that init ends.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pidns', ['not-reaping'], ['init']);
    const [zombie] = await lab.until('four dead children and four dead orphans', () => {
      const dead = lab.children(pids.init).filter((pid) => lab.state(pid) === 'Z');
      return dead.length === 8 && dead;
    });
    if (zombie === undefined) throw new Error('no zombie');
    await zombieFor(lab, zombie);
    return [
      { role: 'init', pid: pids.init, cause: 'pidns-init-not-reaping', culprit: pids.init },
      {
        role: 'zombie',
        pid: zombie,
        cause: 'pidns-init-not-reaping',
        alsoOk: ['zombie-parent-not-waiting'],
        culprit: pids.init,
      },
    ];
  },
};
