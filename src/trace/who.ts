/** `4711 sh`; of somebody of whom there is no number where the recording was made: `dockerd (outside of the PID namespace)`. */
export function whoIs({
  tid,
  comm,
  outside,
}: {
  readonly tid: number;
  readonly comm: string;
  readonly outside?: boolean;
}): string {
  return outside === true ? `${comm || 'somebody'} (outside of the PID namespace)` : `${tid} ${comm}`.trim();
}
