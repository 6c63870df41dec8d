import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'tcp-socket-full',
  title: 'A program cannot write to its TCP connection: the peer does not read',
  story: `\
The buffers of the TCP connection are full; the writer sleeps in write() until the peer reads.
The peer is alive and sleeps somewhere else.
/proc/net/tcp shows a full tx_queue here, and a full rx_queue at the other end.
To learn: a blocked writer is the peer's story; find the peer and ask what it waits for.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'sockets', ['tcp-full'], ['peer', 'writer']);
    await settled(lab, pids.writer, 'S');
    await settled(lab, pids.peer, 'S');
    return [
      { role: 'writer', pid: pids.writer, cause: 'socket-full', culprit: pids.peer },
      { role: 'peer', pid: pids.peer, cause: null },
    ];
  },
};
