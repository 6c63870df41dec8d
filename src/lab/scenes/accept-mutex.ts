import { join } from 'node:path';
import { play, settled } from '../play.ts';
import type { Look, Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'accept-mutex',
  title: 'Workers of a server take turns to accept connections: nothing is wrong',
  story: `\
A server with several workers, none of which has work: one waits in accept(), the other for the lock that the first one holds.
It looks like a lock that is never given back. But the holder waits for a client, and its brother is next.
To learn: ask what the holder of a lock waits for before you blame it.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'filelocks', ['accept-mutex', join(lab.dir, 'lock')], ['server']);
    const workers = await lab.until('two workers', () => {
      const children = lab.children(pids.server);
      return children.length === 2 && children;
    });
    for (const pid of workers) lab.owns(pid);
    for (const pid of [pids.server, ...workers]) await settled(lab, pid, 'S');
    return [
      { role: 'server', pid: pids.server, cause: null },
      ...workers.map((pid, at): Look => ({ role: `worker ${at}`, pid, cause: null, idle: 'idle-accept' })),
    ];
  },
};
