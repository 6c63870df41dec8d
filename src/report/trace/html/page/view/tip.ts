import { durationText } from '../format.ts';
import type { App, Selection } from './app.ts';
import { el } from './elements.ts';
import { callArgs, callName, callResult, stateText, threadText, waitsIn, wakerText } from './words.ts';

const LONGEST_ARGS = 160;
const BESIDE = 14;

const tip = el('div', { class: 'tip', hidden: true, aria: { role: 'tooltip' } });

export function tipElement(): HTMLElement {
  return tip;
}

export function hideTip(): void {
  tip.hidden = true;
}

/** A few words beside the pointer. */
export function showTip(app: App, of: Selection, x: number, y: number): void {
  tip.replaceChildren(...lines(app, of));
  tip.hidden = false;
  const left = x + BESIDE + tip.offsetWidth > window.innerWidth ? x - BESIDE - tip.offsetWidth : x + BESIDE;
  const top = y + BESIDE + tip.offsetHeight > window.innerHeight ? y - BESIDE - tip.offsetHeight : y + BESIDE;
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${Math.max(0, top)}px`;
}

function lines({ model }: App, { kind, row, place }: Selection): Node[] {
  const { about, calls, states } = model;
  const thread = el('div', { class: 'muted' }, threadText(model, row));
  if (kind === 'call') {
    const args = callArgs(model, place);
    const shown = args.length > LONGEST_ARGS ? `${args.slice(0, LONGEST_ARGS)}…` : args;
    return [
      el('div', { class: 'code' }, `${callName(model, place)}(${shown})`),
      el('div', {}, `${durationText(calls.duration[place]!)} · = ${callResult(model, place)}`),
      thread,
    ];
  }
  if (kind === 'state') {
    const where = waitsIn(model, states.stack[place]!);
    const waker = states.waker[place]!;
    return [
      el('div', {}, `${stateText(model, place)} · ${durationText(states.duration[place]!)}`),
      ...(where === '' ? [] : [el('div', { class: 'code' }, where)]),
      ...(waker === 0 ? [] : [el('div', {}, `woken by ${wakerText(model, waker)}`)]),
      thread,
    ];
  }
  if (kind === 'instant') return [el('div', {}, about.instants[place]!.text), thread];
  const { parent, call } = about.spawns[place]!;
  return [
    el('div', {}, `started by ${threadText(model, parent)}${call === '' ? '' : ` with ${call}`}`),
    thread,
  ];
}
