import { allAsleep, play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'tcp-server-waits',
  title: 'A client waits for a server that waits for a lock',
  story: `\
The client has sent its request and reads; the server, one thread, wants a lock that a third process holds.
\`ps\` shows three processes in S. From the client to the holder it is two steps: the other end of its connection has
the same addresses the other way round, and /proc/locks names the holder.
To learn: follow the connection before you restart the client.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(
      lab,
      'sockets',
      ['server-waits', `${lab.dir}/lock`],
      ['holder', 'server', 'client'],
    );
    await allAsleep(lab, Object.values(pids));
    return [
      { role: 'client', pid: pids.client, cause: 'file-lock', culprit: pids.holder },
      { role: 'server', pid: pids.server, cause: 'file-lock', culprit: pids.holder },
      { role: 'holder', pid: pids.holder, cause: null },
    ];
  },
};
