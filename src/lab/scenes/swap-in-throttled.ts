import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cgroupMount, makeCgroup } from '../cgroup.ts';
import { statusField } from '../peek.ts';
import { play } from '../play.ts';
import type { Lab, Scene } from '../scene.ts';
import { fullFile, loopDevice } from '../storage.ts';
import { stuckIn } from '../stuck.ts';

const LIMIT_BYTES = 8 << 20;
/** The least that io.max takes: a page comes after half an hour. */
const READ_BYTES_A_SECOND = 2;

export const scene: Scene = {
  name: 'swap-in-throttled',
  title: 'A program wants back memory that was swapped out, and the swap device is slow',
  story: `\
A container with little memory was swapped out while it slept. Now it touches its memory again: each page is read back, and
its cgroup lets it read two bytes a second. It is in D outside of any system call, in do_swap_page; SIGKILL works.
There is no descriptor, no file and no mapping that would tell of the disk: \`VmSwap\` and /proc/swaps do.
To learn: a page fault in D with do_swap_page on the stack waits for the swap device.`,
  needs: ['root', 'gcc', 'loop', 'swap'],
  async setUp(lab) {
    const device = await loopDevice(lab, fullFile(lab, 'swap'));
    await lab.run('mkswap', [device]);
    lab.undo(`swapoff ${device}`);
    await lab.run('swapon', [device]);
    const { pids } = await play(lab, 'memory', ['come-back'], ['sleeper']);
    const limits = cgroupMount('memory') === undefined ? inV2(lab) : inV1(lab);
    limits.memory(pids.sleeper);
    process.kill(pids.sleeper, 'SIGUSR1');
    await lab.until('most of its memory to be swapped out', () => {
      const kilobytes = Number.parseInt(statusField(pids.sleeper, 'VmSwap'), 10);
      return lab.state(pids.sleeper) === 'S' && kilobytes * 1024 > LIMIT_BYTES;
    });
    limits.reads(readFileSync(`/sys/class/block/${basename(device)}/dev`, 'latin1').trim(), pids.sleeper);
    process.kill(pids.sleeper, 'SIGUSR1');
    await stuckIn(lab, pids.sleeper, 'D', /do_swap_page/);
    return [{ role: 'sleeper', pid: pids.sleeper, cause: 'd-block-io', culpritKind: 'cgroup' }];
  },
};

interface Limits {
  /** Lets the process have little memory. */
  memory(pid: number): void;
  /** Lets it read little from the device `MAJ:MIN`. */
  reads(device: string, pid: number): void;
}

function inV2(lab: Lab): Limits {
  const cgroup = makeCgroup(lab, cgroupMount('v2')!);
  return {
    memory(pid) {
      writeFileSync(join(cgroup, 'memory.max'), `${LIMIT_BYTES}`);
      writeFileSync(join(cgroup, 'cgroup.procs'), `${pid}`);
    },
    reads(device) {
      lab.release(`echo '${device} rbps=max' > ${cgroup}/io.max`);
      writeFileSync(join(cgroup, 'io.max'), `${device} rbps=${READ_BYTES_A_SECOND}`);
    },
  };
}

function inV1(lab: Lab): Limits {
  const [memory, blkio] = [makeCgroup(lab, cgroupMount('memory')!), makeCgroup(lab, cgroupMount('blkio')!)];
  return {
    memory(pid) {
      writeFileSync(join(memory, 'memory.limit_in_bytes'), `${LIMIT_BYTES}`);
      writeFileSync(join(memory, 'cgroup.procs'), `${pid}`);
    },
    reads(device, pid) {
      const limit = `${blkio}/blkio.throttle.read_bps_device`;
      lab.release(`echo '${device} 0' > ${limit}`);
      writeFileSync(limit, `${device} ${READ_BYTES_A_SECOND}`);
      writeFileSync(join(blkio, 'cgroup.procs'), `${pid}`);
    },
  };
}
