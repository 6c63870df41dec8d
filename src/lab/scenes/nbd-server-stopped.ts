import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';
import { sparseFile } from '../storage.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'nbd-server-stopped',
  title: 'A direct read of a network block device whose server is stopped',
  story: `\
The disk comes over a socket (nbd: virtual machines, containers, iSCSI and RBD are alike): the server was stopped with
SIGSTOP. The reader is in D in submit_bio_wait, and SIGKILL does not end it; the connection stays established.
Stack and wchan name neither nbd nor the server: only the device of the descriptor does.
To learn: device, then what is at the other end of its connection; here it is on the same host.`,
  needs: ['root', 'gcc', 'nbd'],
  async setUp(lab) {
    const device = freeDevice();
    const socket = join(lab.dir, 'socket');
    const config = join(lab.dir, 'nbd.conf');
    const disk = sparseFile(lab, 'disk');
    writeFileSync(
      config,
      `[generic]\nunixsock = ${socket}\nlistenaddr = 127.0.0.1\n[disk]\nexportname = ${disk}\n`,
    );
    // It serves its first connection itself.
    const server = (await lab.start('nbd-server', ['-C', config, '-d'])).pid;
    await lab.until('nbd-server to listen', () => listens(socket));
    lab.undo(`nbd-client -d ${device}`);
    await lab.run('nbd-client', ['-unix', socket, device, '-N', 'disk']);
    // The first open() reads the partition table.
    await lab.run('dd', [`if=${device}`, 'of=/dev/null', 'count=1']);
    lab.release(`kill -CONT ${server}`);
    process.kill(server, 'SIGSTOP');
    await settled(lab, server, 'T');
    const { pids } = await play(lab, 'files', ['read-direct', device], ['reader']);
    await stuckIn(lab, pids.reader, 'D', /submit_bio_wait|bio_await|__blkdev_direct_IO/);
    return [
      { role: 'reader', pid: pids.reader, cause: 'd-block-io', culpritKind: 'device' },
      { role: 'server', pid: server, cause: 'stopped' },
    ];
  },
};

/** Its file is there before anybody can connect; the flag __SO_ACCEPTCON is not. */
function listens(socket: string): boolean {
  const line = readFileSync('/proc/net/unix', 'latin1')
    .split('\n')
    .find((each) => each.endsWith(` ${socket}`));
  return line?.split(' ')[3] === '00010000';
}

/** An nbd device that nobody is connected to: those in use have a `pid` in sysfs. */
function freeDevice(): string {
  const names = readdirSync('/sys/block').filter((name) => /^nbd\d+$/.test(name));
  const free = names.find((name) => !existsSync(`/sys/block/${name}/pid`));
  if (free === undefined) throw new Error('every nbd device is in use');
  return join('/dev', free);
}
