import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * The keeper: a small shell that outlives its lab. It reads one order a line from its stdin, and at the end of it
 * (close(), or a lab that was SIGKILLed, or `maxSeconds`) puts everything back:
 *
 * 1. `release COMMAND`, `own PID`, `group PID`: what sets stuck processes free, and the killing, in reverse order;
 * 2. a wait (3 s at most) until the killed are gone, since they keep file systems busy;
 * 3. `undo COMMAND`: in reverse order.
 *
 * Nothing may hang it: commands are bounded by `timeout -s KILL`, which kills itself too and so does not wait for a
 * child in D; `kill` is a builtin; `/proc/PID/stat`, which blocks for a process stuck in execve, is read by a `cat`
 * that is killed after a second. A PID is only killed when its start time is still that of its registration.
 */
const SCRIPT = `
trap '' INT TERM HUP QUIT PIPE
timeout -s KILL "$1" cat | {
  born() {
    [ -d "/proc/$1" ] || { echo gone; return; }
    text=$(timeout -s KILL 1 cat "/proc/$1/stat" 2>/dev/null)
    text=\${text##*) }
    set -- $text
    echo "\${20}"
  }
  slay() {
    now=$(born "$2")
    # Empty: the read blocked, so it is a process stuck in execve, which cannot be a recycled PID's.
    if [ -n "$now" ] && [ -n "$3" ] && [ "$now" != "$3" ]; then
      # The number of a group stays reserved while the group has members: a leader that is gone proves it ours.
      [ "$1 $now" = "group gone" ] || return
    fi
    [ "$1" = group ] && { kill -KILL "-$2"; kill -CONT "-$2"; }
    kill -KILL "$2"
    kill -CONT "$2"
  }
  # A zombie holds nothing that an unmount would mind, and may wait long for its parent.
  alive() {
    while read -r key value; do
      case $key$value in
      State:Z* | State:X*) return 1 ;;
      State:*) return 0 ;;
      esac
    done <"/proc/$1/status"
    return 1
  }
  set -f
  firsts=0
  undos=0
  pids=
  while IFS=' ' read -r order rest; do
    case $order in
    undo)
      undos=$((undos + 1))
      eval "undo_$undos=\\$rest"
      ;;
    release)
      firsts=$((firsts + 1))
      eval "first_$firsts=\\$rest kind_$firsts=release"
      ;;
    own | group)
      start=$(born "$rest")
      [ "$order $start" = "own gone" ] && continue
      firsts=$((firsts + 1))
      pids="$pids $rest"
      eval "first_$firsts=\\$rest kind_$firsts=\\$order born_$firsts=\\$start"
      ;;
    esac
  done
  exec </dev/null
  while [ "$firsts" -gt 0 ]; do
    eval "line=\\$first_$firsts kind=\\$kind_$firsts start=\\$born_$firsts"
    case $kind in
    release) timeout -s KILL 10 sh -c "$line" ;;
    *) slay "$kind" "$line" "$start" ;;
    esac
    firsts=$((firsts - 1))
  done
  tries=0
  for pid in $pids; do
    while [ "$tries" -lt 60 ] && alive "$pid"; do
      sleep 0.05
      tries=$((tries + 1))
    done
  done
  while [ "$undos" -gt 0 ]; do
    eval "line=\\$undo_$undos"
    timeout -s KILL 10 sh -c "$line"
    undos=$((undos - 1))
  done
}
`;

export type KeeperOrder = 'undo' | 'release' | 'own' | 'group';

export interface Keeper {
  /** Hands one order over; kept even if this process dies right afterwards. */
  tell(order: KeeperOrder, argument: string): void;
  /** Ends the lab: resolves when everything is put back. */
  close(): Promise<void>;
  /** Resolves when everything was put back, whoever caused it: close() or the time limit. */
  readonly ended: Promise<void>;
}

/** Starts a keeper which cleans up by itself after `maxSeconds`. PATH has to have sh, timeout and cat. */
export function startKeeper(maxSeconds: number, env: NodeJS.ProcessEnv): Keeper {
  const child: ChildProcess = spawn('sh', ['-c', SCRIPT, 'procdiag-lab-keeper', String(maxSeconds)], {
    cwd: '/',
    detached: true,
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Its end closes the pipe under a late tell(): nothing is left to be undone by then.
  child.stdin?.on('error', () => {});
  const ended = once(child, 'close').then(
    () => {},
    () => {},
  );
  return {
    tell(order, argument) {
      if (argument.includes('\n')) throw new Error(`a lab order must be one line: ${argument}`);
      child.stdin?.write(`${order} ${argument}\n`, 'latin1');
    },
    close() {
      child.stdin?.end();
      return ended;
    },
    ended,
  };
}
