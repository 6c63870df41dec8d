import type { Step } from '../waits/walk.ts';
import { type Blame, isSteady } from './blame.ts';
import { findingAt, who } from './build.ts';
import { advice } from './remedies.ts';
import { type Finding, rule } from './rule.ts';

export default rule({
  id: 'futex-deadlock',
  family: 'wait',
  title: 'A cycle of threads, each waiting for a lock of the next',
  find: (blame) => {
    const closing = blame.steps.find(
      (step) =>
        step.cycle !== undefined &&
        isSteady(step) &&
        cycleOf(step).some(({ wait }) => wait.kind === 'futex-lock'),
    );
    const self = blame.stepsOf('futex-lock').find((step) => step.wait.detail?.self === true);
    const end = closing ?? self;
    if (end === undefined) return onlyBySignal(blame);
    const start = closing?.cycle ?? end;
    const ring = ringOf(end, start);
    const chain = closing === undefined ? [...end.chain, ...(end.wait.hops[0]?.edges ?? [])] : end.chain;
    // Where it is found is its last member: what stands at the others of the circle does not lie behind it.
    const step = closing?.via?.step ?? start;
    return [
      {
        ...findingAt(blame, start, {
          severity: 'critical',
          title: `deadlock of ${ring.length} thread${ring.length === 1 ? '' : 's'}`,
          summary: `${ring.map((step) => who(step)).join(' waits for ')} waits for ${ring.length === 1 ? 'a lock that it holds itself' : who(start)}: a cycle; none of them ever runs again.`,
          culprit: start.wait.node,
          chain,
          facts: [
            ...new Set(
              ring.flatMap((step) => [
                ...step.wait.facts,
                ...step.wait.hops.flatMap((hop) => hop.edges.flatMap(({ facts }) => facts)),
              ]),
            ),
          ],
          weight: 20,
          remedies: [
            {
              command: `gdb -p ${start.wait.process.pid} -batch -ex 'thread apply all bt'`,
              effect: 'shows where in the program each lock was taken',
              risk: 'stops the process for a moment',
            },
            {
              command: `kill ${start.wait.process.pid}`,
              effect: 'ends the process (a handler that needs the locks will not run: then kill -KILL)',
              risk: 'state in memory is lost',
            },
            advice('Waiting does not help. In the program: take locks in one order everywhere.'),
          ],
        }),
        step,
      },
    ];
  },
  explanation: {
    meaning:
      'Each thread of the cycle holds a mutex and wants one that the next holds; usually two, which ' +
      'took two locks in opposite order. All are S in `futex_do_wait` (6.1, 6.12: ' +
      '`futex_wait_queue`; 5.10: `futex_wait_queue_me`), as the threads of any idle program are: ' +
      "only the owners tell. A glibc mutex has its owner's TID in the third word (address + 8), a " +
      'priority-inheriting one in the first. A cycle never ends by itself, and no single thread of ' +
      'it is to blame: the order of locking is. SIGKILL works.',
    byHand: [
      '`timeout -s KILL 2 grep -H . /proc/PID/task/*/syscall`: 202 (futex on x86-64), address, ' +
        'operation (0x80 = wait, private), value 2 for a contended glibc mutex.',
      '`timeout -s KILL 2 dd if=/proc/PID/mem iflag=skip_bytes,count_bytes bs=16 skip=$((ADDRESS)) ' +
        "count=12 status=none | od -An -td4`: the third number is the owner's TID. Own memory only: " +
        "on a page of a dead mount this hangs and holds the target's mmap_lock.",
      "`gdb -p PID -batch -ex 'thread apply all bt'`: who waits for which mutex where; stops the " +
        'process meanwhile.',
    ],
    resolves: [
      'Restart the process: `kill PID`, then `kill -KILL PID` (a shutdown by handler may want the ' +
        'same locks).',
      'For later: take locks in one order everywhere, or pthread_mutex_timedlock; an error-checking ' +
        'build (ThreadSanitizer) finds the order.',
      'Save a core first for the stacks: `gcore PID`.',
    ],
    doesNot: [
      'Waiting, signals with a handler, SIGCONT: nobody gives a lock back.',
      'Ending one thread: not possible from outside, and its locks would stay taken.',
    ],
    lookAlikes: [
      "Idle pools, condition variables, joins and Go's threads wait in the same function: without a " +
        'cycle of owners it is no deadlock.',
      'A chain that ends in a thread that works or sleeps elsewhere: `futex-held`.',
    ],
    sources: [
      'futex(2), pthread_mutex_lock(3p)',
      'kernel/futex/waitwake.c (5.10: kernel/futex.c), glibc nptl/pthread_mutex_lock.c',
    ],
  },
});

const cycleOf = (end: Step) => (end.cycle === undefined ? [] : ringOf(end, end.cycle));

/** The steps from the start of the cycle to its end, in order. */
function ringOf(end: Step, start: Step): Step[] {
  const ring: Step[] = [];
  let at: Step | undefined = end.cycle === undefined ? end : end.via?.step;
  for (; at !== undefined; at = at.via?.step) {
    ring.unshift(at);
    if (at === start) break;
  }
  return ring;
}

/** futex(2): the word is seen by the threads of one process alone. */
const FUTEX_PRIVATE = 0x80;

/**
 * Semaphores and the locks of other runtimes name no owner. But where each thread sleeps in a futex of this process alone, and
 * without a limit of time, none of them can be woken by another: a deadlock, or a process that waits for a signal by intent.
 */
function onlyBySignal(blame: Blame): Finding[] {
  const { target } = blame;
  const own = blame.steps.filter(({ depth }) => depth === 0);
  const isWhole = own.length === target.tids.length && own.every(waitsForOwnThreads);
  if (!isWhole || own.filter(({ wait }) => wait.kind === 'futex').length < 2) return [];
  return [
    {
      severity: 'info',
      confidence: 'possible',
      because: 'each of its threads sleeps in a private futex without a limit of time',
      title: `its ${own.length} threads all wait for one another, or for a signal`,
      summary:
        `Each of the ${own.length} threads of ${target.pid} ${target.comm} waits to be woken by another thread of the same ` +
        'process, and all of them sleep: nothing but the handler of a signal can end that. It is a deadlock, unless the ' +
        'program waits for a signal by intent.',
      culprit: blame.node,
      chain: [],
      facts: own.slice(0, 4).flatMap(({ wait }) => wait.facts),
      weight: 5,
      remedies: [
        {
          command: `gdb -p ${target.pid} -batch -ex 'thread apply all bt'`,
          effect: 'shows where in the program each thread waits (py-spy dump, jstack: in its own language)',
          risk: 'stops the process for a moment',
        },
      ],
    },
  ];
}

function waitsForOwnThreads({ wait }: Step): boolean {
  const { kind, thread } = wait;
  if (kind === 'join') return thread.moved !== true;
  const isPrivate = ((thread.intArgument(1) ?? 0) & FUTEX_PRIVATE) !== 0;
  return kind === 'futex' && thread.syscallName === 'futex' && isPrivate && thread.argument(3) === 0n;
}
