import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cgroupMount, makeCgroup } from '../cgroup.ts';
import type { Scene } from '../scene.ts';
import { loopDevice, sparseFile } from '../storage.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'io-max',
  title: 'A direct read that its cgroup lets through at a kilobyte a second',
  story: `\
A container was given a limit on its disk I/O (io.max of cgroup v2; IOReadBandwidthMax= of systemd), one far too low.
The reader is in D in submit_bio_wait, as with a dead disk, and SIGKILL waits with it.
But the device is idle: nothing is in flight, and everybody else reads from it at full speed.
To learn: D with an idle device: look at io.max of the cgroup, and of those above it.`,
  needs: ['root', 'gcc', 'loop', 'cgroup-v2', 'cgroup-v2-io'],
  async setUp(lab) {
    const device = await loopDevice(lab, sparseFile(lab, 'disk'));
    const number = readFileSync(`/sys/class/block/${basename(device)}/dev`, 'latin1').trim();
    const cgroup = makeCgroup(lab, cgroupMount('v2')!);
    lab.release(`echo '${number} rbps=max' > ${cgroup}/io.max`);
    writeFileSync(join(cgroup, 'io.max'), `${number} rbps=1024`);
    const enter = 'echo $$ > "$1"; exec "$2" read-direct "$3"';
    const files = await lab.program('files', { threads: true });
    const reader = await lab.start('sh', ['-c', enter, 'sh', join(cgroup, 'cgroup.procs'), files, device], {
      stdio: 'lines',
    });
    await reader.line();
    await stuckIn(lab, reader.pid, 'D', /submit_bio_wait|bio_await|__blkdev_direct_IO/);
    return [{ role: 'reader', pid: reader.pid, cause: 'd-block-io', culpritKind: 'cgroup' }];
  },
};
