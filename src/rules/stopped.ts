import { processNode } from '../waits/nodes.ts';
import { named } from './blame.ts';
import { findingAt, who } from './build.ts';
import { advice } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'stopped',
  family: 'stopped',
  title: 'Stopped by SIGSTOP or job control',
  find: (blame) =>
    blame.stepsOf('stopped').map((step) => {
      const { process, detail } = step.wait;
      const tracer = blame.evidence.process(Number(detail?.tracer ?? 0));
      const name = tracer === undefined ? 'a tracer' : named(processNode(tracer));
      const isTraced = detail?.tracer !== undefined;
      const tty = detail?.tty;
      return findingAt(blame, step, {
        severity: 'warning',
        ...(isTraced
          ? {
              confidence: 'likely' as const,
              because: `${blame.steadiness(step)}; that ${name} lets SIGCONT through (PTRACE_LISTEN) the kernel does not show`,
            }
          : {}),
        ...(tty === undefined
          ? {}
          : {
              confidence: 'likely' as const,
              because: `${blame.steadiness(step)}; it is in the background of ${tty}, which may have stopped it: the signal is told to none but those who may trace it`,
            }),
        title: `${step.depth === 0 ? '' : `${process.pid} ${process.comm} is `}stopped by ${detail?.signal ?? 'a signal'}`,
        summary: `${who(step)} was stopped by a signal (kill -STOP, Ctrl+Z in its shell, a job scheduler) and does nothing until SIGCONT. Who sent it the kernel does not keep.${isTraced ? ` It is in t and not T, since it is traced by ${name}, which has taken notice of the stop.` : ''}`,
        culprit: processNode(process),
        remedies: [
          {
            command: `kill -CONT ${process.pid}`,
            effect: 'it goes on where it was stopped',
            risk: 'none, unless somebody stopped it on purpose',
          },
          ...(isTraced
            ? [
                advice(
                  `Still in t after that: ${name} keeps it. strace lets it go on; a debugger does so when its user says so.`,
                ),
              ]
            : []),
          ...(tty === undefined
            ? []
            : [advice(`If ${tty} stops it again: \`fg\` in the shell that started it.`)]),
          advice('SIGTERM stays pending while it is stopped; SIGKILL works at once.'),
        ],
      });
    }),
  explanation: {
    meaning:
      'The process is in state T: it got SIGSTOP, or SIGTSTP (Ctrl+Z), and sleeps in ' +
      '`do_signal_stop` under `get_signal` (all kernels alike) until SIGCONT. All its threads stop; ' +
      'other signals pile up in ShdPnd. The kernel does not keep who sent it: a person, a script, a ' +
      "debugger that crashed, a job scheduler, the shell's job control. The last field of " +
      '/proc/PID/stat is the signal (19 SIGSTOP, 20 SIGTSTP; 6.1 and later; 0 once a parent has ' +
      'collected it). SIGKILL works at once; SIGTERM waits for SIGCONT.',
    byHand: [
      "`grep -E '^(State|TracerPid|ShdPnd)' /proc/PID/status`: `T (stopped)`; ShdPnd: what was sent " +
        'meanwhile.',
      "`timeout -s KILL 2 cat /proc/PID/stat | sed 's/.*) //' | cut -d' ' -f50` (root, or ptrace " +
        'right; else 0): 19, 20; 21 and 22 are `stopped-tty`.',
      '`ps -o pid,ppid,pgid,sid,tty,stat,args -p PID,PPID` (a process stuck in execve can make it ' +
        'hang, 6.12 and 6.18): the shell or supervisor above it.',
    ],
    resolves: [
      '`kill -CONT PID`: it goes on where it was; pending signals are delivered, a pending SIGTERM ' +
        'ends it.',
      '`kill -CONT -- -PGID`: the whole job. From its shell: `fg` or `bg`.',
      '`kill -KILL PID`.',
    ],
    doesNot: [
      '`kill PID`: SIGTERM is pending until SIGCONT.',
      '`strace -p PID`: shows the stop, and lets it stay stopped.',
    ],
    lookAlikes: [
      'State t is a tracing stop: `ptrace-stopped`. But SIGSTOP of a process that is traced shows t too: field 52 is the ' +
        'signal in /proc/PID/stat, and 0 in /proc/PID/task/PID/stat (6.1 and later).',
      'A frozen cgroup is S (v2) or D (v1), never T: `cgroup-frozen`.',
      'A worker that its supervisor stops and continues on purpose (throttling tools such as cpulimit): ' +
        'T and R alternate.',
    ],
    sources: ['signal(7), kill(2), proc(5) (stat field 52)', 'kernel/signal.c (do_signal_stop)'],
  },
});
