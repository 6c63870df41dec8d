/**
 * Makes Ctrl+C and SIGTERM end the program at once, with the exit code that shells give them, after `tidy` has put away
 * what would be left behind. A second signal does not wait for it.
 */
export function onInterrupt(tidy: () => unknown): void {
  const end = (code: 130 | 143) => {
    process.once('SIGINT', () => process.exit(code));
    process.once('SIGTERM', () => process.exit(code));
    const leave = () => process.exit(code);
    void Promise.resolve(tidy()).then(leave, leave);
  };
  process.once('SIGINT', () => end(130));
  process.once('SIGTERM', () => end(143));
}
