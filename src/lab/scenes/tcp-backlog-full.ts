import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'tcp-backlog-full',
  title: 'connect() waits for a server of this host that accepts nobody',
  story: `\
The server listens and does something else; what it has not accepted fills its queue, and the kernel drops what comes
then. The client is in connect() as if a firewall had dropped its packets.
/proc/net/tcp has the client in SYN_SENT, and a listener at that address with a queue that is not empty.
To learn: no answer from a port of the own host is nobody else’s fault than its server’s.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'sockets', ['backlog-full'], ['server', 'client']);
    await settled(lab, pids.server, 'S');
    await settled(lab, pids.client, 'S');
    return [
      { role: 'client', pid: pids.client, cause: 'tcp-connect-wait', culprit: pids.server },
      { role: 'server', pid: pids.server, cause: null },
    ];
  },
};
