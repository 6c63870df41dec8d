import type { TracepointFormat } from '../format.ts';
import type { Texts } from '../texts.ts';
import { attributesName, type EventAttributes, PERF_TYPE } from './attributes.ts';
import { type EventPlan, planEvent } from './event-plan.ts';
import { idPlace, layoutOf, trailerIdPlace } from './layout.ts';

/** Identifiers are given by counting: those below this are found without a search. */
const DIRECT_IDS = 1 << 16;

interface Event {
  readonly attributes: EventAttributes;
  readonly ids: readonly number[];
}

/** The events of a recording: which one a record is of, and how to read it. */
export class Events {
  readonly #texts: Texts;
  readonly #events: Event[] = [];
  readonly #names = new Map<number, string>();
  readonly #formats = new Map<number, TracepointFormat>();
  #plans: EventPlan[] = [];
  #direct: (EventPlan | undefined)[] = [];
  readonly #byId = new Map<number, EventPlan>();
  #stale: boolean = false;
  /** Where records tell their event: layout.ts. The same in all of them, else nobody could read them. */
  idAt = -1;
  trailerIdBack = -1;

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  add(attributes: EventAttributes, ids: readonly number[]): void {
    this.#events.push({ attributes, ids });
    this.#stale = true;
  }

  /** The name that perf gave the event with this identifier. */
  name(id: number, name: string): void {
    this.#names.set(id, name);
    this.#stale = true;
  }

  /** A format that is known already stays: the recording's own come first. */
  format(format: TracepointFormat): void {
    if (this.#formats.has(format.id)) return;
    this.#formats.set(format.id, format);
    this.#stale = true;
  }

  get first(): EventAttributes | undefined {
    return this.#events[0]?.attributes;
  }

  get names(): readonly string[] {
    this.#refresh();
    return this.#plans.map(({ name }) => name);
  }

  /** Names of tracepoints whose fields nobody told. */
  get withoutFormat(): readonly string[] {
    this.#refresh();
    return this.#plans
      .filter((_, index) => {
        const { type, config } = this.#events[index]!.attributes;
        return type === PERF_TYPE.tracepoint && !this.#formats.has(config);
      })
      .map(({ name }) => name);
  }

  /** The plan of an identifier; of the first event for 0, which is what records without one have. */
  planOf(low: number, high: number): EventPlan | undefined {
    if (this.#stale) this.#refresh();
    if (high === 0 && low < DIRECT_IDS) return this.#direct[low];
    return this.#byId.get(high * 4_294_967_296 + low);
  }

  /** What holds for all where records name no event. */
  get only(): EventPlan | undefined {
    if (this.#stale) this.#refresh();
    return this.#plans[0];
  }

  #refresh(): void {
    if (!this.#stale) return;
    this.#stale = false;
    this.#plans = this.#events.map((event) => this.#plan(event));
    const ids = this.#events.flatMap((event) => event.ids);
    const highest = ids.reduce((most, id) => (id < DIRECT_IDS ? Math.max(most, id) : most), 0);
    this.#direct = new Array<EventPlan | undefined>(highest + 1).fill(undefined);
    this.#events.forEach((event, index) => {
      for (const id of event.ids) {
        if (id < DIRECT_IDS) this.#direct[id] = this.#plans[index];
        else this.#byId.set(id, this.#plans[index]!);
      }
    });
    this.#direct[0] ??= this.#plans[0];
    const first = this.first;
    this.idAt = first ? idPlace(first) : -1;
    this.trailerIdBack = first ? trailerIdPlace(first) : -1;
  }

  #plan({ attributes, ids }: Event): EventPlan {
    const format =
      attributes.type === PERF_TYPE.tracepoint ? this.#formats.get(attributes.config) : undefined;
    const given = ids.map((id) => this.#names.get(id)).find((name) => name !== undefined);
    const own = format ? `${format.system}:${format.name}` : attributesName(attributes);
    const name = given ?? own;
    return planEvent(name, layoutOf(attributes), format, this.#texts.intern(name));
  }
}
