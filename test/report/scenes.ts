import type { Diagnosis, Judged, Target, ThreadReport } from '../../src/diagnosis/diagnosis.ts';
import type { Family, Rule } from '../../src/rules/rule.ts';
import type { Edge, Fact, Node } from '../../src/waits/graph.ts';

/** Diagnoses as the rules make them of the scenes of the lab: what the renderers are looked at with. */

const HOST = {
  hostname: 'db-7',
  kernel: '6.12.41',
  arch: 'x86_64',
  bootTime: '2026-03-01T06:00:00.000Z',
  hazards: [],
};
const TIMING = { startedAt: '2026-03-04T09:15:02.123Z', elapsedMs: 341, looks: 2 };

export function ruleOf(id: string, family: Family, doesNot: readonly string[] = []): Rule {
  return {
    id,
    family,
    title: id,
    explanation: { meaning: '', byHand: [], resolves: [], doesNot, lookAlikes: [], sources: [] },
  };
}

export function processNode(pid: number, comm: string, tid?: number): Node {
  return { id: `process:${pid}`, kind: 'process', name: comm, pid, ...(tid === undefined ? {} : { tid }) };
}

function fact(path: string, line: string, says?: string): Fact {
  return { path, line, ...(says === undefined ? {} : { says }) };
}

export function edge(
  from: Node,
  to: Node,
  relation: string,
  on: string,
  how: string,
  more: Partial<Edge> = {},
): Edge {
  return { from, to, relation, on, how, confidence: 'certain', facts: [], ...more };
}

export function target(pid: number, comm: string, more: Partial<Target> = {}): Target {
  return {
    pid,
    startTime: 8_812_345,
    comm,
    cmdline: [`/usr/bin/${comm}`],
    state: 'S (sleeping)',
    ppid: 1,
    nspid: [pid],
    tracerPid: 0,
    uid: 1000,
    cgroup: '/system.slice/api.service',
    threads: 1,
    kernelThread: false,
    ...more,
  };
}

export function thread(tid: number, comm: string, more: Partial<ThreadReport> = {}): ThreadReport {
  return { tid, comm, state: 'S (sleeping)', waitPoint: '', ...more };
}

function diagnosis(parts: Pick<Diagnosis, 'target' | 'verdict'> & Partial<Diagnosis>): Diagnosis {
  return { findings: [], threads: [], unseen: [], host: HOST, timing: TIMING, ...parts };
}

export function vforkWait(): Diagnosis {
  const parent = processNode(4711, 'api-worker');
  const child = processNode(4790, 'api-worker');
  const mount: Node = { id: 'mount:52', kind: 'mount', name: 'fuse.sshfs on /mnt/tools (0:52)' };
  const daemon = processNode(902, 'sshfs');
  const top: Judged = {
    rule: ruleOf('d-vfork-wait', 'd-state', [
      'SIGKILL to the parent: it stays pending till the child is gone.',
      'Restarting the service: systemd waits for the same process.',
    ]),
    severity: 'critical',
    confidence: 'certain',
    because: 'stack, syscall and child agree',
    title: 'suspended until its vfork child calls exec or exits',
    summary:
      '4711 api-worker called vfork() and gave its memory to 4790. 4790 is inside execve() of a program on /mnt/tools, whose FUSE daemon 902 sshfs is stopped.',
    subsystem: 'fuse',
    culprit: daemon,
    chain: [
      edge(parent, child, 'waits for', 'vfork()', 'its only child that shares its memory', {
        facts: [fact('/proc/4711/task/4711/children', '4790 ')],
      }),
      edge(
        child,
        mount,
        'waits for',
        'execve("/mnt/tools/bin/resize")',
        'the stack is in request_wait_answer',
        {
          facts: [
            fact(
              '/proc/4790/stack',
              '[<0>] request_wait_answer+0x12f/0x210',
              'a FUSE request is not answered',
            ),
          ],
        },
      ),
      edge(mount, daemon, 'served by', 'connection 52', 'it alone has this connection open', {
        confidence: 'likely',
        facts: [fact('/proc/902/status', 'State:\tT (stopped)', 'the daemon is stopped')],
      }),
    ],
    facts: [
      fact('/proc/4711/status', 'State:\tD (disk sleep)'),
      fact('/proc/4711/stack', '[<0>] kernel_clone+0x33a/0x3c0', 'waits for the vfork child'),
      fact(
        '/proc/4711/syscall',
        '58 0x7ffd0c1b2f08 0x0 0x0 0x8 0x7f2a1d8c1a3a 0x0 0x7ffd0c1b2ee0 0x7f2a1d8c1a3a',
        'vfork()',
      ),
    ],
    remedies: [
      {
        command: 'kill -CONT 902',
        effect: 'sshfs runs on and answers; the exec and then the parent go on by themselves',
        risk: 'none, unless somebody stopped it on purpose',
      },
      {
        command: 'umount -f /mnt/tools',
        effect: 'ends the FUSE connection: every wait on it ends with an error',
        risk: 'unsaved writes to /mnt/tools are lost',
      },
    ],
  };
  return diagnosis({
    target: target(4711, 'api-worker', { state: 'D (disk sleep)' }),
    verdict: {
      state: 'hung',
      summary: 'waits for its vfork child, whose program lies on a FUSE mount that does not answer',
      seconds: 9067,
      killable: false,
    },
    findings: [top],
    threads: [thread(4711, 'api-worker', { state: 'D (disk sleep)', waitPoint: 'vfork()', seconds: 9067 })],
  });
}

export function pipeHeld(): Diagnosis {
  const reader = processNode(4711, 'api-worker');
  const pipe: Node = { id: 'pipe:88213', kind: 'pipe', name: 'pipe:[88213]' };
  const holder = processNode(4790, 'sleep');
  return diagnosis({
    target: target(4711, 'api-worker', { threads: 9 }),
    verdict: {
      state: 'hung',
      summary: 'waits for the end of a pipe that 4790 sleep keeps open',
      seconds: 812,
      killable: true,
    },
    findings: [
      {
        rule: ruleOf('pipe-held', 'wait', ['Waiting for the child: it has exited long ago.']),
        severity: 'critical',
        confidence: 'certain',
        because: '812 of 812 processes were looked at',
        title: 'a pipe is held open by a grandchild',
        summary:
          '4790 sleep inherited the write end of the pipe from 4788 sh, which has exited. It will not write.',
        culprit: holder,
        chain: [
          edge(reader, pipe, 'waits for', 'read(7)', 'fd 7 is its read end'),
          edge(pipe, holder, 'held open by', 'fd 1, a write end', 'no other process holds one'),
        ],
        facts: [
          fact('/proc/4711/syscall', '0 0x7 0xc0001a2000 0x8000 0x0 0x0 0x0 0x7ffd0 0x47ff1a', 'read(7, …)'),
          fact('/proc/4711/fd/7', 'pipe:[88213]'),
          fact('/proc/4790/fd/1', 'pipe:[88213]'),
          fact('/proc/4790/status', 'PPid:\t1', 'an orphan: it was left behind'),
        ],
        remedies: [
          {
            command: 'kill 4790',
            effect: 'frees the reader at once',
            risk: '4790 ends; it has done no I/O for 13 min',
          },
          {
            command: '',
            effect:
              'In the parent: set `cmd.WaitDelay` (Go 1.20), or give the child a file instead of a pipe.',
            risk: '',
          },
        ],
      },
      {
        rule: ruleOf('zombie-parent-not-waiting', 'reaping'),
        severity: 'warning',
        confidence: 'likely',
        because: 'three looks',
        title: '3 zombies that nobody reaps',
        summary: '4711 api-worker has 3 dead children since 13 min and does not call wait.',
        culprit: reader,
        chain: [],
        facts: [fact('/proc/4788/status', 'State:\tZ (zombie)')],
        remedies: [{ command: 'kill -CHLD 4711', effect: 'asks it to reap', risk: 'none' }],
      },
    ],
    threads: [thread(4711, 'api-worker', { waitPoint: 'read(7, pipe:[88213])', seconds: 812, moved: false })],
    unseen: [{ what: '3 processes of uid 0', why: 'not root', remedy: '`sudo procdiag inspect 4711`' }],
  });
}

export function tracerChain(): Diagnosis {
  const names = ['nginx', 'gdb', 'strace'];
  const [nginx, gdb, strace] = names.map((name, at) => processNode(3000 + at, name)) as [Node, Node, Node];
  const shell = processNode(2990, 'bash');
  return diagnosis({
    target: target(3000, 'nginx', { state: 't (tracing stop)', tracerPid: 3001 }),
    verdict: {
      state: 'stopped',
      summary: 'in a tracing stop, and its tracer is itself traced and stopped',
      seconds: 64,
      killable: true,
    },
    findings: [
      {
        rule: ruleOf('ptrace-tracer-stopped', 'ptrace'),
        severity: 'critical',
        confidence: 'certain',
        because: 'TracerPid names each tracer',
        title: 'held by a tracer that is stopped',
        summary:
          '3000 nginx is held by 3001 gdb, which is held by 3002 strace, which job control has stopped.',
        culprit: strace,
        chain: [
          edge(nginx, gdb, 'traced by', 'tracing stop', 'TracerPid: 3001'),
          edge(gdb, strace, 'traced by', 'tracing stop', 'TracerPid: 3002'),
          edge(strace, shell, 'stopped from', 'job control', 'parent and session leader', {
            confidence: 'possible',
          }),
        ],
        facts: [
          fact('/proc/3000/status', 'State:\tt (tracing stop)'),
          fact('/proc/3000/status', 'TracerPid:\t3001'),
          fact('/proc/3001/status', 'TracerPid:\t3002'),
          fact('/proc/3002/status', 'State:\tT (stopped)', 'SIGSTOP or Ctrl+Z'),
        ],
        remedies: [{ command: 'kill -CONT 3002', effect: 'strace goes on, and with it gdb', risk: 'none' }],
      },
    ],
    threads: [thread(3000, 'nginx', { state: 't (tracing stop)', seconds: 64 })],
  });
}

export function healthyIdle(): Diagnosis {
  return diagnosis({
    target: target(1204, 'nginx', { threads: 5 }),
    verdict: {
      state: 'healthy',
      summary: 'waits for events in epoll_wait, as an idle server does',
      idle: 'idle-epoll',
      seconds: 3.27,
    },
    threads: [thread(1204, 'nginx', { waitPoint: 'epoll_wait(5)', idle: 'idle-epoll', seconds: 3.27 })],
  });
}

export function unknownNotRoot(): Diagnosis {
  return diagnosis({
    target: target(812, 'postgres', { state: 'D (disk sleep)', uid: 105 }),
    verdict: {
      state: 'unknown',
      summary: 'in D (uninterruptible) for 0.3 s; what it waits for could not be read',
      seconds: 0.3,
    },
    unseen: [
      {
        what: 'stack, syscall and wchan of 812',
        why: 'they need root (or CAP_SYS_ADMIN)',
        remedy: '`sudo procdiag inspect 812`',
      },
      { what: 'descriptors of 812', why: 'another user’s process', remedy: '`sudo procdiag inspect 812`' },
      { what: 'memory of 812', why: 'not asked for', remedy: '`--read-memory`' },
      { what: '14 processes', why: 'hidepid=2', remedy: 'run as root or in the group of /proc' },
    ],
    threads: [thread(812, 'postgres', { state: 'D (disk sleep)' })],
    host: {
      ...HOST,
      hazards: [
        {
          pid: 660,
          comm: 'cp',
          what: 'sits in execve: `ps`, `top` and `lsof` hang on it',
          facts: [fact('/proc/660/stat', '')],
        },
      ],
    },
  });
}

export function manyThreads(): Diagnosis {
  const owner: Node = { id: 'thread:5003', kind: 'thread', name: 'flusher', pid: 5000, tid: 5003 };
  const waiter: Node = { id: 'thread:5001', kind: 'thread', name: 'http-1', pid: 5000, tid: 5001 };
  const lock: Node = { id: 'futex:7f', kind: 'futex', name: 'mutex at 0x7f2a1d8c1a40' };
  const other: Node = { id: 'futex:80', kind: 'futex', name: 'mutex at 0x7f2a1d8c1a80' };
  return diagnosis({
    target: target(5000, 'java', { threads: 64 }),
    verdict: {
      state: 'hung',
      summary: 'deadlock: two threads hold what the other waits for',
      seconds: 372,
      killable: true,
    },
    findings: [
      {
        rule: ruleOf('futex-deadlock', 'wait'),
        severity: 'critical',
        confidence: 'certain',
        because: 'both owners were read from memory',
        title: 'two threads wait for each other',
        summary:
          'Thread 5001 holds 0x7f2a1d8c1a80 and waits for 0x7f2a1d8c1a40; thread 5003 holds that and waits for the first.',
        culprit: owner,
        chain: [
          edge(waiter, lock, 'waits for', 'futex(0x7f2a1d8c1a40)', 'FUTEX_WAIT_PRIVATE'),
          edge(lock, owner, 'held by', 'owner word', 'glibc mutex: owner 5003'),
          edge(owner, other, 'waits for', 'futex(0x7f2a1d8c1a80)', 'FUTEX_WAIT_PRIVATE'),
          edge(other, waiter, 'held by', 'owner word', 'glibc mutex: owner 5001'),
        ],
        facts: [
          fact('/proc/5000/task/5001/syscall', '202 0x7f2a1d8c1a40 0x80 0x2 0x0 0x0 0x0 0x7f2a1 0x7f2a2'),
          fact('/proc/5000/task/5003/syscall', '202 0x7f2a1d8c1a80 0x80 0x2 0x0 0x0 0x0 0x7f2a3 0x7f2a4'),
        ],
        remedies: [
          {
            command: 'gdb -p 5000 -batch -ex "thread apply all bt" > /tmp/java.5000.stacks',
            effect: 'keeps the user stacks of both threads before the restart',
            risk: 'stops the process for some seconds',
          },
          { command: 'kill 5000', effect: 'the only way out of a deadlock', risk: 'the service restarts' },
        ],
      },
    ],
    threads: [
      thread(5000, 'java', { waitPoint: 'futex(join 5001)', idle: 'idle-futex', seconds: 372 }),
      thread(5001, 'http-1', { waitPoint: 'futex(0x7f2a1d8c1a40)', seconds: 372, moved: false }),
      thread(5003, 'flusher', { waitPoint: 'futex(0x7f2a1d8c1a80)', seconds: 373, moved: false }),
      thread(5004, 'epoll', { waitPoint: 'epoll_wait(9)', idle: 'idle-epoll', seconds: 0.4, moved: true }),
      ...Array.from({ length: 60 }, (_, at) =>
        thread(5100 + at, `pool-${at}`, {
          waitPoint: 'futex(condition)',
          idle: 'idle-futex',
          seconds: 900 + at,
        }),
      ),
    ],
  });
}

/** A chain of `hops` lock holders. */
export function longChain(hops: number): Diagnosis {
  const nodes = Array.from({ length: hops + 1 }, (_, at) => processNode(7000 + at, `stage-${at}`));
  const chain = nodes
    .slice(1)
    .map((node, at) => edge(nodes[at]!, node, 'waits for', `flock(/run/stage-${at}.lock)`, '/proc/locks'));
  const base = pipeHeld();
  return {
    ...base,
    findings: [
      {
        ...base.findings[0]!,
        chain,
        culprit: nodes.at(-1)!,
        facts: Array.from({ length: 20 }, (_, at) =>
          fact('/proc/locks', `${at}: -> FLOCK ADVISORY WRITE ${7000 + at} 08:01:${at} 0 EOF`),
        ),
      },
    ],
  };
}

/** A pipe with many holders of the other end. */
export function manyHolders(count: number): Diagnosis {
  const base = pipeHeld();
  const [top] = base.findings;
  const [first, second] = top!.chain;
  const holders = Array.from({ length: count }, (_, at) => processNode(8000 + at, 'sleep'));
  return {
    ...base,
    findings: [
      {
        ...top!,
        culprit: holders.at(-1)!,
        chain: [first!, ...holders.map((holder) => ({ ...second!, to: holder }))],
      },
    ],
  };
}

/** All of them by name, for tests that hold for each. */
export const SCENES = {
  'vfork-wait': vforkWait(),
  'pipe-held': pipeHeld(),
  'tracer-chain': tracerChain(),
  'healthy-idle': healthyIdle(),
  'unknown-not-root': unknownNotRoot(),
  'many-threads': manyThreads(),
  'long-chain': longChain(14),
  'many-holders': manyHolders(9),
} as const;
