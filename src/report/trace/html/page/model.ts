import { fromBase64, varints } from '../varint.ts';
import type { CallColumn, PageAbout, StateColumn } from './data.ts';
import { CALL_COLUMNS, STATE_COLUMNS, STATES } from './data.ts';
import { Lane } from './lane.ts';

export type Calls = Readonly<Record<CallColumn, Float64Array>> & { readonly end: Float64Array };
export type States = Readonly<Record<StateColumn, Float64Array>> & { readonly end: Float64Array };

export interface Row {
  readonly calls: Lane;
  readonly states: Lane;
}

/** Gives the text of an element that holds data. */
export type ReadData = (id: string) => string;

/** All of a trace, unpacked for drawing: columns of times, and per thread the search in them. */
export interface Model {
  readonly about: PageAbout;
  readonly texts: readonly string[];
  readonly calls: Calls;
  readonly states: States;
  readonly rows: readonly Row[];
  /** For each state code, the time in it of all states before a place: of one thread, differences tell exact sums. */
  readonly spent: readonly Float64Array[];
  /** Per row, the states whose end a traced thread brought about: in the order of their ends. */
  readonly wakes: readonly Uint32Array[];
}

export function unpacked(about: PageAbout, texts: readonly string[], read: ReadData): Model {
  const perRow = (of: 'calls' | 'states') => about.threads.map((thread) => thread[of]);
  const calls = columns(CALL_COLUMNS, perRow('calls'), (column) => read(`call-${column}`));
  const states = columns(STATE_COLUMNS, perRow('states'), (column) => read(`state-${column}`));
  let call = 0;
  let state = 0;
  const rows = about.threads.map((thread) => {
    const row = {
      calls: new Lane(calls.start, calls.end, call, thread.calls),
      states: new Lane(states.start, states.end, state, thread.states),
    };
    call += thread.calls;
    state += thread.states;
    return row;
  });
  return {
    about,
    texts,
    calls,
    states,
    rows,
    spent: spentIn(states),
    wakes: rows.map((row) => wakesOf(row.states, states, about)),
  };
}

function columns<Name extends string>(
  names: readonly Name[],
  perRow: readonly number[],
  read: (name: Name) => string,
): Readonly<Record<Name, Float64Array>> & { readonly end: Float64Array } {
  const count = perRow.reduce((sum, rows) => sum + rows, 0);
  const all = {} as Record<string, Float64Array>;
  for (const name of names) all[name] = varints(fromBase64(read(name)), count);
  const start = all.start!;
  const duration = all.duration!;
  let at = 0;
  for (const rows of perRow) {
    let last = 0;
    for (const end = at + rows; at < end; at++) {
      last += start[at]!;
      start[at] = last;
    }
  }
  all.end = start.map((from, place) => from + duration[place]!);
  return all as Record<Name, Float64Array> & { end: Float64Array };
}

function spentIn(states: States): Float64Array[] {
  const count = states.start.length;
  const spent = STATES.map(() => new Float64Array(count + 1));
  for (let at = 0; at < count; at++) {
    const code = states.code[at]!;
    for (const [of, sums] of spent.entries())
      sums[at + 1] = sums[at]! + (of === code ? states.duration[at]! : 0);
  }
  return spent;
}

function wakesOf(lane: Lane, states: States, about: PageAbout): Uint32Array {
  const places: number[] = [];
  for (let at = lane.first; at < lane.end; at++) {
    const waker = states.waker[at]!;
    if (waker > 0 && about.wakers[waker - 1]!.thread >= 0) places.push(at);
  }
  return Uint32Array.from(places);
}
