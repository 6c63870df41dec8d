import { mountFuse, silentDaemon } from '../fuse.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'mmap-lock',
  title: "ps hangs: a process's memory lock is held by one that waits for a FUSE server",
  story: `\
A debugger-like process reads the memory of another (/proc/PID/mem); the page lies in a file on a FUSE mount whose
server never answers. It holds the target's mmap_lock meanwhile; the target wants to mmap() and queues behind it (D).
From then on each reader of the target's cmdline or environ is in D: \`ps -ef\`, pgrep and pidof hang, \`top\` does not.
To learn: the D processes are victims, and the target too; the chain ends in the FUSE server.
Ends by itself after 20 seconds, since it makes the tools of the whole host hang.`,
  needs: ['root', 'gcc', 'fuse'],
  maxSeconds: 20,
  async setUp(lab) {
    const { file, daemon } = await mountFuse(lab, { stall: ['read'] });
    const { pids } = await play(lab, 'memory', ['mmap-lock', file], ['target', 'holder']);
    await stuckIn(lab, pids.holder, 'D', /filemap_fault/);
    process.kill(pids.target, 'SIGUSR1');
    await stuckIn(lab, pids.target, 'D', /vm_mmap_pgoff/);
    const reader = (await lab.start('cat', [`/proc/${pids.target}/cmdline`])).pid;
    await stuckIn(lab, reader, 'D', /access_remote_vm|get_cmdline|proc_pid_cmdline/);
    const waits = {
      cause: 'd-lock-contention',
      alsoOk: ['fuse-wait', 'cmdline-unreadable'],
      culprit: daemon,
    };
    return [
      { role: 'target', pid: pids.target, ...waits },
      { role: 'holder', pid: pids.holder, cause: 'fuse-wait', culprit: daemon },
      { role: 'reader', pid: reader, ...waits },
      silentDaemon(daemon),
    ];
  },
};
