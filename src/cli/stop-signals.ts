/** How a person or a host asks a recording to end. */
export interface StopSignals {
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  readonly stop: AbortSignal;
  /** The exit code that SIGTERM or SIGHUP asks for; undefined after Ctrl+C, which ends a recording in the usual way. */
  readonly exitCode: () => 129 | 143 | undefined;
  /** A recording begins: from now on the first signal ends that, and no longer the program. */
  readonly begin: () => void;
  /** Nothing is recorded any more, or was at all: from now on the first signal ends the program again. */
  readonly over: () => void;
}

/**
 * Lets the first signal end what is recording, so that its result is given; a second one ends the program at once, and so does
 * the first while there is nothing to give: recorders may take minutes to start on a host that is starved.
 */
export function stopSignals(): StopSignals {
  const controller = new AbortController();
  let code: 129 | 143 | undefined;
  let isRecording = false;
  for (const [signal, asked] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (!isRecording || controller.signal.aborted) process.exit(asked);
      if (asked !== 130) code = asked;
      controller.abort();
    });
  }
  return {
    stop: controller.signal,
    exitCode: () => code,
    begin: () => {
      isRecording = true;
    },
    over: () => {
      isRecording = false;
    },
  };
}
