import { count, plural } from '../../../trace/digest/numbers.ts';
import type { TraceSummary } from '../../../trace/digest/summary.ts';
import type { LedgerBooks } from '../../../trace/ledgers/books.ts';
import { size } from '../../../trace/ledgers/findings/words.ts';
import { line } from '../../text.ts';
import { itemised, own, paragraph, type Row, type Span, space } from '../layout.ts';
import type { Palette } from '../palette.ts';

const LABEL = 15;
/** Bytes: less than that is what every program does. */
const WORTH_A_LINE = 1 << 20;

/** What was started, opened, sent and watched, and what is left of it: a line each, and the largest remainders. */
export function ledgerRows(
  { ledgers, target }: TraceSummary,
  top: number,
  width: number,
  palette: Palette,
): Row[] {
  const dot = own(` ${palette.glyphs.dot} `, 'quiet');
  const told = (label: string, items: readonly string[]): Row[] => {
    if (items.length === 0) return [];
    const [first = [], ...rest] = itemised(
      items.map((text): Span[] => [own(text)]),
      dot,
      width,
      LABEL,
    );
    return [[space(2), own(label.padEnd(LABEL - 2), 'name'), ...first.slice(1)], ...rest];
  };
  return [
    ...told('processes', processItems(ledgers, target.command !== undefined)),
    ...commandRows(ledgers, top, width, palette),
    ...told('descriptors', descriptorItems(ledgers)),
    ...leftRows(ledgers, top, width, palette),
    ...told('signals', signalItems(ledgers)),
    ...told('watches', watchItems(ledgers)),
    ...told('memory', memoryItems(ledgers)),
    ...told('files', fileItems(ledgers)),
  ];
}

/** `3 zombies`, and nothing for none. */
function some(value: number, one: string, many?: string): string[] {
  return value === 0 ? [] : [plural(value, one, many)];
}

function processItems({ processes: { totals } }: LedgerBooks, isCommand: boolean): string[] {
  if (totals.spawned + totals.exited + totals.threadsStarted + totals.execs === 0) return [];
  return [
    ...(isCommand ? ['1 started by procdiag'] : []),
    `${count(totals.spawned)} spawned`,
    `${count(totals.exited)} exited`,
    ...(totals.exited > 0 && totals.reaped + totals.zombies === 0 ? [] : [`${count(totals.reaped)} reaped`]),
    ...some(totals.zombies, 'left as zombie', 'left as zombies'),
    ...some(totals.orphaned, 'orphaned', 'orphaned'),
    ...some(totals.execs, 'exec'),
    ...some(totals.threadsStarted, 'thread started', 'threads started'),
    ...Object.entries(totals.spawnsFailed).map(
      ([errno, times]) => `${count(times)} failed with ${line(errno)}`,
    ),
  ];
}

/** Commands by how often they ran, where something can be told of them: their exits. */
function commandRows({ processes }: LedgerBooks, top: number, width: number, palette: Palette): Row[] {
  const told = processes.commands.items.filter(({ exits }) => Object.keys(exits).length > 0);
  const rows = told.slice(0, top).flatMap(({ command, count: times, exits }) => {
    const ways = Object.entries(exits);
    const ends = ways
      .map(([how, often]) => {
        const words = /^\d/.test(how) ? `exit ${how}` : line(how);
        return ways.length === 1 ? words : `${words} (${count(often)})`;
      })
      .join(', ');
    const often = times === 1 ? 'once' : `${count(times)} times`;
    return paragraph(
      [own(`${often} `, 'quiet'), own(line(command), 'says'), own(`: ${ends}`, 'quiet')],
      width,
      LABEL,
      1,
    );
  });
  return [...rows, ...moreOf(told.length - top, width, palette)];
}

function moreOf(count_: number, width: number, palette: Palette): Row[] {
  return count_ <= 0
    ? []
    : paragraph([own(`${palette.glyphs.more} ${count(count_)} more: --json`, 'quiet')], width, LABEL);
}

function descriptorItems({ descriptors: { totals } }: LedgerBooks): string[] {
  const made = totals.opened + totals.accepted + totals.received + totals.duplicated + 2 * totals.pairs;
  const closed = totals.closed.close + totals.closed.close_range;
  if (made + closed + totals.unknownMade === 0) return [];
  return [
    `${count(made)} made`,
    `${count(closed)} closed`,
    ...some(totals.closed.exit, 'closed by exit', 'closed by exit'),
    ...some(totals.closed.exec, 'closed by exec', 'closed by exec'),
    ...some(totals.closed.unseen, 'closed unseen', 'closed unseen'),
    `${count(totals.left)} open at the end`,
    ...some(totals.inheritedOverExec, 'inherited over exec', 'inherited over exec'),
    ...some(totals.passed, 'passed on', 'passed on'),
    ...some(totals.unknownMade, 'of unknown number', 'of unknown number'),
    ...Object.entries(totals.failed)
      .slice(0, 2)
      .map(([errno, times]) => `${count(times)} failed with ${line(errno)}`),
  ];
}

function leftRows({ descriptors }: LedgerBooks, top: number, width: number, palette: Palette): Row[] {
  const told = descriptors.left.items.filter(
    ({ atExit, left, abandoned }) => !atExit && left > 0 && abandoned > 0,
  );
  const rows = told.slice(0, top).flatMap(({ pid, comm, call, left, what }) => {
    const [first] = Object.keys(what);
    return paragraph(
      [
        own(`${count(left)} left by ${pid} ${line(comm)}: `, 'quiet'),
        own(line(`${call}${first === undefined ? '' : ` ${first}`}`), 'says'),
      ],
      width,
      LABEL,
      1,
    );
  });
  return [...rows, ...moreOf(told.length - top, width, palette)];
}

function signalItems({ signals: { totals, undelivered } }: LedgerBooks): string[] {
  if (totals.sent + totals.delivered === 0) return [];
  const by = Object.entries(totals.deliveredBySignal)
    .slice(0, 3)
    .map(([signal, times]) => `${count(times)} ${line(signal)}`);
  const [first] = undelivered.items;
  return [
    ...some(totals.sent, 'sent', 'sent'),
    `${count(totals.delivered)} delivered${by.length === 0 ? '' : ` (${by.join(', ')})`}`,
    ...some(totals.ignored, 'ignored', 'ignored'),
    ...(first === undefined
      ? []
      : [
          `${count(totals.undelivered)} not seen to arrive (${line(first.signal)} to ${first.toPid}: ${first.why})`,
        ]),
  ];
}

function watchItems({ watches: { totals } }: LedgerBooks): string[] {
  if (totals.inotifyAdded + totals.epollAdded + Object.keys(totals.failed).length === 0) return [];
  return [
    ...some(totals.inotifyAdded, 'inotify watch added', 'inotify watches added'),
    ...some(totals.inotifyLeft, 'left', 'left'),
    ...some(totals.inotifyOverflows, 'queue overflow'),
    ...some(totals.epollAdded, 'epoll registration'),
    ...some(totals.epollLeft, 'of them left', 'of them left'),
    ...some(totals.epollStale, 'stale', 'stale'),
    ...Object.entries(totals.failed).map(([errno, times]) => `${count(times)} failed with ${line(errno)}`),
  ];
}

/** Of those that live and have more than at first. */
function memoryItems({ memory }: LedgerBooks): string[] {
  const grown = memory.processes.items.filter(
    ({ alive, trend }) => alive && trend.end - trend.start >= WORTH_A_LINE,
  );
  return [
    ...grown
      .slice(0, 2)
      .map(
        ({ pid, comm, trend, mappedBytes, unmappedBytes }) =>
          `${size(trend.end - trend.start)} more in ${pid} ${line(comm)} (${size(mappedBytes)} mapped, ${size(unmappedBytes)} unmapped)`,
      ),
    ...some(Math.max(0, grown.length - 2), 'other process grew', 'other processes grew'),
  ];
}

function fileItems({ files: { totals } }: LedgerBooks): string[] {
  if (totals.left === 0) return [];
  return [
    `${count(totals.made)} temporary made`,
    `${count(totals.deleted)} deleted`,
    `${count(totals.left)} left`,
  ];
}
