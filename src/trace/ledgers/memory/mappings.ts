import type { Ns } from '../../event.ts';

/** `anonymous`: memory; `stack`: of a thread; `file`: of a file or device; `reserved`: addresses that nothing may touch yet. */
export type MappingKind = 'anonymous' | 'stack' | 'file' | 'reserved';

/** A range of addresses that a call of the trace mapped. */
export interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly kind: MappingKind;
  /** Of which group it is counted: a call and a size. */
  readonly group: string;
  readonly atNs: Ns;
}

/** More than a process may have (vm.max_map_count) by default: of others the oldest are kept. */
const MOST = 70_000;

/** What of one address space the trace has mapped, in the order of addresses; nothing overlaps. */
export class Mappings {
  readonly #sorted: Mapping[] = [];

  get all(): readonly Mapping[] {
    return this.#sorted;
  }

  /** What lay there before is gone (MAP_FIXED). */
  add(mapping: Mapping): void {
    this.remove(mapping.start, mapping.end);
    if (this.#sorted.length >= MOST) return;
    this.#sorted.splice(this.#firstBehind(mapping.start), 0, mapping);
  }

  /** @returns the parts that were known. */
  remove(start: number, end: number): Mapping[] {
    const from = this.#firstBehind(start);
    let to = from;
    while (to < this.#sorted.length && this.#sorted[to]!.start < end) to++;
    if (from === to) return [];
    const kept: Mapping[] = [];
    const gone = this.#sorted.slice(from, to).map((one): Mapping => {
      if (one.start < start) kept.push({ ...one, end: start });
      if (one.end > end) kept.push({ ...one, start: end });
      return { ...one, start: Math.max(one.start, start), end: Math.min(one.end, end) };
    });
    this.#sorted.splice(from, to - from, ...kept);
    return gone;
  }

  /** Place of the first that ends behind the address. */
  #firstBehind(address: number): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]!.end <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
