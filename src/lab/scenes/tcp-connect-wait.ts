import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'tcp-connect-wait',
  title: 'connect() waits for an address that does not answer',
  story: `\
A firewall drops the packets, or the host is gone: no refusal comes, only silence. connect() takes two minutes.
(In this scene it is a network namespace in which the address leads nowhere.)
/proc/PID/net/tcp has a line in state 02 (SYN_SENT) with the remote address; it belongs to the namespace of that process.
To learn: give connect a timeout; ask the network, not the process.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'sockets', ['connect-wait'], ['client']);
    await settled(lab, pids.client, 'S');
    return [{ role: 'client', pid: pids.client, cause: 'tcp-connect-wait' }];
  },
};
