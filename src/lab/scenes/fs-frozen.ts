import { join } from 'node:path';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { mountExt4, sparseFile } from '../storage.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'fs-frozen',
  title: 'A writer in D: its file system is frozen',
  story: `\
A backup tool froze the file system for a snapshot (fsfreeze, an LVM or VM snapshot) and never thawed it.
Each writer stays in D (percpu_rwsem_wait under vfs_write) and cannot be killed; readers go on.
No I/O is under way: no PSI io, procs_blocked 0. Nothing in /proc or /sys says "frozen".
To learn: the mount is to blame and not the writer: \`fsfreeze -u MOUNTPOINT\`.`,
  needs: ['root', 'gcc', 'loop', 'fsfreeze'],
  async setUp(lab) {
    const mount = await mountExt4(lab, sparseFile(lab, 'disk'));
    const { pids } = await play(lab, 'files', ['append', join(mount, 'log')], ['writer']);
    lab.release(`fsfreeze -u ${mount}`);
    await lab.run('fsfreeze', ['-f', mount]);
    await stuckIn(lab, pids.writer, 'D', /percpu_rwsem_wait|percpu_down_read/);
    return [{ role: 'writer', pid: pids.writer, cause: 'd-fs-frozen', culpritKind: 'mount' }];
  },
};
