import { named, neighbourOf } from './blame.ts';
import { findingAt, who } from './build.ts';
import { advice } from './remedies.ts';
import { rule } from './rule.ts';
import { isTracerStopped, rootTracer } from './tracers.ts';

export default rule({
  id: 'ptrace-stopped',
  family: 'ptrace',
  title: 'Held in a tracing stop by its tracer',
  find: (blame) =>
    blame
      .stepsOf('ptrace-stop')
      .filter((step) => !isTracerStopped(step))
      .map((step) => {
        const culprit = rootTracer(step);
        const tracer = Number(step.wait.detail?.tracer ?? 0);
        const { collected } = step.wait.detail ?? {};
        return findingAt(blame, step, {
          severity: 'warning',
          title:
            tracer === 0
              ? 'stopped by a tracer outside of this PID namespace'
              : `stopped by its tracer ${named(culprit)}`,
          summary: `${who(step)} is in a tracing stop; it runs on when its tracer ${tracer === 0 ? '(not visible from here)' : named(neighbourOf(step))} lets it.${collected === true ? ' The tracer has collected the stop and keeps it (a debugger at its prompt).' : ''}${collected === false ? ' The tracer has not even waited for the stop.' : ''}`,
          culprit,
          remedies: [
            ...(tracer === 0
              ? []
              : [
                  {
                    command: `kill -TERM ${tracer}`,
                    effect: 'a debugger that ends detaches; the process runs on',
                    risk: 'ends the debugging session (a tracer with PTRACE_O_EXITKILL takes its tracee along)',
                  },
                ]),
            advice('SIGCONT does not end a tracing stop.'),
          ],
        });
      }),
  explanation: {
    meaning:
      'A debugger or tracer attached, the process stopped for it (state t, not T), and the tracer ' +
      'has seen the stop and does not let it go on. The thread sleeps in `ptrace_stop` under ' +
      '`get_signal` (or `ptrace_do_notify` in a syscall stop), on all kernels alike; the last field ' +
      'of its stat (52, exit_code) is 0 since the tracer has collected the stop. The culprit is the ' +
      'tracer, `TracerPid` in status, wherever it sleeps: a gdb at its prompt polls its terminal. ' +
      'TracerPid 0 with state t means that the tracer lives outside of your PID namespace. SIGKILL ' +
      'of the target works. SIGKILL of the tracer lets an attached target run on.',
    byHand: [
      "`grep -E '^(State|TracerPid)' /proc/PID/task/*/status`: `t (tracing stop)` and the tracer's " +
        'PID; never blocks.',
      "`timeout -s KILL 2 cat /proc/PID/task/TID/stat | sed 's/.*) //' | cut -d' ' -f50` (root, or " +
        'ptrace right; else 0): 0 = collected by the tracer, 5, 133 and larger = not yet collected ' +
        '(`ptrace-tracer-stopped`); 19 there and 0 in /proc/PID/task/PID/stat = SIGSTOP under a tracer (`stopped`).',
      "`grep -E '^(Name|State|TracerPid)' /proc/TRACER/status; timeout -s KILL 2 cat " +
        '/proc/TRACER/wchan`: who it is, and what it does (`poll_schedule_timeout` or `do_sys_poll`: ' +
        'waits for its user).',
    ],
    resolves: [
      'Go on in the debugger: `continue`, or `detach` and `quit`.',
      '`kill -TERM TRACER`, then `kill -KILL TRACER`: an attached target runs on. One started by ' +
        'the tracer with PTRACE_O_EXITKILL dies with it.',
      '`kill -KILL PID`: the target itself can be killed.',
    ],
    doesNot: [
      '`kill -CONT PID`: does nothing in a tracing stop.',
      'A second debugger: `Operation not permitted`, as one tracer is the most a process can have.',
      'SIGTERM to the target: pending until the tracer lets it go on.',
    ],
    lookAlikes: [
      'strace at work: t, S and R alternate, and context switches grow: `ptrace-traced-running`.',
      'SIGSTOP of a traced process: t as well, and SIGCONT ends it if the tracer only watches, as strace does: `stopped`.',
      'Sandboxes, crash reporters and rr trace as normal work: TracerPid alone is no hang.',
    ],
    sources: [
      'ptrace(2), proc(5) (TracerPid; stat field 52)',
      'kernel/signal.c (ptrace_stop), kernel/ptrace.c',
    ],
  },
});
