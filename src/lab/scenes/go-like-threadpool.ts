import { readdirSync } from 'node:fs';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'go-like-threadpool',
  title: 'A thread pool at rest: one thread in epoll, the others parked: nothing is wrong',
  story: `\
The threads of a Go, Java or Rust runtime without work: a dozen in futex(), one in epoll_wait.
It looks exactly as a deadlock would: all threads in S, none moves.
To learn: parked threads wait on a condition, not for an owner; without a lock's owner there is no deadlock.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'idle', ['thread-pool'], ['thread-pool']);
    const pid = pids['thread-pool'];
    await lab.until('thirteen sleeping threads', () => {
      const tids = readdirSync(`/proc/${pid}/task`).map(Number);
      return tids.length === 13 && tids.every((tid) => lab.state(pid, tid) === 'S');
    });
    return [{ role: 'pool', pid, cause: null }];
  },
};
