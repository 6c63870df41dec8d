import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { dyingDisk } from '../storage.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'block-io-buffered',
  title: 'A plain read waits for a page of a disk that does not answer',
  story: `\
The program reads a block device through the page cache: D in folio_wait_bit_common under filemap_read.
A loop device on a file of a FUSE mount whose server is stopped is behind it.
This D can be killed, but then its exit waits for the same page, without end (\`ps\` shows [name], as of a kernel thread).
To learn: a page wait says nothing about the device: find it by the descriptor.`,
  needs: ['root', 'gcc', 'fuse', 'loop'],
  async setUp(lab) {
    const disk = await dyingDisk(lab);
    await disk.die();
    const { pids } = await play(lab, 'files', ['read', disk.device], ['reader']);
    await stuckIn(lab, pids.reader, 'D', /filemap_get_pages|generic_file_buffered_read/);
    return [
      { role: 'reader', pid: pids.reader, cause: 'd-block-io', culprit: disk.daemon },
      { role: 'daemon', pid: disk.daemon, cause: 'stopped' },
    ];
  },
};
