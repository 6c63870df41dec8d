import { clip } from '../../../term/sanitize.ts';
import type { ChainLink, LongWait } from '../../../trace/digest/long-wait.ts';
import { time } from '../../../trace/digest/numbers.ts';
import { besides, isOneSleep, partsInWords } from '../../../trace/digest/parts.ts';
import { isOfCall, kindInWords, UNSEEN, type WaitKind } from '../../../trace/digest/wait-kind.ts';
import { whoIs } from '../../../trace/who.ts';
import { MOST_IN_JSON } from '../../most-in-json.ts';
import { line } from '../../text.ts';
import {
  clipRow,
  figures,
  indent,
  moreRow,
  own,
  paragraph,
  type Row,
  rowWidth,
  type Span,
  space,
  wrap,
} from '../layout.ts';
import type { Palette } from '../palette.ts';

const MOST_CHAIN = 4;
/** Lines that the account of one link may take, in 80 columns. */
const MOST_LINES = 3;
const LONGEST_CALL = 200;
const NARROW = 60;

/** The longest waits, each with what it waited for, down to what ended it. */
export function waitRows(waits: readonly LongWait[], most: number, width: number, palette: Palette): Row[] {
  const rows = waits.slice(0, most).flatMap((wait) => oneWait(wait, width, palette));
  return [...rows, ...moreRow(Math.min(waits.length, MOST_IN_JSON.waits) - most, width, palette)];
}

function oneWait(wait: LongWait, width: number, palette: Palette): Row[] {
  const took = time(wait.waitedSeconds).padStart(8);
  const head: Row = [
    space(1),
    own(took, 'name'),
    space(2),
    ...who(wait),
    own(' '),
    call({ ...wait, stack: wait.stack ?? [] }),
    ...resultOf(wait),
    ...(wait.name === undefined ? [] : [own(` · ${kindInWords(wait.kind)}`, 'quiet')]),
  ];
  const links = wait.chain
    .slice(0, MOST_CHAIN)
    .flatMap((link, depth) => linkRows(link, depth, width, palette));
  const where = wait.chain.length === 0 ? whereRow(wait, palette) : [];
  return [clipRow(head, width), ...links, ...where.map((row) => clipRow(row, width))];
}

function who({
  tid,
  comm,
  outside,
}: {
  readonly tid: number;
  readonly comm: string;
  readonly outside?: boolean;
}): Span[] {
  if (outside === true) return [own(clip(line(comm), 16) || 'somebody', 'name')];
  return [own(`${tid} `, 'name'), own(clip(line(comm), 16), 'name')];
}

interface Slept {
  readonly name?: string;
  readonly args?: string;
  readonly kind?: WaitKind;
  readonly stack?: readonly string[];
}

function call({ name, args, kind, stack }: Slept): Span {
  if (name !== undefined) return own(line(`${name}(${(args ?? '').slice(0, LONGEST_CALL)})`), 'says');
  if (kind === UNSEEN) return own('slept; in what was not recorded', 'plain');
  if (kind !== undefined && isOfCall(kind)) return own('in a call that began before perf looked', 'plain');
  if (kind === 'kthread-idle') return own('an idle kernel thread', 'plain');
  return own(
    stack?.length === 0 ? 'slept; in what was not recorded' : 'outside of calls (page fault)',
    'plain',
  );
}

function resultOf(wait: LongWait): Span[] {
  if (wait.open) return [own(' … not back', 'caution')];
  const again = wait.errno?.startsWith('ERESTART') ? ', to be restarted' : '';
  if (wait.errno !== undefined) return [own(` = ${line(wait.errno)}${again}`, 'quiet')];
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

function linkRows(link: ChainLink, depth: number, width: number, palette: Palette): Row[] {
  const step = width < NARROW ? 1 : 3;
  const lead: Row = [space(11 + depth * step), own(`${palette.glyphs.last} `, 'quiet')];
  const sure = link.confidence === undefined ? '' : link.confidence === 'likely' ? 'likely ' : 'possibly ';
  const ended = HOW[link.how] ?? 'woke it';
  const how = `${sure}${ended}`;
  const { parts = [] } = link;
  if (isOneSleep(link)) {
    const row = [
      ...lead,
      own(sure, 'quiet'),
      own(`of it ${time(link.seconds ?? 0)} `, 'name'),
      ...who(link),
      own(' in '),
      call(link),
      own(` (${ended})`, 'quiet'),
    ];
    const rest = besides(link).join(', ');
    const margin = rowWidth(lead);
    return [
      clipRow(row, width),
      ...(rest === '' ? [] : paragraph([figures(`and ${rest}`, 'quiet')], width, margin, MOST_LINES)),
    ];
  }
  if (link.did === 'outside' || parts.length === 0) {
    const untraced = link.outside === true ? ' (outside of the PID namespace)' : ' (not traced)';
    const words = link.did === 'outside' ? untraced : ' was at work';
    return [clipRow([...lead, ...who(link), own(words, 'quiet'), own(`: ${how}`, 'quiet')], width)];
  }
  // What it did with all of that time, until it ended it.
  const account = [...who(link), own(` (${how}): `, 'quiet'), figures(partsInWords(parts).join(', '))];
  const room = width - rowWidth(lead);
  return indent(wrap(account, { first: room, lines: Math.ceil((MOST_LINES * 65) / room) }), lead);
}

/** Without a chain: who or what ended it, and the kernel function that it slept in. */
function whereRow(wait: LongWait, palette: Palette): Row[] {
  const { waker, stack } = wait;
  const by =
    waker === undefined
      ? undefined
      : waker.how === 'timer'
        ? 'a timer ended it'
        : `woken by ${line(whoIs(waker))} (${waker.how})`;
  const frame = stack?.find((name) => !/^(?:__)?schedule/.test(name));
  const told = [
    ...(by === undefined ? [] : [by]),
    ...(frame === undefined ? [] : [`slept in ${line(frame)}`]),
  ];
  if (told.length === 0) return [];
  return [[space(11), own(`${palette.glyphs.last} ${told.join('; ')}`, 'quiet')]];
}
