import { lineFact } from '../waits/facts.ts';
import { processNode } from '../waits/nodes.ts';
import { isNamespaceInit } from '../waits/objects/pid-namespace.ts';
import { advice, endOfNamespace } from './remedies.ts';
import { rule } from './rule.ts';
import { unreaped } from './zombies.ts';

export default rule({
  id: 'pidns-init-not-reaping',
  family: 'pid-namespace',
  title: 'PID 1 of a PID namespace does not reap its orphans',
  absorbs: ['zombie-parent-not-waiting'],
  find: (blame) => {
    const { evidence, target } = blame;
    // Asked about a zombie: its adopter; asked about anybody else: the process itself.
    const subject = target.state === 'Z' ? evidence.process(target.status?.ppid) : target;
    // One that is itself held up cannot wait: that is the trouble then.
    if (subject === undefined || !isNamespaceInit(evidence, subject) || /[TtD]/.test(subject.state))
      return [];
    return unreaped(blame, subject).map((found) => ({
      severity: 'warning',
      confidence: found.confidence,
      because: found.because,
      young: found.young,
      title: `init of a PID namespace does not reap: ${found.zombies.length} zombie${found.zombies.length === 1 ? '' : 's'}`,
      summary: `${subject.pid} ${subject.comm} is PID 1 of its namespace: orphans become its children, and it does not wait for them${found.doing}.`,
      culprit: processNode(subject),
      ...(target.state === 'Z' && blame.steps[0] !== undefined ? { step: blame.steps[0] } : {}),
      chain: found.chain,
      facts: [...lineFact(evidence, `${subject.dir}/status`, 'NSpid:'), ...found.facts],
      weight: 10,
      remedies: [
        advice(
          'Run the program under a real init: `docker run --init`, `tini --`, `shareProcessNamespace`; or let it wait for every child (SIGCHLD and waitpid(-1, WNOHANG) in a loop).',
        ),
        ...endOfNamespace(subject.pid),
        advice('Signals to the zombies do nothing.'),
      ],
    }));
  },
  explanation: {
    meaning:
      'Each PID namespace has an init, its PID 1, and orphans of the namespace become its children. ' +
      'This one never waits for them, as it is an application that was started as PID 1 and knows ' +
      "nothing of them: every orphan that ends stays a zombie, until PIDs or the cgroup's pids.max " +
      'run out. The culprit is that init: the process whose last NSpid is 1 and that is PPid of the ' +
      'zombies. A zombie cannot be killed. SIGKILL of the init from outside ends the namespace with ' +
      'all its members, and the zombies go.',
    byHand: [
      "`grep -l '^State:.Z' /proc/[0-9]*/status | xargs grep -h '^PPid' | sort | uniq -c | sort -rn " +
        '| head`: zombies by parent.',
      '`grep NSpid /proc/PARENT/status`: several numbers, the last one 1: the init of a namespace.',
      '`timeout -s KILL 2 cat /proc/PARENT/wchan`: anything but `do_wait`; `grep -E ' +
        "'^(SigBlk|ShdPnd|SigCgt)' /proc/PARENT/status`: bit 0x10000 is SIGCHLD, in SigBlk and ShdPnd " +
        '= blocked, and not looked at.',
    ],
    resolves: [
      'Repair the init: handle SIGCHLD and loop over `waitpid(-1, &status, WNOHANG)` until there is ' +
        'none.',
      'Start with a real init in front: `docker run --init`, tini, dumb-init, ' +
        '`shareProcessNamespace` with a pause container.',
      'End the container (`docker stop`, or `kill -KILL INIT` from outside): all zombies go with ' + 'it.',
    ],
    doesNot: [
      '`kill -9` of the zombies.',
      '`kill -CHLD INIT`: an init without a handler drops it.',
      'Killing the former parents: they are gone already.',
    ],
    lookAlikes: [
      'Zombies for less than a second or two: churn, and the init reaps in its own time.',
      'A zombie of the namespace whose PPid is outside of it (nsenter, exec into a container): that ' +
        'parent is to blame, not the init.',
    ],
    sources: ['pid_namespaces(7), wait(2)', 'kernel/exit.c (find_new_reaper)', 'proc(5) (NSpid)'],
  },
});
