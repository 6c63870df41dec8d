import type { HostChecks } from '../../evidence/host-checks.ts';
import { type Check, errnoOf, hasCapability, settingOf, textOf } from './check.ts';

/** What this user may read of other processes. */
export function rightsChecks(host: HostChecks): Check[] {
  return [otherUsers(host), kernelStacks(host), syscalls(host), yama(host)];
}

function otherUsers(host: HostChecks): Check {
  const id = 'other-users-processes';
  const who = host.uid === 0 ? 'root' : `uid ${host.uid}`;
  if (!hasCapability(host, 'SYS_PTRACE')) {
    return {
      id,
      state: 'missing',
      found: `${who} without CAP_SYS_PTRACE`,
      cost: 'descriptors, system calls and wait channels of other users’ processes, and so most blame chains',
      fix: host.uid === 0 ? 'docker run --cap-add SYS_PTRACE …' : 'sudo procdiag …',
    };
  }
  if (inUserNamespace(host)) {
    return {
      id,
      state: 'limited',
      found: `${who} in a user namespace: CAP_SYS_PTRACE counts only inside`,
      cost: 'all of the processes that belong to users outside of it',
    };
  }
  return { id, state: 'ok', found: `${who} with CAP_SYS_PTRACE` };
}

/** The root of a user namespace has all capabilities and may still read no kernel stack (user_namespaces(7)). */
function inUserNamespace(host: HostChecks): boolean {
  const map = textOf(host, '/proc/self/uid_map');
  return map !== undefined && !/^\s*0\s+0\s+4294967295$/.test(map);
}

/** /proc/PID/stack is for CAP_SYS_ADMIN in the first user namespace, even one's own (proc_pid_stack, fs/proc/base.c). */
function kernelStacks(host: HostChecks): Check {
  const id = 'kernel-stacks';
  const errno = errnoOf(host, '/proc/self/stack');
  const cost = 'where in the kernel a process sleeps: subsystems are guessed from wait channels';
  if (errno === undefined) return { id, state: 'ok', found: '/proc/PID/stack is readable' };
  if (errno === 'ENOENT') {
    return { id, state: 'missing', found: 'this kernel is built without CONFIG_STACKTRACE', cost };
  }
  const fix = host.uid === 0 ? 'docker run --cap-add SYS_ADMIN …' : 'sudo procdiag …';
  return {
    id,
    state: 'missing',
    found: `/proc/PID/stack is refused (${errno}): it takes CAP_SYS_ADMIN`,
    cost,
    fix,
  };
}

function syscalls(host: HostChecks): Check {
  const id = 'system-calls';
  const errno = errnoOf(host, '/proc/self/syscall');
  if (errno === undefined) return { id, state: 'ok', found: '/proc/PID/syscall is readable' };
  return {
    id,
    state: 'missing',
    found: `/proc/PID/syscall is refused (${errno})`,
    cost: 'which system call a process sleeps in, and on which descriptor or address',
  };
}

/** Yama guards what needs the right to attach: `syscall`, `stack`, `mem` (ptrace(2), "/proc/sys/kernel/yama/ptrace_scope"). */
function yama(host: HostChecks): Check {
  const id = 'ptrace-scope';
  const scope = settingOf(host, 'kernel.yama.ptrace_scope');
  if (scope === undefined) return { id, state: 'ok', found: 'no Yama in this kernel' };
  const found = `kernel.yama.ptrace_scope = ${scope}`;
  if (scope === 3) {
    return {
      id,
      state: 'missing',
      found: `${found}: nobody may attach, until the next boot`,
      cost: 'system calls, kernel stacks and memory of all processes, also for root',
      fix: 'set kernel.yama.ptrace_scope below 3 in /etc/sysctl.d, and reboot',
    };
  }
  if (scope === 0 || hasCapability(host, 'SYS_PTRACE')) return { id, state: 'ok', found };
  return {
    id,
    state: 'limited',
    found,
    cost: 'system calls and memory even of your own processes, unless you started them from here',
    fix: 'sudo sysctl kernel.yama.ptrace_scope=0',
  };
}
