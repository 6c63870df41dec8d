import { culpritOf } from './blame.ts';
import { findingAt, who } from './build.ts';
import { sigkillDoesNot } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'd-kernel-other',
  family: 'd-state',
  title: 'Uninterruptible in another part of the kernel',
  find: (blame) =>
    blame
      .stepsOf('d-other', 'exec-stuck')
      .filter((step) => step.wait.idle === undefined)
      .map((step) => {
        const stuckInExec = step.wait.kind === 'exec-stuck';
        return findingAt(blame, step, {
          severity: 'critical',
          title: stuckInExec
            ? 'stuck inside execve, and every reader of its files with it'
            : `uninterruptible in the kernel: ${step.wait.subsystem ?? 'unknown'}`,
          summary: stuckInExec
            ? `${who(step)} is inside execve and holds exec_update_lock: ps, top and lsof hang on it. What it waits for cannot be read on this kernel.`
            : `${who(step)} sleeps in ${step.wait.point}.`,
          culprit: culpritOf(step),
          ...(stuckInExec || step.wait.subsystem === 'unknown' ? { confidence: 'likely' as const } : {}),
          remedies: [
            {
              command: 'echo w > /proc/sysrq-trigger; dmesg | procdiag stack -',
              effect: 'the kernel prints the stacks of all blocked tasks',
              risk: 'fills the kernel log',
            },
            ...(step.wait.killable === false ? [sigkillDoesNot()] : []),
          ],
        });
      }),
  explanation: {
    meaning:
      'The thread is in D, and its stack belongs to none of the known causes; the subsystem is ' +
      'named from the frames. Examples: `begin_new_exec` (execve waits for a thread of the process ' +
      'that does not die), `balance_dirty_pages` (write throttle), `call_usermodehelper_exec` (a helper as modprobe or ' +
      'request-key), `rtnetlink_rcv_msg` (rtnl), RCU, workqueues. The frames never show `schedule`, ' +
      '`io_schedule` or the lock functions: the first frame is their caller. SIGKILL, as measured: ' +
      "works for exec's leader, `balance_dirty_pages` and modprobe's wait; not for request-key's wait and rtnl waiters.",
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root) for all threads: in execve the ' +
        'thread that does not die says what the leader waits for. No answer at all: the process is ' +
        'stuck inside execve (5.10 to 6.18; on 6.12 and 6.18 `ps` hangs on it as well).',
      "`grep -E '^(State|SigPnd|ShdPnd)' /proc/PID/task/*/status`: `SigPnd` with bit 0x100 and " +
        'still there: killed, and cannot die.',
      "`dmesg | grep -E 'blocked (for more than|in I/O wait)'`: khungtaskd's view (7.2 has the " +
        'second form, too); killable waits are never in it.',
      '`cat /proc/PID/cgroup`, then `memory.events`, `memory.pressure`, `cpu.stat` there (v1: ' +
        '`memory.oom_control`): limits that throttle.',
      "`grep -l '^PPid:.2$' /proc/[0-9]*/status | xargs grep -l '^Kthread:.0'`: helpers that the " +
        'kernel started and waits for (6.12 and later).',
    ],
    resolves: [
      "Fix what the frames name: end the stuck helper, raise the cgroup's limit, continue the " +
        'thread or daemon behind it.',
      '`kill -KILL PID`, where the wait is killable (see above).',
      'Reboot, if the kernel log shows an oops, a lockup or a device failure before the first hang.',
    ],
    doesNot: [
      '`strace -p`: hangs on D (in the attach already when the target is in execve).',
      'Waiting for the hung-task log: `kernel.hung_task_warnings` at 0 silences it, and killable ' +
        'waits are never in it.',
    ],
    lookAlikes: [
      'Throttles (`balance_dirty_pages`) wake many times a second: context switches grow while nothing ' +
        'seems to move. Memory limits of cgroups: `cgroup-memory-high`, `cgroup-oom-paused`.',
      'Kernel threads in state I are idle.',
      'vfork parents and tasks of a frozen v1 cgroup are D as well: `d-vfork-wait`, ' + '`cgroup-frozen`.',
    ],
    sources: [
      'proc(5) (/proc/PID/stack, status, wchan)',
      'kernel/hung_task.c, fs/exec.c, mm/memcontrol.c, kernel/umh.c',
      'Documentation/admin-guide/sysctl/kernel.rst',
    ],
  },
});
