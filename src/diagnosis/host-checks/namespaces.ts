import type { HostChecks } from '../../evidence/host-checks.ts';
import { type Check, hasCapability, textOf } from './check.ts';

/** PROC_PID_INIT_INO of include/linux/proc_ns.h: the PID namespace of the machine itself. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

/** Which processes can be seen at all. */
export function namespaceChecks(host: HostChecks): Check[] {
  return [procMount(host), hidepid(host), pidNamespace(host), container(host)];
}

function procMount(host: HostChecks): Check {
  const id = 'proc-namespace';
  if (host.procSelf === undefined) {
    return {
      id,
      state: 'missing',
      found: '/proc/self does not lead to us',
      cost: 'everything: /proc is not mounted, or is that of a PID namespace which we are not in',
      fix: 'mount -t proc proc /proc',
    };
  }
  if (host.procSelf === String(host.pid))
    return { id, state: 'ok', found: '/proc is that of our PID namespace' };
  return {
    id,
    state: 'limited',
    found: `/proc is another PID namespace's: we are ${host.procSelf} there, and ${host.pid} here`,
    cost: 'nothing, if the PIDs that you give are those of that /proc',
    fix: 'mount -t proc proc /proc',
  };
}

function hidepid(host: HostChecks): Check {
  const id = 'hidepid';
  const options = procOptions(textOf(host, '/proc/self/mountinfo') ?? '');
  const hides = options.find((option) => /^hidepid=/.test(option) && !/=(0|off)$/.test(option));
  const subset = options.includes('subset=pid');
  if (hides === undefined && !subset) return { id, state: 'ok', found: 'no process is hidden' };
  const found = `/proc is mounted with ${[hides, subset ? 'subset=pid' : undefined].filter(Boolean).join(',')}`;
  if (subset) {
    return {
      id,
      state: 'limited',
      found,
      cost: 'file locks, kernel settings and pressure: only PIDs are shown',
    };
  }
  if (hasCapability(host, 'SYS_PTRACE')) return { id, state: 'ok', found };
  return {
    id,
    state: 'missing',
    found,
    cost: 'other users’ processes are not there at all: chains end where they begin',
    fix: 'sudo procdiag …',
  };
}

/** The super options of what is mounted at /proc, after the ` - ` (proc_pid_mountinfo(5)). */
function procOptions(mountinfo: string): string[] {
  const line = mountinfo.split('\n').findLast((text) => text.split(' ')[4] === '/proc');
  return line?.split(' - ')[1]?.split(' ')[2]?.split(',') ?? [];
}

function pidNamespace(host: HostChecks): Check {
  const id = 'pid-namespace';
  if (host.pidNamespace === FIRST_PID_NAMESPACE)
    return { id, state: 'ok', found: 'all processes of the machine' };
  return {
    id,
    state: 'limited',
    found: 'only the processes of a nested PID namespace',
    cost: 'culprits outside of it: tracers, FUSE daemons, the parent of its init, holders of shared files',
    fix: 'run procdiag on the host (or: docker run --pid=host …)',
  };
}

function container(host: HostChecks): Check {
  const id = 'container';
  const signs = [
    host.present.has('/.dockerenv') ? '/.dockerenv' : undefined,
    host.present.has('/run/.containerenv') ? '/run/.containerenv' : undefined,
    host.containerVariable === undefined ? undefined : 'the variable container',
  ].filter((sign) => sign !== undefined);
  if (signs.length === 0) return { id, state: 'ok', found: 'not in a container, as far as can be told' };
  return {
    id,
    state: 'limited',
    found: `in a container, by ${signs.join(' and ')}`,
    cost: 'paths, mounts and cgroups are named as in here, not as on the host',
    fix: 'run procdiag on the host with the PID that it has there',
  };
}
