import autofsWait from './autofs-wait.ts';
import busySys from './busy-sys.ts';
import busyUser from './busy-user.ts';
import cgroupCpuThrottled from './cgroup-cpu-throttled.ts';
import cgroupFrozen from './cgroup-frozen.ts';
import cgroupMemoryHigh from './cgroup-memory-high.ts';
import cgroupOomPaused from './cgroup-oom-paused.ts';
import cgroupPidsMax from './cgroup-pids-max.ts';
import cmdlineUnreadable from './cmdline-unreadable.ts';
import coredumpWait from './coredump-wait.ts';
import dBlockIo from './d-block-io.ts';
import dDriver from './d-driver.ts';
import dFsFrozen from './d-fs-frozen.ts';
import dKernelOther from './d-kernel-other.ts';
import dLockContention from './d-lock-contention.ts';
import dNetworkFs from './d-network-fs.ts';
import dVforkWait from './d-vfork-wait.ts';
import epollStale from './epoll-stale.ts';
import fanotifyWait from './fanotify-wait.ts';
import fdInherited from './fd-inherited.ts';
import fdLeak from './fd-leak.ts';
import fdLimit from './fd-limit.ts';
import fileLock from './file-lock.ts';
import fuseWait from './fuse-wait.ts';
import futexDeadOwner from './futex-dead-owner.ts';
import futexDeadlock from './futex-deadlock.ts';
import futexHeld from './futex-held.ts';
import { idleRules } from './idle.ts';
import inotifyInstances from './inotify-instances.ts';
import inotifyWatches from './inotify-watches.ts';
import memoryLeak from './memory-leak.ts';
import orphanAdopted from './orphan-adopted.ts';
import pidnsForkEnomem from './pidns-fork-enomem.ts';
import pidnsInitIgnoresSignals from './pidns-init-ignores-signals.ts';
import pidnsInitNotReaping from './pidns-init-not-reaping.ts';
import pidnsTeardownStuck from './pidns-teardown-stuck.ts';
import pipeFull from './pipe-full.ts';
import pipeHeld from './pipe-held.ts';
import ptraceAttachBlocked from './ptrace-attach-blocked.ts';
import ptraceStopped from './ptrace-stopped.ts';
import ptraceTracedRunning from './ptrace-traced-running.ts';
import ptraceTracerStopped from './ptrace-tracer-stopped.ts';
import ptraceZombieHeld from './ptrace-zombie-held.ts';
import queueFull from './queue-full.ts';
import rlimitNproc from './rlimit-nproc.ts';
import type { Rule } from './rule.ts';
import seccompNotifyWait from './seccomp-notify-wait.ts';
import signalBlockedPending from './signal-blocked-pending.ts';
import signalIgnored from './signal-ignored.ts';
import signalNoTty from './signal-no-tty.ts';
import signalNotForeground from './signal-not-foreground.ts';
import signalSignalfd from './signal-signalfd.ts';
import socketFull from './socket-full.ts';
import stopped from './stopped.ts';
import stoppedTty from './stopped-tty.ts';
import tcpConnectWait from './tcp-connect-wait.ts';
import tempFilesLeft from './temp-files-left.ts';
import threadLeak from './thread-leak.ts';
import ttyWriteBlocked from './tty-write-blocked.ts';
import userfaultfdWait from './userfaultfd-wait.ts';
import waitOnStoppedChild from './wait-on-stopped-child.ts';
import zombieLeaderLiveThreads from './zombie-leader-live-threads.ts';
import zombieLeak from './zombie-leak.ts';
import zombieParentDstate from './zombie-parent-dstate.ts';
import zombieParentNotWaiting from './zombie-parent-not-waiting.ts';
import zombieParentStopped from './zombie-parent-stopped.ts';

/**
 * All causes: what `procdiag explain` knows, and what the diagnosis tries.
 *
 * To add a cause:
 * 1. `src/rules/<cause-id>.ts` with `export default rule({ id, family, title, find, explanation })`; the id is the file's
 *    name and a contract: it stands in `--json`, in exit codes' runbooks and in `explain`, and is never renamed.
 *    `find` is pure (evidence and wait-for graph in, findings out); leave it out if another command finds the cause.
 * 2. Import it here and put it into `rules`, next to its family (families in the order of `Family` in rule.ts; within one,
 *    causes before their variants). The test of this file fails if you forget.
 * 3. If it is a new kind of wait: a resolver in `src/waits/kinds/`.
 * 4. A scene in `src/lab/scenes/` that makes it happen on a live kernel, and a test that holds the diagnosis to it.
 *
 * A healthy sleep goes into idle.ts instead.
 */
export const rules: readonly Rule[] = [
  dBlockIo,
  dFsFrozen,
  dVforkWait,
  dLockContention,
  dNetworkFs,
  dDriver,
  dKernelOther,
  fuseWait,
  autofsWait,
  fanotifyWait,
  userfaultfdWait,
  seccompNotifyWait,
  coredumpWait,
  ptraceStopped,
  ptraceTracerStopped,
  ptraceZombieHeld,
  ptraceAttachBlocked,
  ptraceTracedRunning,
  pidnsInitNotReaping,
  pidnsTeardownStuck,
  pidnsForkEnomem,
  pidnsInitIgnoresSignals,
  orphanAdopted,
  zombieParentNotWaiting,
  zombieParentStopped,
  zombieParentDstate,
  zombieLeaderLiveThreads,
  stopped,
  stoppedTty,
  cgroupFrozen,
  waitOnStoppedChild,
  pipeHeld,
  pipeFull,
  queueFull,
  socketFull,
  ttyWriteBlocked,
  tcpConnectWait,
  fileLock,
  futexDeadlock,
  futexHeld,
  futexDeadOwner,
  busyUser,
  busySys,
  signalIgnored,
  signalBlockedPending,
  signalSignalfd,
  signalNoTty,
  signalNotForeground,
  fdLeak,
  fdInherited,
  epollStale,
  inotifyWatches,
  inotifyInstances,
  zombieLeak,
  threadLeak,
  memoryLeak,
  tempFilesLeft,
  fdLimit,
  cgroupCpuThrottled,
  cgroupMemoryHigh,
  cgroupOomPaused,
  cgroupPidsMax,
  rlimitNproc,
  cmdlineUnreadable,
  ...idleRules,
];
