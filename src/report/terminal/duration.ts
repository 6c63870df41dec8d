const STEPS = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3600 },
  { name: 'min', seconds: 60 },
  { name: 's', seconds: 1 },
] as const;

/** `0.3 s`, `41 s`, `2 h 31 min`, `12 d 4 h`: two units at most, rounded down, as what is known is a lower bound. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  if (seconds < 10) return `${(Math.floor(seconds * 10) / 10).toString()} s`;
  const from = STEPS.findIndex((step) => seconds >= step.seconds);
  const big = STEPS[from] ?? STEPS[3];
  const small = STEPS[from + 1];
  const count = Math.floor(seconds / big.seconds);
  const rest = small === undefined ? 0 : Math.floor((seconds % big.seconds) / small.seconds);
  return small === undefined || rest === 0
    ? `${count} ${big.name}`
    : `${count} ${big.name} ${rest} ${small.name}`;
}
