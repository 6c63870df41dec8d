import { clip } from '../../../term/sanitize.ts';
import { time } from '../../../trace/digest/numbers.ts';
import { kindInWords } from '../../../trace/digest/wait-kind.ts';
import type { ChainLink, LongWait } from '../../../trace/digest/waits.ts';
import { line } from '../../text.ts';
import { clipRow, moreRow, own, type Row, type Span, space } from '../layout.ts';
import type { Palette } from '../palette.ts';

const MOST_CHAIN = 4;
const LONGEST_CALL = 200;

/** The longest waits, each with what it waited for, down to what ended it. */
export function waitRows(waits: readonly LongWait[], most: number, width: number, palette: Palette): Row[] {
  const rows = waits.slice(0, most).flatMap((wait) => oneWait(wait, width, palette));
  return [...rows, ...moreRow(waits.length - most, width, palette)];
}

function oneWait(wait: LongWait, width: number, palette: Palette): Row[] {
  const took = time(wait.waitedSeconds).padStart(8);
  const head: Row = [
    space(1),
    own(took, 'name'),
    space(2),
    ...who(wait),
    own(' '),
    call(wait.name, wait.args),
    ...resultOf(wait),
    ...(wait.name === undefined ? [] : [own(` · ${kindInWords(wait.kind)}`, 'quiet')]),
  ];
  const links = wait.chain.slice(0, MOST_CHAIN).map((link, depth) => linkRow(link, depth, palette));
  const where = wait.chain.length === 0 ? whereRow(wait, palette) : [];
  return [head, ...links, ...where].map((row) => clipRow(row, width));
}

function who({ tid, comm }: { readonly tid: number; readonly comm: string }): Span[] {
  return [own(`${tid} `, 'name'), own(clip(line(comm), 16), 'name')];
}

function call(name: string | undefined, args: string | undefined): Span {
  return name === undefined
    ? own('outside of calls (page fault)', 'plain')
    : own(line(`${name}(${(args ?? '').slice(0, LONGEST_CALL)})`), 'says');
}

function resultOf(wait: LongWait): Span[] {
  if (wait.open) return [own(' … not back', 'caution')];
  if (wait.errno !== undefined) return [own(` = ${line(wait.errno)}`, 'quiet')];
  return wait.result === undefined ? [] : [own(` = ${wait.result}`, 'quiet')];
}

const HOW: Readonly<Record<string, string>> = {
  'child-exit': 'its exit ended it',
  'thread-exit': 'its end did',
  pipe: 'wrote or closed the pipe',
  socket: 'sent',
  futex: 'woke the futex',
  eventfd: 'wrote the eventfd',
  epoll: 'made it ready',
  signal: 'sent a signal',
  exec: 'executed its program',
};

function linkRow(link: ChainLink, depth: number, palette: Palette): Row {
  const lead: Row = [space(11 + depth * 3), own(`${palette.glyphs.last} `, 'quiet')];
  const how = HOW[link.how] ?? 'woke it';
  if (link.did === 'slept')
    return [
      ...lead,
      own(`of it ${time(link.seconds ?? 0)} `, 'name'),
      ...who(link),
      own(' in '),
      call(link.name, link.args),
      own(` (${how})`, 'quiet'),
    ];
  return [
    ...lead,
    ...who(link),
    own(link.did === 'ran' ? ' was at work' : ' (not traced)', 'quiet'),
    own(`: ${how}`, 'quiet'),
  ];
}

/** Without a chain: who or what ended it, and the kernel function that it slept in. */
function whereRow(wait: LongWait, palette: Palette): Row[] {
  const { waker, stack } = wait;
  const by =
    waker === undefined
      ? undefined
      : waker.how === 'timer'
        ? 'a timer ended it'
        : `woken by ${waker.tid} ${line(waker.comm)} (${waker.how})`;
  const frame = stack?.find((name) => !/^(?:__)?schedule/.test(name));
  const told = [
    ...(by === undefined ? [] : [by]),
    ...(frame === undefined ? [] : [`slept in ${line(frame)}`]),
  ];
  if (told.length === 0) return [];
  return [[space(11), own(`${palette.glyphs.last} ${told.join('; ')}`, 'quiet')]];
}
