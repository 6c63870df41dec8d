import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'unix-socket-full',
  title: 'A program cannot write to its unix socket: the peer does not read',
  story: `\
The buffers of the unix socket are full; the writer sleeps in write() until the peer reads.
The peer is alive and sleeps somewhere else.
The peer of a unix socket is in no file of /proc; \`ss -xp\` asks the kernel for it.
To learn: a blocked writer is the peer's story; find the peer and ask what it waits for.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'sockets', ['unix-full'], ['peer', 'writer']);
    await settled(lab, pids.writer, 'S');
    await settled(lab, pids.peer, 'S');
    return [
      { role: 'writer', pid: pids.writer, cause: 'socket-full', culprit: pids.peer },
      { role: 'peer', pid: pids.peer, cause: null },
    ];
  },
};
