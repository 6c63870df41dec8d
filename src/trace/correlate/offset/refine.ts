import type { Calls } from './calls.ts';
import { type Bounds, bounds, type Fit, likeliest, pairUp, type Span } from './fit.ts';
import { constantShift, DriftingShift, type Knot, type Shift } from './shift.ts';

/** What both recordings hold. */
export interface Both {
  readonly strace: Calls;
  readonly straceKeys: ReadonlySet<number>;
  readonly perf: Calls;
}

export interface Refined {
  readonly shift: Shift;
  readonly fit: Fit;
  readonly limits: Bounds | undefined;
  /** How far off it may be at most. */
  readonly errorNs: number;
  /** The shift at its beginning, where it is not the same all the time. */
  readonly drifts: boolean;
  readonly constant: number | undefined;
}

const MOST_TURNS = 6;
const SETTLED_NS = 200;

/** Brings a shift that is right to some tens of microseconds to where the calls want it. */
export function refine(both: Both, near: number, span?: Span): Refined & { readonly constant: number } {
  let constant = near;
  for (let turn = 0; ; turn++) {
    const found = pairUp(both.strace, both.straceKeys, both.perf, constantShift(constant), span);
    const limits = bounds(found);
    const { by, errorNs } = limits === undefined ? { by: 0, errorNs: 0 } : likeliest(limits);
    if (turn === MOST_TURNS || Math.abs(by) < SETTLED_NS) {
      return { shift: constantShift(constant), constant, fit: found, limits, errorNs, drifts: false };
    }
    constant += by;
  }
}

const FEWEST_PAIRS = 16;
const PIECE_AGREES = 0.9;
/** Clocks of one host drift by less than this; a log of -r loses more, which its lines are corrected for. */
const STEEPEST = 1e-3;

/**
 * The same for clocks that drift apart: piece by piece from where a shift is known, forwards and backwards. A piece has
 * `callsPerPiece` calls of strace: so few that the clocks have no time to part in it.
 */
export function follow(
  both: Both,
  start: { readonly raw: number; readonly shift: number },
  callsPerPiece: number,
): Refined {
  const pieces = piecesOf(both, callsPerPiece);
  const middle = Math.max(
    0,
    pieces.findIndex(({ to }) => to > start.raw),
  );
  const knots: Knot[] = [];
  let errorNs = 0;
  const walk = (order: readonly Span[], into: (knot: Knot) => void): void => {
    let last: Knot = start;
    let slope = 0;
    for (const piece of order) {
      const raw = (piece.from + piece.to) / 2;
      const expected = last.shift + slope * (raw - last.raw);
      const found = refine(both, expected, piece);
      if (!isGood(found)) continue;
      const knot = { raw, shift: found.constant };
      if (last !== start) {
        const steep = (knot.shift - last.shift) / (knot.raw - last.raw);
        slope = Math.max(-STEEPEST, Math.min(STEEPEST, (slope + steep) / 2));
      }
      errorNs = Math.max(errorNs, found.errorNs);
      last = knot;
      into(knot);
    }
  };
  walk(pieces.slice(middle), (knot) => knots.push(knot));
  walk(pieces.slice(0, middle).reverse(), (knot) => knots.unshift(knot));
  const shift = knots.length === 0 ? constantShift(start.shift) : new DriftingShift(knots);
  const found = pairUp(both.strace, both.straceKeys, both.perf, shift);
  return { shift, fit: found, limits: bounds(found), errorNs, drifts: true, constant: undefined };
}

function isGood({ fit: { pairs, agreeing }, limits }: Refined): boolean {
  return (
    pairs >= FEWEST_PAIRS &&
    agreeing >= PIECE_AGREES * pairs &&
    limits !== undefined &&
    limits.share >= PIECE_AGREES
  );
}

function piecesOf({ strace, perf }: Both, calls: number): Span[] {
  let count = 0;
  for (const [tid, { begins }] of strace) if (perf.has(tid)) count += begins.length;
  const all = new Float64Array(count);
  let at = 0;
  for (const [tid, { begins }] of strace) {
    if (!perf.has(tid)) continue;
    all.set(begins, at);
    at += begins.length;
  }
  all.sort();
  const pieces: Span[] = [];
  for (let from = 0; from < count; from += calls) {
    const to = from + calls < count ? all[from + calls]! : all[count - 1]! + 1;
    if (to > all[from]!) pieces.push({ from: all[from]!, to });
  }
  return pieces;
}
