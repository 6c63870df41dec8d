import { findingAt, who } from './build.ts';
import { thaw } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'cgroup-frozen',
  family: 'stopped',
  title: 'Its cgroup is frozen',
  find: (blame) =>
    blame.stepsOf('frozen').map((step) => {
      const { cgroup, own, unseen } = step.wait.detail ?? {};
      const v1 = step.wait.detail?.version === 1;
      return findingAt(blame, step, {
        severity: 'warning',
        title: `frozen by ${cgroup ?? 'a cgroup that cannot be seen from here'}`,
        summary: `${who(step)} is in a frozen cgroup${own === true || unseen !== undefined ? '' : ' (an ancestor of its own)'}: docker pause, systemctl freeze or a batch system. ${freezerSays(v1, step.wait.thread.state)}`,
        remedies: thaw(step.wait),
      });
    }),
  explanation: {
    meaning:
      'Somebody froze the cgroup of the process, or an ancestor of it: `docker pause`, `systemctl ' +
      'freeze`, a checkpoint, a batch scheduler. In cgroup v2 the tasks are S in `get_signal` and ' +
      'look like any sleeper; SIGKILL and other fatal signals work. In v1 they are D, in ' +
      '`__refrigerator` or still in the function of their last sleep, and SIGKILL is kept until the ' +
      'thaw. The last system call is still shown in both. The culprit is the frozen cgroup, maybe ' +
      'an ancestor whose own file alone says so. khungtaskd never reports it.',
    byHand: [
      '`cat /proc/PID/cgroup`: `0::PATH` is v2; a line with `freezer` is v1.',
      '`cat /sys/fs/cgroup/PATH/cgroup.events` (v2): `frozen 1`. `cgroup.freeze` of that directory ' +
        'may be 0: look for the 1 in its parents.',
      '`cat /sys/fs/cgroup/freezer/PATH/freezer.state` (v1): FROZEN; `freezer.self_freezing` and ' +
        '`freezer.parent_freezing` say whose it is.',
      '`timeout -s KILL 2 cat /proc/PID/wchan` (5.10: 0): `get_signal` (v2), `__refrigerator` (v1).',
    ],
    resolves: [
      'By whoever froze it: `docker unpause NAME`, `systemctl thaw UNIT`.',
      '`echo 0 > /sys/fs/cgroup/PATH/cgroup.freeze` (v2), `echo THAWED > ' +
        '/sys/fs/cgroup/freezer/PATH/freezer.state` (v1), in the directory which has the freeze: all ' +
        'members go on. A checkpoint that is being taken breaks.',
      '`kill -KILL PID`: v2 only.',
    ],
    doesNot: [
      '`kill -CONT PID`: that ends a stop, and no freeze.',
      '`kill -9` under v1: `SigPnd` 0x100, and it dies at the thaw.',
      "Thawing the process's own cgroup, when an ancestor is frozen.",
    ],
    lookAlikes: [
      'A sleeping process (S): its wchan is that of its call, `frozen` is 0.',
      'A vfork parent in a frozen v2 cgroup is D and counts as frozen.',
      'CPU throttling (cpu.max): state R, and not running.',
    ],
    sources: [
      'Documentation/admin-guide/cgroup-v2.rst (cgroup.freeze), ' +
        'Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst',
      'cgroups(7), kernel/cgroup/freezer.c, kernel/freezer.c',
    ],
  },
});

function freezerSays(v1: boolean, state: string): string {
  if (state === 'T')
    return `It is stopped by a signal, too${v1 ? ', and even SIGKILL waits for the thaw' : ''}.`;
  return v1
    ? 'The v1 freezer shows it as D, and keeps even SIGKILL until the thaw.'
    : 'The v2 freezer shows it as S; SIGKILL works.';
}
