import type { Key } from './keys.ts';
import { isLost, type Outcome } from './outcome.ts';
import type { Source } from './source.ts';

export interface LogEntry {
  readonly key: Key;
  readonly round: number;
  readonly outcome: Outcome;
}

/**
 * All that was read in one diagnosis, and what is still wanted.
 *
 * Waits and rules are pure functions which ask the world for files. What is not there yet is noted as wanted and answered
 * with `undefined`; `settle` runs the function, fetches what it wanted in one batch, and runs it again until it wants
 * nothing more. So a new wait or rule needs no I/O code of its own, and a capture bundle replays by answering the same
 * questions.
 */
export class World {
  readonly #source: Source;
  readonly #records = new Map<Key, Outcome[]>();
  /** Parsed records by parser, then by look and key: the parser has to be one and the same function each time. */
  readonly #parsed = new Map<unknown, Map<string, unknown>>();
  #wanted = new Set<Key>();
  #round = 0;
  #hasBlocked = false;
  #lost = new Set<Key>();
  #begun: { keys: readonly Key[]; answers: Promise<ReadonlyMap<Key, Outcome>> } | undefined;
  /** Elapsed milliseconds at the end of each round's reads, but for those of the report. */
  readonly roundTimes: number[] = [];
  #isJudged: boolean = false;
  readonly #log: LogEntry[] = [];

  constructor(source: Source) {
    this.#source = source;
  }

  get startedAt(): string {
    return this.#source.startedAt;
  }

  /** Where the proc file system is that `/proc` stands for. */
  get proc(): string {
    return this.#source.proc ?? '/proc';
  }

  /** Takes hold of a process: see Source. */
  hold(pid: number): void {
    this.#source.hold?.(pid);
  }

  /** False when a process that was taken hold of has ended since. */
  holds(pid: number): boolean {
    return this.#source.holds?.(pid) ?? true;
  }

  /** Whether any read got no answer. */
  get hasBlocked(): boolean {
    return this.#hasBlocked;
  }

  /** How many looks were taken, at least 1. */
  get rounds(): number {
    return this.#round + 1;
  }

  /** The newest outcome for `key`; undefined when it was not asked for before (it is then wanted). */
  outcome(key: Key): Outcome | undefined {
    return this.#consulted(key)?.at(-1);
  }

  /** The record of what somebody needs to know: that it was lost is noted. */
  #consulted(key: Key): Outcome[] | undefined {
    const record = this.#record(key);
    if (isLost(record?.[record.length - 1])) this.#lost.add(key);
    return record;
  }

  /**
   * Runs `evaluate`, and gives with its result what it asked for and was lost (see Outcome): what it says for want of that
   * is no knowledge. Reads that were only asked for ahead (`want`) do not count.
   */
  losing<T>(evaluate: () => T): { readonly result: T; readonly lost: ReadonlySet<Key> } {
    const outer = this.#lost;
    this.#lost = new Set();
    try {
      const result = evaluate();
      return { result, lost: this.#lost };
    } finally {
      this.#lost = outer;
    }
  }

  #record(key: Key): Outcome[] | undefined {
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const outcome = this.#source.now(key, this.#round);
    if (outcome === undefined) {
      this.#wanted.add(key);
      return undefined;
    }
    return this.#keep(key, outcome);
  }

  #keep(key: Key, outcome: Outcome): Outcome[] {
    if (outcome.kind === 'blocked') this.#hasBlocked = true;
    this.#log.push({ key, round: this.#round, outcome });
    const record = this.#records.get(key) ?? [];
    // A look that was lost for want of time takes nothing away from what was read before.
    if (record.length > 0 && outcome.kind === 'skipped' && outcome.lost === true) return record;
    record.push(outcome);
    this.#records.set(key, record);
    return record;
  }

  /** All outcomes for `key`, oldest first, one a look. */
  history(key: Key): readonly Outcome[] {
    return this.#consulted(key) ?? [];
  }

  /** The outcome if there is one, without asking for it. */
  peek(key: Key): Outcome | undefined {
    const record = this.#records.get(key);
    return record?.[record.length - 1];
  }

  /** The text of a readable file, else undefined. */
  text(key: Key): string | undefined {
    const outcome = this.outcome(key);
    return outcome?.kind === 'text' ? outcome.text : undefined;
  }

  /** `parse` of a readable file, computed once a look. */
  parsed<T>(key: Key, parse: (text: string) => T): T | undefined {
    const record = this.#consulted(key);
    if (record === undefined) return undefined;
    return this.#parse(key, record.length - 1, record, parse);
  }

  /** `parse` of every look at a file, oldest first; undefined where a look could not read it. */
  parsedHistory<T>(key: Key, parse: (text: string) => T): (T | undefined)[] {
    const record = this.#consulted(key);
    if (record === undefined) return [];
    return record.map((_, look) => this.#parse(key, look, record, parse));
  }

  #parse<T>(key: Key, look: number, record: readonly Outcome[], parse: (text: string) => T): T | undefined {
    const outcome = record[look];
    if (outcome?.kind !== 'text') return undefined;
    const slots = this.#parsed.get(parse) ?? new Map<string, unknown>();
    this.#parsed.set(parse, slots);
    const slot = `${look}:${key}`;
    if (!slots.has(slot)) slots.set(slot, parse(outcome.text));
    return slots.get(slot) as T;
  }

  /** Asks for files ahead of their use, so that one batch brings what several steps need. */
  want(keys: Iterable<Key>): void {
    for (const key of keys) this.#record(key);
  }

  /**
   * Runs `evaluate` until it asks for nothing new. `limit` bounds the number of batches: a chain deeper than that is
   * told as far as it was followed.
   */
  async settle<T>(evaluate: () => T, limit = 40): Promise<T> {
    await this.#takeBegun();
    this.roundTimes[this.#round] ??= this.#source.elapsedMs(this.#round);
    for (let batch = 0; ; batch++) {
      this.#wanted = new Set();
      const result = evaluate();
      if (this.#wanted.size === 0 || batch >= limit) return result;
      await this.#fetch([...this.#wanted]);
    }
  }

  /** Begins to fetch what is wanted so far, while the caller goes on; the next `settle` takes what it brings. */
  begin(): void {
    const keys = [...this.#wanted];
    this.#wanted = new Set();
    this.#begun = { keys, answers: this.#source.fetch(keys, this.#round) };
  }

  async #takeBegun(): Promise<void> {
    if (this.#begun === undefined) return;
    const { keys, answers } = this.#begun;
    this.#begun = undefined;
    this.#keepAll(keys, await answers);
  }

  async #fetch(keys: readonly Key[]): Promise<void> {
    this.#keepAll(keys, await this.#source.fetch(keys, this.#round));
  }

  #keepAll(keys: readonly Key[], answers: ReadonlyMap<Key, Outcome>): void {
    for (const key of keys) {
      const outcome = answers.get(key) ?? { kind: 'skipped', why: 'the source gave no answer', lost: true };
      this.#keep(key, outcome);
    }
    if (!this.#isJudged) this.roundTimes[this.#round] = this.#source.elapsedMs(this.#round);
  }

  /** What is read from now on is for the report alone: the times that the judgement went by stay as they are. */
  judged(): void {
    this.#isJudged = true;
  }

  /** Takes one more look at files which were read before, `milliseconds` after now. */
  async sampleAgain(keys: readonly Key[], milliseconds: number): Promise<void> {
    await this.#source.pause(milliseconds);
    this.#round++;
    const answers = await this.#source.fetch(keys, this.#round);
    for (const [key, outcome] of answers) this.#keep(key, outcome);
    this.roundTimes[this.#round] = this.#source.elapsedMs(this.#round);
  }

  /** Everything that was read with the look it was read at, in that order: what a capture bundle keeps. */
  get log(): readonly LogEntry[] {
    return this.#log;
  }

  /** All outcomes by key, for the account of what could not be seen. */
  entries(): IterableIterator<[Key, readonly Outcome[]]> {
    return this.#records.entries();
  }
}
