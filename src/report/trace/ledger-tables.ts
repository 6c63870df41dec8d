import type { LedgerBooks } from '../../trace/ledgers/books.ts';
import type { SummaryTable } from './summary.ts';

/** The ledgers as tables: processes, commands, descriptors left, signals, watches. */
export function ledgerTables(books: LedgerBooks): SummaryTable[] {
  return [processes(books), commands(books), descriptors(books), left(books), signals(books), watches(books)];
}

function more(count: number): Pick<SummaryTable, 'note'> {
  return count > 0 ? { note: `${count} more are left out.` } : {};
}

function processes({ processes: { processes: list } }: LedgerBooks): SummaryTable {
  return {
    title: 'Processes',
    ...more(list.more),
    columns: [
      { title: 'process', kind: 'tid' },
      { title: 'name', kind: 'text' },
      { title: 'parent', kind: 'tid' },
      { title: 'command', kind: 'text' },
      { title: 'began', kind: 'time' },
      { title: 'lived', kind: 'duration' },
      { title: 'state', kind: 'text' },
      { title: 'exit', kind: 'text' },
      { title: 'reaped by', kind: 'text' },
    ],
    rows: list.items.map((one) => [
      one.pid,
      one.comm,
      one.parentPid,
      one.command,
      one.started?.atNs,
      one.lifetimeNs,
      one.state,
      exitWords(one.exit),
      one.reaped === undefined
        ? ''
        : one.reaped.byPid === 0
          ? 'the kernel'
          : `${one.reaped.byPid} ${one.reaped.byComm}`,
    ]),
  };
}

function exitWords(exit: LedgerBooks['processes']['processes']['items'][number]['exit']): string {
  if (exit === undefined) return '';
  const how = exit.signal ?? (exit.status === undefined ? 'unknown' : String(exit.status));
  return `${how}${exit.core ? ', core dumped' : ''}${exit.words === undefined ? '' : ` (${exit.words})`}`;
}

function commands({ processes: { commands: list } }: LedgerBooks): SummaryTable {
  return {
    title: 'Commands',
    ...more(list.more),
    columns: [
      { title: 'command', kind: 'text' },
      { title: 'times', kind: 'count' },
      { title: 'alive', kind: 'count' },
      { title: 'zombies', kind: 'count' },
      { title: 'mean life', kind: 'duration' },
      { title: 'longest life', kind: 'duration' },
      { title: 'exits', kind: 'text' },
    ],
    rows: list.items.map((one) => [
      one.command,
      one.count,
      one.alive,
      one.zombies,
      one.meanLifetimeNs,
      one.maxLifetimeNs,
      counted(one.exits),
    ]),
  };
}

function counted(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, times]) => `${times} x ${what}`)
    .join(', ');
}

function descriptors({ descriptors: { processes: list } }: LedgerBooks): SummaryTable {
  return {
    title: 'Descriptors by process',
    ...more(list.more),
    columns: [
      { title: 'process', kind: 'tid' },
      { title: 'name', kind: 'text' },
      { title: 'opened', kind: 'count' },
      { title: 'accepted', kind: 'count' },
      { title: 'duplicated', kind: 'count' },
      { title: 'closed', kind: 'count' },
      { title: 'inherited over exec', kind: 'count' },
      { title: 'failed', kind: 'text' },
    ],
    rows: list.items.map(({ pid, comm, counts }) => [
      pid,
      comm,
      counts.opened + 2 * counts.pairs,
      counts.accepted,
      counts.duplicated,
      Object.values(counts.closed).reduce((sum, times) => sum + times, 0),
      counts.inheritedOverExec,
      counted(counts.failed),
    ]),
  };
}

function left({ descriptors: { left: list } }: LedgerBooks): SummaryTable {
  return {
    title: 'Descriptors left open',
    ...more(list.more),
    columns: [
      { title: 'process', kind: 'tid' },
      { title: 'name', kind: 'text' },
      { title: 'made by', kind: 'text' },
      { title: 'made', kind: 'count' },
      { title: 'left', kind: 'count' },
      { title: 'not used again', kind: 'count' },
      { title: 'first', kind: 'time' },
      { title: 'what', kind: 'text' },
    ],
    rows: list.items.map((one) => [
      one.pid,
      one.comm,
      one.call,
      one.opened,
      one.left,
      one.abandoned,
      one.firstNs,
      Object.keys(one.what).slice(0, 3).join(', ') || one.samples.items[0]?.what,
    ]),
  };
}

function signals({ signals: { delivered, sent } }: LedgerBooks): SummaryTable {
  return {
    title: 'Signals',
    ...more(delivered.more + sent.more),
    columns: [
      { title: 'process', kind: 'tid' },
      { title: 'name', kind: 'text' },
      { title: 'signal', kind: 'text' },
      { title: 'what', kind: 'text' },
      { title: 'times', kind: 'count' },
      { title: 'last', kind: 'time' },
    ],
    rows: [
      ...delivered.items.map((one) => [
        one.pid,
        one.comm,
        one.signal,
        `delivered${one.code === undefined ? '' : ` (${one.code})`}: ${one.met}`,
        one.count,
        one.lastNs,
      ]),
      ...sent.items.map((one) => [
        one.fromPid,
        one.fromComm,
        one.signal,
        `sent by ${one.call} to ${one.toPid ?? one.target}`,
        one.count,
        one.lastNs,
      ]),
    ],
  };
}

function watches({ watches: { inotify, epoll, failures } }: LedgerBooks): SummaryTable {
  return {
    title: 'Watches',
    ...more(inotify.more + epoll.more + failures.more),
    columns: [
      { title: 'process', kind: 'tid' },
      { title: 'name', kind: 'text' },
      { title: 'what', kind: 'text' },
      { title: 'left', kind: 'count' },
      { title: 'remarks', kind: 'text' },
    ],
    rows: [
      ...inotify.items.map((one) => [
        one.pid,
        one.comm,
        'inotify',
        one.left,
        `${one.added} added, ${one.overflows} overflows; ${one.paths.slice(0, 3).join(', ')}`,
      ]),
      ...epoll.items.map((one) => [
        one.pid,
        one.comm,
        `epoll ${one.fd}`,
        one.left,
        one.stale.items.length === 0 ? '' : `${one.stale.items.length + one.stale.more} stale`,
      ]),
      ...failures.items.map((one) => [
        one.pid,
        one.comm,
        `${one.call}(${one.args})`,
        undefined,
        `${one.count} x ${one.errno}`,
      ]),
    ],
  };
}
