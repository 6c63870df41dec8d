import { play, settled } from '../play.ts';
import type { Look, Scene } from '../scene.ts';

/** The kinds of `programs/idle.c`, with the name of the verdict where only one fits. */
const IDLE = {
  pause: 'idle-signal',
  nanosleep: 'idle-timer',
  poll: 'idle-poll',
  'poll-timed': 'idle-poll',
  select: 'idle-poll',
  epoll: 'idle-epoll',
  sigwait: 'idle-signal',
  sigsuspend: 'idle-signal',
  wait4: 'idle-wait-child',
  waitid: 'idle-wait-child',
  accept: 'idle-accept',
  'unix-accept': 'idle-accept',
  'udp-recv': undefined,
  'pipe-read': 'idle-read',
  eventfd: undefined,
  inotify: 'idle-inotify',
  semop: undefined,
  msgrcv: undefined,
  condvar: 'idle-futex',
  'condvar-timed': 'idle-futex',
} as const;

export const scene: Scene = {
  name: 'idle-zoo',
  title: 'Twenty ways to sleep, and nothing wrong with any of them',
  story: `\
One process for each: pause, nanosleep, poll, select, epoll, sigwait, wait, accept, a condition variable, semop …
\`ps\` shows S for all of them, as it would if they hung.
To learn: to sleep is what programs do; a hang needs somebody who should have woken them.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const kinds = Object.keys(IDLE) as (keyof typeof IDLE)[];
    const { pids } = await play(lab, 'idle', [], kinds);
    const looks: Look[] = [];
    for (const kind of kinds) {
      await settled(lab, pids[kind], 'S');
      const idle = IDLE[kind];
      looks.push({ role: kind, pid: pids[kind], cause: null, ...(idle === undefined ? {} : { idle }) });
    }
    return looks;
  },
};
