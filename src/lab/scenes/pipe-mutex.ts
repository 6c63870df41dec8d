import { mountFuse, silentDaemon } from '../fuse.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'pipe-mutex',
  title: 'A pipe reader in D: the writer holds the pipe and waits for a FUSE server',
  story: `\
The writer calls write(pipe, memory): the memory is mapped from a file on a FUSE mount, and the server does not deliver
the page. The writer (D, filemap_fault) holds the pipe's mutex meanwhile, so that the reader is in D as well.
The reader's wchan is that of each healthy pipe reader; only the D says that it waits for the lock and not for data.
To learn: state and function must be read together; the chain is reader, writer, server.`,
  needs: ['root', 'gcc', 'fuse'],
  async setUp(lab) {
    const { file, daemon } = await mountFuse(lab, { stall: ['read'] });
    const { pids } = await play(lab, 'memory', ['pipe-mutex', file], ['parent', 'writer', 'reader']);
    await stuckIn(lab, pids.writer, 'D', /filemap_fault/);
    process.kill(pids.reader, 'SIGUSR1');
    await stuckIn(lab, pids.reader, 'D', /pipe_read/);
    return [
      {
        role: 'reader',
        pid: pids.reader,
        cause: 'd-lock-contention',
        alsoOk: ['fuse-wait'],
        culprit: daemon,
      },
      { role: 'writer', pid: pids.writer, cause: 'fuse-wait', culprit: daemon },
      { role: 'parent', pid: pids.parent, cause: null },
      silentDaemon(daemon),
    ];
  },
};
