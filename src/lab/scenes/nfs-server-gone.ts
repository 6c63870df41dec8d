import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { play } from '../play.ts';
import type { Lab, Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

/** Addresses for documentation (RFC 5737): nobody's. */
const SERVER = '192.0.2.1';
const CLIENT = '192.0.2.2';

export const scene: Scene = {
  name: 'nfs-server-gone',
  title: 'stat() on a hard NFS mount whose server does not answer',
  story: `\
The server, or the network to it, is gone; the mount is "hard", as is the default, so that its users wait for ever.
The looker is in D in rpc_wait_bit_killable: the one D of these that SIGKILL does end.
df, ls and every tool that touches the mount join the queue; here the server is in a network namespace of its own.
To learn: it is the server and the mount, not the process. Bring it back and all go on.`,
  needs: ['root', 'gcc', 'nfs-server'],
  async setUp(lab) {
    const exported = join(lab.dir, 'exported');
    mkdirSync(exported);
    writeFileSync(join(exported, 'file'), 'data');
    const server = await startServer(lab, exported);
    const mount = join(lab.dir, 'nfs');
    mkdirSync(mount);
    lab.undo(`umount -l ${mount}`);
    lab.release(`umount -f -l ${mount}`);
    // Attributes are not kept: each look asks the server.
    await lab.run('mount', ['-t', 'nfs4', '-o', 'vers=4.2,hard,noac', `${SERVER}:/`, mount]);
    await lab.run('nsenter', ['-t', `${server}`, '-n', 'ip', 'link', 'set', 'procdiag-b', 'down']);
    const { pids } = await play(lab, 'files', ['look', join(mount, 'file')], ['looker']);
    await stuckIn(lab, pids.looker, 'D', /rpc_wait_bit_killable/);
    return [{ role: 'looker', pid: pids.looker, cause: 'd-network-fs', culpritKind: 'mount' }];
  },
};

/** An NFS server in namespaces of its own, whose files of state are its own too; returns a process in them. */
async function startServer(lab: Lab, exported: string): Promise<number> {
  const script = `
    set -e
    mount -t tmpfs none /var/lib/nfs
    mkdir /var/lib/nfs/v4recovery /var/lib/nfs/rpc_pipefs
    touch /var/lib/nfs/etab /var/lib/nfs/rmtab
    mount -t nfsd nfsd /proc/fs/nfsd
    ip link set lo up
    echo ready for the link
    until ip link set procdiag-b up 2>/dev/null; do sleep 0.05; done
    ip address add ${SERVER}/30 dev procdiag-b
    exportfs -i -o rw,fsid=0,no_root_squash,no_subtree_check,insecure '${CLIENT}:${exported}'
    rpc.nfsd -N 3 -G 10 -L 10 1
    rpc.mountd -N 3
    echo serving
    exec sleep 120`;
  const server = await lab.start('unshare', ['-m', '-n', 'sh', '-c', script], { stdio: 'lines' });
  lab.release(
    `nsenter -t ${server.pid} -m -n sh -c 'rpc.nfsd 0; exportfs -ua; pkill -F /run/rpc.mountd.pid'`,
  );
  await server.line();
  lab.undo('ip link delete procdiag-a');
  const peer = ['peer', 'name', 'procdiag-b', 'netns', `${server.pid}`];
  await lab.run('ip', ['link', 'add', 'procdiag-a', 'type', 'veth', ...peer]);
  await lab.run('ip', ['address', 'add', `${CLIENT}/30`, 'dev', 'procdiag-a']);
  await lab.run('ip', ['link', 'set', 'procdiag-a', 'up']);
  await server.line();
  return server.pid;
}
