/** A slice that was written: the end of an arrow may lie in it. */
export interface Slice {
  readonly pid: number;
  /** The thread that it belongs to, and the track that it stands on. */
  readonly tid: number;
  readonly track: number;
  readonly fromNs: number;
  readonly toNs: number;
}

export interface ArrowEnd {
  readonly pid: number;
  readonly track: number;
  readonly atNs: number;
}

export type WriteArrow = (kind: string, from: ArrowEnd, to: ArrowEnd) => void;

interface Arrow {
  readonly kind: string;
  readonly fromTid: number;
  readonly toTid: number;
  readonly atNs: number;
  from?: ArrowEnd;
  to?: ArrowEnd;
  dropped?: true;
}

/** Slices of a thread that stay known, for arrows told of after them: both of its tracks, and some of the past. */
const REMEMBERED = 16;
/** strace tells of a child when it stops the parent, which may be after the duration that it gives for the call. */
const LATE_NS = 5e6;
/** Arrows that wait for a slice of one thread. */
const MOST_WAITING = 256;

/**
 * Arrows between threads. Each end must lie within a slice of its thread, and a slice is known when it is over: an arrow
 * waits until both of its slices are written, and is left out when one never comes.
 */
export class Flows {
  readonly #write: WriteArrow;
  readonly #past = new Map<number, Slice[]>();
  readonly #leaving = new Map<number, Arrow[]>();
  readonly #arriving = new Map<number, Arrow[]>();
  leftOut = 0;

  constructor(write: WriteArrow) {
    this.#write = write;
  }

  /** From what `fromTid` did at that moment to the first that `toTid` did then or later. */
  add(kind: string, fromTid: number, toTid: number, atNs: number): void {
    const arrow: Arrow = { kind, fromTid, toTid, atNs };
    // The latest first: it is the nearest to the moment.
    for (const slice of (this.#past.get(fromTid) ?? []).toReversed()) if (this.#leave(arrow, slice)) break;
    for (const slice of this.#past.get(toTid) ?? []) if (this.#arrive(arrow, slice)) break;
    if (arrow.from === undefined) this.#wait(this.#leaving, fromTid, arrow);
    if (arrow.to === undefined) this.#wait(this.#arriving, toTid, arrow);
  }

  /** To be told of each slice after it is written. */
  written(slice: Slice): void {
    const past = this.#past.get(slice.tid) ?? [];
    past.push(slice);
    if (past.length > REMEMBERED) past.shift();
    this.#past.set(slice.tid, past);
    this.#settle(this.#leaving, slice, (arrow) => this.#leave(arrow, slice) || this.#isOver(arrow, slice));
    this.#settle(this.#arriving, slice, (arrow) => arrow.dropped === true || this.#arrive(arrow, slice));
  }

  /** No slices will come any more. */
  finish(): void {
    for (const waiting of [this.#leaving, this.#arriving])
      for (const arrows of waiting.values()) for (const arrow of arrows) this.#drop(arrow);
  }

  #settle(waiting: Map<number, Arrow[]>, { tid }: Slice, isSettled: (arrow: Arrow) => boolean): void {
    const arrows = waiting.get(tid);
    if (arrows === undefined) return;
    const left = arrows.filter((arrow) => !isSettled(arrow));
    if (left.length > 0) waiting.set(tid, left);
    else waiting.delete(tid);
  }

  #leave(arrow: Arrow, slice: Slice): boolean {
    const late = arrow.kind === 'spawn' ? LATE_NS : 0;
    if (!lasts(slice) || slice.fromNs > arrow.atNs || slice.toNs + late < arrow.atNs) return false;
    arrow.from = { pid: slice.pid, track: slice.track, atNs: Math.min(arrow.atNs, slice.toNs - 1) };
    this.#complete(arrow);
    return true;
  }

  /** Whoever did it did nothing more at that time, as slices of one track come in order. */
  #isOver(arrow: Arrow, slice: Slice): boolean {
    if (arrow.dropped === true) return true;
    if (slice.tid === slice.track || slice.fromNs <= arrow.atNs) return false;
    this.#drop(arrow);
    return true;
  }

  #arrive(arrow: Arrow, slice: Slice): boolean {
    // A child may have begun before its parent's call told of it.
    if (!lasts(slice) || slice.toNs <= arrow.atNs) return false;
    arrow.to = { pid: slice.pid, track: slice.track, atNs: Math.max(slice.fromNs, arrow.atNs) };
    this.#complete(arrow);
    return true;
  }

  #complete({ kind, from, to, dropped }: Arrow): void {
    if (from !== undefined && to !== undefined && dropped !== true) this.#write(kind, from, to);
  }

  #wait(waiting: Map<number, Arrow[]>, tid: number, arrow: Arrow): void {
    const arrows = waiting.get(tid) ?? [];
    arrows.push(arrow);
    const oldest = arrows.length > MOST_WAITING ? arrows.shift() : undefined;
    if (oldest !== undefined) this.#drop(oldest);
    waiting.set(tid, arrows);
  }

  #drop(arrow: Arrow): void {
    if (arrow.dropped === true || (arrow.from !== undefined && arrow.to !== undefined)) return;
    arrow.dropped = true;
    this.leftOut += 1;
  }
}

/** One of no length has no inside. */
function lasts({ fromNs, toNs }: Slice): boolean {
  return toNs > fromNs;
}
