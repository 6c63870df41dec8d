/** How a person or a host asks a recording to end. */
export interface StopSignals {
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  readonly stop: AbortSignal;
  /** The exit code that SIGTERM or SIGHUP asks for; undefined after Ctrl+C, which ends a recording in the usual way. */
  readonly exitCode: () => 129 | 143 | undefined;
  /** Nothing is recorded any more, or was at all: from now on the first signal ends the program. */
  readonly over: () => void;
}

/** Lets the first signal end what is recording, so that its result is given; a second one ends the program at once. */
export function stopSignals(): StopSignals {
  const controller = new AbortController();
  let code: 129 | 143 | undefined;
  let isOver = false;
  for (const [signal, asked] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (isOver || controller.signal.aborted) process.exit(asked);
      if (asked !== 130) code = asked;
      controller.abort();
    });
  }
  return {
    stop: controller.signal,
    exitCode: () => code,
    over: () => {
      isOver = true;
    },
  };
}
