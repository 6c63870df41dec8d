import { tasksOf } from '../peek.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { dyingDisk } from '../storage.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'exec-leader-in-d',
  title: 'A thread calls execve, and the main thread sits in a disk that does not answer',
  story: `\
A program that restarts itself calls execve in one of its threads. The kernel kills all others first, the main thread
among them, and gives its PID to the caller; but the main thread reads a disk that is dead, in D, and cannot die.
The caller is in D too, in begin_new_exec. The disk is a loop device on a file of a FUSE mount whose server is stopped.
To learn: whoever waits in execve waits for the thread that does not die: look what that one waits for.`,
  needs: ['root', 'gcc', 'fuse', 'loop'],
  async setUp(lab) {
    const disk = await dyingDisk(lab);
    await disk.die();
    const { pids } = await play(lab, 'execs', ['beside-leader', disk.device], ['stuck']);
    await stuckIn(lab, pids.stuck, 'D', /submit_bio_wait|bio_await|__blkdev_direct_IO/);
    const replacer = await lab.until('the second thread', () =>
      tasksOf(pids.stuck).find((tid) => tid !== pids.stuck),
    );
    await stuckIn(lab, pids.stuck, 'S', /do_sigtimedwait/, replacer);
    process.kill(pids.stuck, 'SIGUSR1');
    await stuckIn(lab, pids.stuck, 'D', /begin_new_exec|de_thread/, replacer);
    return [
      { role: 'stuck', pid: pids.stuck, cause: 'd-block-io', culprit: disk.daemon },
      { role: 'daemon', pid: disk.daemon, cause: 'stopped' },
    ];
  },
};
