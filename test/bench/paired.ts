import { spawnSync } from 'node:child_process';

export interface Variant {
  readonly name: string;
  readonly argv: readonly [command: string, ...args: string[]];
  /** Exit codes that mean it did its work; default 0. */
  readonly codes?: readonly number[];
}

export interface Paired {
  readonly name: string;
  /** Median of its wall time in milliseconds. */
  readonly ms: number;
  /** Median over the rounds of its time by the baseline's in the same round: foreign load hits both alike. */
  readonly ratio: number;
}

/** The same environment for all; NODE_EXTRA_CA_CERTS alone costs Node 20 some 40 ms a start. */
const env = { ...process.env, NODE_EXTRA_CA_CERTS: undefined, NODE_OPTIONS: undefined };

/** Runs every variant once a round, in random order; the first one is the baseline. */
export function paired(variants: readonly [Variant, ...Variant[]], rounds: number): Paired[] {
  const times = variants.map((): number[] => []);
  for (const variant of variants) timed(variant); // warms the page cache
  for (let round = 0; round < rounds; round++) {
    for (const at of shuffled(variants.length)) times[at]!.push(timed(variants[at]!));
  }
  const baseline = times[0]!;
  return variants.map(({ name }, at) => ({
    name,
    ms: median(times[at]!),
    ratio: median(times[at]!.map((time, round) => time / baseline[round]!)),
  }));
}

function timed({ argv: [command, ...args], codes = [0], name }: Variant): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ms = performance.now() - started;
  if (!codes.includes(status ?? -1)) throw new Error(`${name}: exit code ${status}: ${stderr}`);
  return ms;
}

function shuffled(length: number): number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let at = length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
