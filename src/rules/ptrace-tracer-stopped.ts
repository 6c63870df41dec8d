import { named, neighbourOf } from './blame.ts';
import { BLOCKED } from './blocked.ts';
import { findingAt, stateAside, who } from './build.ts';
import { remediesFor } from './remedies.ts';
import { rule } from './rule.ts';
import { isTracerStopped, rootTracer } from './tracers.ts';

export default rule({
  id: 'ptrace-tracer-stopped',
  family: 'ptrace',
  title: 'In a tracing stop, and its tracer cannot look',
  absorbs: ['stopped', 'stopped-tty', 'ptrace-stopped', 'ptrace-tracer-stopped', 'cgroup-frozen', ...BLOCKED],
  find: (blame) =>
    blame
      .stepsOf('ptrace-stop')
      .filter((step) => isTracerStopped(step))
      .map((step) => {
        const culprit = rootTracer(step);
        return findingAt(blame, step, {
          severity: 'warning',
          title: `its tracer ${named(neighbourOf(step))} cannot let it go on`,
          summary: `${who(step)} is in a tracing stop, and its tracer ${named(neighbourOf(step))}${stateAside(blame, neighbourOf(step))} cannot act.${culprit.id === neighbourOf(step)?.id ? '' : ` At the end of the chain stands ${named(culprit)}.`}`,
          culprit,
          remedies: remediesFor(blame, culprit),
        });
      }),
  explanation: {
    meaning:
      'The process is in a tracing stop (t, `ptrace_stop`), and its tracer does not collect it, as ' +
      'it is stopped (T), in D, or traced itself (t). The last field of stat is not 0 then: 133 (0x85) in a syscall ' +
      'stop, 5 for the trap after execve, 0x80xx or 0x05xx for event stops. The culprit is at the ' +
      'end of the chain of tracers: follow TracerPid until one that is not traced, and ask what ' +
      'stopped that one. SIGKILL of the target works.',
    byHand: [
      "`grep -E '^(State|PPid|TracerPid)' /proc/PID/task/*/status`: t, and the tracer. TracerPid " +
        'equal to PPid: most likely PTRACE_TRACEME.',
      "`timeout -s KILL 2 cat /proc/PID/task/TID/stat | sed 's/.*) //' | cut -d' ' -f50` (root, or " +
        'ptrace right; else 0): not 0 = nobody has collected the stop.',
      "`grep -E '^(Name|State|TracerPid)' /proc/TRACER/status`: T = stopped; t = traced too, go on " +
        'with its TracerPid; D = see its own cause; S = it sleeps elsewhere and does not wait: `ptrace-stopped`.',
    ],
    resolves: [
      '`kill -CONT TRACER` if it is stopped (T): it collects the stop, and the target goes on.',
      "Fix the tracer's own wait, if it is in D or blocked.",
      '`kill -KILL TRACER`: an attached target runs on, but one whose last field of stat is 5 gets SIGTRAP then, and dies; ' +
        'with PTRACE_O_EXITKILL every tracee dies with the tracer.',
      '`kill -KILL PID`: the target itself can be killed.',
    ],
    doesNot: [
      '`kill -CONT PID`: it is not stopped by job control.',
      'A second strace or gdb on the target: refused, it is traced already.',
      'Ending only the tracer in the middle of a chain without looking: the stopped one is at its ' + 'end.',
    ],
    lookAlikes: [
      'A tracer with many tracees is slow: the stops are collected one after another, and context switches ' +
        'grow.',
      'The tracer has collected the stop and sits on it (exit_code 0): `ptrace-stopped`.',
    ],
    sources: ['ptrace(2), proc(5) (stat field 52)', 'kernel/signal.c (ptrace_stop), kernel/ptrace.c'],
  },
});
