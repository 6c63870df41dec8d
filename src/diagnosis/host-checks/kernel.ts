import type { HostChecks } from '../../evidence/host-checks.ts';
import { type Check, hasCapability, settingOf, textOf } from './check.ts';

/** What the kernel is set to tell. None of it is essential: it makes stories longer and surer. */
export function kernelChecks(host: HostChecks): Check[] {
  return [
    hungTask(host),
    kernelLog(host),
    pressure(host),
    delayAccounting(host),
    fuseControl(host),
    cgroups(host),
    perfEvents(host),
    kernelPointers(host),
    tracefs(host),
  ];
}

/** kernel.hung_task_warnings counts down to 0, which is silence; -1 is no limit (admin-guide/sysctl/kernel.rst). */
function hungTask(host: HostChecks): Check {
  const id = 'hung-task';
  const timeout = settingOf(host, 'kernel.hung_task_timeout_secs');
  const warnings = settingOf(host, 'kernel.hung_task_warnings');
  const cost =
    'a quiet kernel log proves nothing: hung tasks, and who holds their locks, are not reported in it';
  if (timeout === undefined) {
    return { id, state: 'limited', found: 'this kernel has no hung-task detector', cost };
  }
  if (timeout === 0) {
    const fix = 'sudo sysctl kernel.hung_task_timeout_secs=120';
    return { id, state: 'limited', found: 'the hung-task detector is off', cost, fix };
  }
  if (warnings === 0) {
    const fix = 'sudo sysctl kernel.hung_task_warnings=-1';
    return { id, state: 'limited', found: 'the hung-task detector has used up its warnings', cost, fix };
  }
  const left = warnings === undefined || warnings < 0 ? 'without limit' : `${warnings} warnings left`;
  return { id, state: 'ok', found: `hung tasks are reported after ${timeout} s, ${left}` };
}

function kernelLog(host: HostChecks): Check {
  const id = 'kernel-log';
  const restricted = settingOf(host, 'kernel.dmesg_restrict') === 1;
  if (!restricted || hasCapability(host, 'SYSLOG') || hasCapability(host, 'SYS_ADMIN')) {
    return { id, state: 'ok', found: 'dmesg is readable' };
  }
  return {
    id,
    state: 'limited',
    found: 'kernel.dmesg_restrict = 1',
    cost: 'dmesg for `procdiag stack`: the kernel’s own hung-task reports',
    fix: 'sudo dmesg | procdiag stack -',
  };
}

function pressure(host: HostChecks): Check {
  const id = 'pressure';
  if (textOf(host, '/proc/pressure/io') !== undefined) return { id, state: 'ok', found: 'PSI is on' };
  return {
    id,
    state: 'limited',
    found: 'no /proc/pressure/io',
    cost: 'telling a slow disk from a lock when many tasks are in D',
    fix: 'boot with psi=1 on the kernel command line',
  };
}

function delayAccounting(host: HostChecks): Check {
  const id = 'delay-accounting';
  const on = settingOf(host, 'kernel.task_delayacct');
  if (on === 1) return { id, state: 'ok', found: 'kernel.task_delayacct = 1' };
  return {
    id,
    state: 'limited',
    found:
      on === undefined
        ? 'not in this kernel, or not to be switched while it runs'
        : 'kernel.task_delayacct = 0',
    cost: 'how long a process has waited for block I/O in its life',
    ...(on === undefined ? {} : { fix: 'sudo sysctl kernel.task_delayacct=1' }),
  };
}

function fuseControl(host: HostChecks): Check {
  const id = 'fuse-control';
  const mounts = (textOf(host, '/proc/self/mountinfo') ?? '').split('\n');
  if (mounts.some((line) => / - fusectl /.test(line)))
    return { id, state: 'ok', found: 'fusectl is mounted' };
  return {
    id,
    state: 'limited',
    found: 'fusectl is not mounted',
    cost: 'how many requests a FUSE mount has not answered, and the way to abort them',
    fix: 'sudo mount -t fusectl none /sys/fs/fuse/connections',
  };
}

function cgroups(host: HostChecks): Check {
  const id = 'cgroups';
  const mounts = (textOf(host, '/proc/self/mountinfo') ?? '').split('\n');
  const version2 = mounts.some((line) => / - cgroup2 /.test(line));
  const freezer = mounts.some((line) => / - cgroup .*\bfreezer\b/.test(line));
  if (version2 || freezer) {
    return {
      id,
      state: 'ok',
      found: `mounted: ${[version2 && 'v2', freezer && 'v1 freezer'].filter(Boolean).join(', ')}`,
    };
  }
  return {
    id,
    state: 'limited',
    found: 'no cgroup file system is mounted',
    cost: 'which cgroup is frozen or at its limit',
    fix: 'sudo mount -t cgroup2 none /sys/fs/cgroup',
  };
}

/** perf_event_open(2): above 1 no kernel profiling for ordinary users. */
function perfEvents(host: HostChecks): Check {
  const id = 'perf-events';
  const paranoid = settingOf(host, 'kernel.perf_event_paranoid');
  if (paranoid === undefined) {
    return { id, state: 'limited', found: 'no perf events in this kernel', cost: 'tracing on and off CPU' };
  }
  const found = `kernel.perf_event_paranoid = ${paranoid}`;
  if (paranoid <= 1 || hasCapability(host, 'PERFMON') || hasCapability(host, 'SYS_ADMIN')) {
    return { id, state: 'ok', found };
  }
  const fix = 'sudo sysctl kernel.perf_event_paranoid=1';
  return { id, state: 'limited', found, cost: 'tracing what the kernel does for a process', fix };
}

/** /proc/sys/kernel/kptr_restrict: symbols in /proc/PID/stack are not concerned, only addresses for perf. */
function kernelPointers(host: HostChecks): Check {
  const id = 'kernel-addresses';
  const restrict = settingOf(host, 'kernel.kptr_restrict') ?? 0;
  const found = `kernel.kptr_restrict = ${restrict}`;
  if (restrict === 0 || (restrict === 1 && hasCapability(host, 'SYSLOG'))) return { id, state: 'ok', found };
  const fix = 'sudo sysctl kernel.kptr_restrict=0';
  return { id, state: 'limited', found, cost: 'names of kernel functions in perf profiles', fix };
}

function tracefs(host: HostChecks): Check {
  const id = 'tracefs';
  if ([...host.present].some((path) => path.endsWith('/tracing/events'))) {
    return { id, state: 'ok', found: 'trace events are readable' };
  }
  return {
    id,
    state: 'limited',
    found: 'trace events are not readable',
    cost: 'scheduler and system call events for tracing',
    fix: host.uid === 0 ? 'mount -t tracefs none /sys/kernel/tracing' : 'sudo procdiag …',
  };
}
