import type { Confidence } from '../waits/graph.ts';
import type { Step } from '../waits/walk.ts';
import { type Blame, named, neighbourOf } from './blame.ts';
import { findingAt, who } from './build.ts';
import { rule } from './rule.ts';
import { isTracerStopped, letGo, rootTracer } from './tracers.ts';

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
        const { collected, exiting, groupStop } = step.wait.detail ?? {};
        return findingAt(blame, step, {
          severity: 'warning',
          ...doubt(blame, step),
          title:
            tracer === 0
              ? 'stopped by a tracer outside of this PID namespace'
              : `stopped by its tracer ${named(culprit)}`,
          summary: `${who(step)} is in a tracing stop${exiting === true ? ' in the middle of its exit; it goes' : '; it runs on'} when its tracer ${tracer === 0 ? '(not visible from here)' : named(neighbourOf(step))} lets it.${groupStop === undefined ? '' : ` It was stopped by ${groupStop}, too.`}${collected === true ? ' The tracer has collected the stop and keeps it (a debugger at its prompt).' : ''}${collected === false ? ' The tracer has not even waited for the stop.' : ''}`,
          culprit,
          remedies: letGo(step.wait, tracer),
        });
      }),
  explanation: {
    meaning:
      'A debugger or tracer attached, the process stopped for it (state t, not T), and the tracer ' +
      'has seen the stop and does not let it go on. The thread sleeps in `ptrace_stop` under ' +
      '`get_signal` (or `ptrace_do_notify` in a syscall stop), on all kernels alike; the last field ' +
      'of its stat (52, exit_code) is 0 once the tracer has collected the stop, and not 0 while it ' +
      'does not wait for it (a parent that forgot its PTRACE_TRACEME child). The culprit is the ' +
      'tracer, `TracerPid` in status, wherever it sleeps: a gdb at its prompt polls its terminal. ' +
      'TracerPid 0 with state t means that the tracer lives outside of your PID namespace. SIGKILL ' +
      'of the target works. SIGKILL of the tracer lets an attached target run on, if the stop was ' +
      'collected; else the signal of the stop is delivered then, and may end it.',
    byHand: [
      "`grep -E '^(State|TracerPid)' /proc/PID/task/*/status`: `t (tracing stop)` and the tracer's " +
        'PID; never blocks.',
      "`timeout -s KILL 2 cat /proc/PID/task/TID/stat | sed 's/.*) //' | cut -d' ' -f50` (root, or " +
        'ptrace right; else 0): 0 = collected by the tracer, else not yet; 19 there and 0 in /proc/PID/task/PID/stat = SIGSTOP under a tracer (`stopped`).',
      "`grep -E '^(Name|State|TracerPid)' /proc/TRACER/status; timeout -s KILL 2 cat " +
        '/proc/TRACER/wchan`: who it is, and what it does (`poll_schedule_timeout` or `do_sys_poll`: ' +
        'waits for its user).',
    ],
    resolves: [
      'Go on in the debugger: `continue`, or `detach` and `quit`.',
      '`kill -TERM TRACER`, then `kill -KILL TRACER`: an attached target runs on once its stop was collected. Not yet ' +
        'collected, field 52 says what is delivered when the tracer ends: 19 leaves it in T (`kill -CONT PID`), 5 (SIGTRAP: a ' +
        'breakpoint, execve, a system call without PTRACE_O_TRACESYSGOOD) kills it, 133 and 0x80xx do nothing.',
      'One started by the tracer with PTRACE_O_EXITKILL dies with it.',
      '`kill -KILL PID`: the target itself can be killed, unless it stands in its exit (`do_exit` in its stack).',
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

const UNTOLD =
  'whether a SIGSTOP stopped it, and its tracer only looks on, is told to none but those who may trace it';

/** A stop by SIGSTOP that its tracer leaves alone looks alike: what tells it from this one is not shown, or not to everybody. */
function doubt(blame: Blame, step: Step): { confidence?: Confidence; because?: string } {
  const { detail } = step.wait;
  const why =
    detail?.groupStop === undefined
      ? UNTOLD
      : 'its tracer sleeps elsewhere, and does not wait for what comes next (that it lets SIGCONT through the kernel would not show)';
  if (why === UNTOLD && detail?.collected !== undefined) return {};
  return { confidence: 'likely', because: `${blame.steadiness(step)}; ${why}` };
}
