import { named } from './blame.ts';
import { BLOCKED } from './blocked.ts';
import { findingAt, who } from './build.ts';
import { advice, remediesFor } from './remedies.ts';
import { rule } from './rule.ts';
import { heldMembers, holderOf } from './teardown.ts';

export default rule({
  id: 'pidns-teardown-stuck',
  family: 'pid-namespace',
  title: 'A PID namespace cannot end: its init waits for a member',
  absorbs: [
    'zombie-parent-not-waiting',
    'zombie-parent-stopped',
    'zombie-parent-dstate',
    'ptrace-zombie-held',
    'ptrace-stopped',
    'ptrace-tracer-stopped',
    'stopped',
    'cgroup-frozen',
    ...BLOCKED,
  ],
  find: (blame) => {
    const dying = blame.stepsOf('pidns-zap').map((step) => {
      const member = step.next.find(({ wait }) => wait.idle === undefined) ?? step.next[0];
      const culprit = member === undefined ? step.wait.node : holderOf(blame, member);
      return findingAt(blame, step, {
        severity: 'critical',
        title: 'the PID namespace cannot end',
        summary: `${who(step)} is the dead init of a PID namespace and waits until its last member is gone: ${member === undefined ? 'which one could not be seen' : `${member.wait.process.pid} ${member.wait.process.comm} (${member.wait.process.state})`}${member !== undefined && culprit.pid !== member.wait.process.pid ? `, held by ${named(culprit)}` : ''}. The container’s runtime waits with it.`,
        culprit,
        remedies: [
          ...remediesFor(blame, culprit),
          advice('SIGKILL to the init does nothing more: it is dead already. strace on it hangs.'),
        ],
      });
    });
    return [...dying, ...heldMembers(blame)];
  },
  explanation: {
    meaning:
      'The init of the namespace is dead, has killed all members, and waits in ' +
      '`zap_pid_ns_processes` under `do_exit` until the last of them is reaped. One cannot go: ' +
      'mostly a zombie whose parent is outside of the namespace (nsenter, an exec into the ' +
      'container) and does not wait for it, else a member in D. init shows S, but with PF_EXITING ' +
      'and SIGKILL already pending (`SigPnd` or `ShdPnd` 0x100): it cannot be killed any more. Its ' +
      'command line is empty, so `ps` shows `[name]` like a kernel thread, and the container ' +
      'runtime hangs in `do_wait`. The culprit is that member, or the outside parent that holds it.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/INIT/wchan` (5.10: 0, look at `stack` as root): ' +
        '`zap_pid_ns_processes`.',
      '`timeout -s KILL 2 readlink /proc/INIT/ns/pid`, then `timeout -s KILL 10 find ' +
        "/proc/[0-9]*/ns/pid -lname 'pid:\\[INO\\]'`: the members that are left (`ns/pid` can be read " +
        'of zombies too).',
      "`grep -E '^(State|PPid|NSpid)' /proc/MEMBER/status`: Z with a PPid that is not INIT and has " +
        'fewer NSpid numbers: the outside parent; D: see what it waits for.',
    ],
    resolves: [
      'Let the outside parent wait (continue it if it is stopped): the zombie goes, init and the ' +
        'runtime follow.',
      '`kill -KILL OUTSIDE_PARENT`: its zombies are reaped by its own reaper, and all of it goes.',
      'For a member in D: fix what it waits for.',
    ],
    doesNot: [
      '`kill -9` of init or of the zombie: both are dead already.',
      '`strace -p INIT`: hangs.',
      'Restarting the container runtime: init stays, as does its cgroup.',
    ],
    lookAlikes: [
      'Each container with many processes is here for a moment at its end: look twice.',
      'A kernel thread also shows `[name]`: there `Kthread: 1` (6.12 and later) or flag 0x200000 in ' +
        'stat.',
    ],
    sources: ['pid_namespaces(7)', 'kernel/pid_namespace.c (zap_pid_ns_processes)'],
  },
});
