import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fdOf, fieldOf, stringOf } from '../../../src/trace/strace/arguments/ask.ts';
import { parseArguments } from '../../../src/trace/strace/arguments/parse.ts';
import { targetOf } from '../../../src/trace/strace/arguments/target.ts';
import type { StraceCall } from '../../../src/trace/strace/call.ts';
import { read } from './read.ts';

const ROOT = new URL('../../../fixtures/strace/', import.meta.url);
const VERSIONS = ['5.10', '6.1', '6.13', '7.2'] as const;

/** The files that zoo.c opens one after the other, by names that are no good. */
const ODD = [
  'a) = 3',
  'b <unfinished ...>',
  'c>d<e',
  'f"g\\h',
  'i\nj',
  'k\x1b[31m',
  'l(m',
  'n{o',
  'p, q',
  'ä€',
];

function text(file: string): string {
  return readFileSync(new URL(file, ROOT), 'latin1');
}

function count(log: string, pattern: RegExp): number {
  return log.split('\n').filter((line) => pattern.test(line)).length;
}

const files = VERSIONS.flatMap((version) =>
  readdirSync(new URL(`${version}/`, ROOT), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.txt'))
    .map((name) => `${version}/${name}`),
);

describe('every recording', () => {
  it.each(files)('%s is read to the last line', (file) => {
    const log = text(file);
    const { reader, calls } = read(log);
    const { tally } = reader;
    expect(reader.refusal()).toBeUndefined();
    expect(tally.refusedExamples).toEqual([]);
    // What can be counted in it without understanding it.
    expect(tally.lines).toBe(log.split('\n').length - 1);
    expect(tally.exits).toBe(count(log, /\+\+\+ [a-z].* \+\+\+$/));
    expect(tally.signals).toBe(count(log, /--- .* ---$/));
    expect(tally.resumed).toBe(
      count(log, /(?<!")<\.\.\. \w+ resumed>/) + (file.endsWith('status.txt') ? 1 : 0),
    );
    expect(tally.foreign).toBe(0);
    const told =
      tally.calls +
      tally.resumed +
      tally.signals +
      tally.exits +
      tally.messages +
      tally.summaryRows +
      tally.stackLines;
    // A message within a record takes a line from it.
    expect(told + tally.joined).toBeGreaterThanOrEqual(tally.lines);
    expect(told).toBeLessThanOrEqual(tally.lines + tally.joined);
    // With -ff an execve by a thread ends in the file of the leader.
    const split = file.includes('/ff/') && /superseded|pid changed to/.test(log) ? 1 : 0;
    expect(tally.resumedAlone + tally.unfinishedLeft).toBe(split);
    expect(calls.filter(({ state }) => state === 'open')).toHaveLength(tally.unfinishedLeft);
  });

  it.each(files)('%s has arguments that are read', (file) => {
    const { calls } = read(text(file));
    const opaque = calls.flatMap(({ args }) => parseArguments(args).filter(({ kind }) => kind === 'opaque'));
    expect(opaque.map((argument) => argument.text)).toEqual([]);
  });
});

describe.each(VERSIONS)('strace %s', (version) => {
  const log = text(`${version}/recording.txt`);
  const { calls, events } = read(log, { originNs: 1_700_000_000_000_000_001n });

  it('gives names of files as they are', () => {
    const opened = calls.filter(({ name, args }) => name === 'openat' && args.includes('O_TRUNC'));
    expect(opened.map(({ args }) => stringOf(parseArguments(args)[1]))).toEqual(ODD);
    // What descriptors are: by -y, in arguments and results.
    expect(opened.map(({ resultText }) => targetOf(resultText ?? '').text)).toEqual(
      ODD.map((name) => `/srv/zoo/${name}`),
    );
    const written = calls
      .filter(({ name, args }) => name === 'write' && args.includes('read resumed'))
      .slice(0, ODD.length);
    expect(written.map(({ args }) => fdOf(parseArguments(args)[0])?.target?.text)).toEqual(
      ODD.map((name) => `/srv/zoo/${name}`),
    );
  });

  it('gives stamps to the nanosecond', () => {
    const stamps = log.split('\n').flatMap((line) => {
      const found = /^\S+ +(\d{10})\.(\d{9}) /.exec(line);
      return found && !/(?<!["(])<\.\.\. |---|\+\+\+/.test(line)
        ? [Number(BigInt(found[1]! + found[2]!) - 1_700_000_000_000_000_001n)]
        : [];
    });
    expect(calls.map(({ stampNs }) => stampNs)).toEqual(stamps);
  });

  it('pairs every call and tells how each ended', () => {
    const by = (state: StraceCall['state']) => calls.filter((call) => call.state === state);
    expect(by('done').length + by('no-return').length).toBe(calls.length);
    for (const { result, errno } of by('done'))
      expect(Number.isNaN(result)).toBe(errno?.startsWith('ERESTART') ?? false);
    const interrupted = calls.filter(({ errno }) => errno?.startsWith('ERESTART'));
    expect(new Set(interrupted.map(({ errno }) => errno))).toEqual(
      new Set(['ERESTARTSYS', 'ERESTART_RESTARTBLOCK']),
    );
    expect(calls.filter(({ name }) => name === 'restart_syscall').map(({ resuming }) => resuming)).toEqual([
      expect.stringMatching(/nanosleep$/),
    ]);
  });

  it('follows the thread that execs under the number of the leader', () => {
    const exec = calls.filter(({ name }) => name === 'execve').at(-1)!;
    const superseded = events.find((event) => event.type === 'exit' && event.supersededBy !== undefined);
    expect(exec).toMatchObject({ state: 'done', result: 0 });
    expect(superseded).toMatchObject({ supersededBy: exec.tid });
    expect(events.at(-1)).toMatchObject({ type: 'exit', status: 5 });
    expect(events.at(-1)).toMatchObject({ tid: calls[0]!.tid });
  });

  it('tells children apart by how they end', () => {
    const exits = events.filter((event) => event.type === 'exit');
    expect(exits.some(({ signal }) => signal === 'SIGSEGV')).toBe(true);
    expect(exits.some(({ signal }) => signal === 'SIGKILL')).toBe(true);
    expect(exits.some(({ status }) => status === 3)).toBe(true);
    const killed = events.find(
      (event) => event.type === 'signal' && event.code === 'CLD_KILLED' && event.status === 9,
    );
    expect(exits.find(({ signal }) => signal === 'SIGKILL')?.tid).toBe(
      (killed as { senderPid?: number }).senderPid,
    );
    expect(
      events.some((event) => event.type === 'signal' && event.stopped && event.signal === 'SIGSTOP'),
    ).toBe(true);
  });

  it('shows what was sent over a socket', () => {
    const sent = calls.find(({ name }) => name === 'sendmsg')!;
    const control = fieldOf(parseArguments(sent.args)[1], 'msg_control');
    const passed = fieldOf(control, 'cmsg_data');
    expect(passed?.kind === 'array' && fdOf(passed.items[0])?.target?.type).toBe('pipe');
  });

  it('keeps the program out of the log on one terminal', () => {
    const { calls: seen, reader } = read(text(`${version}/terminal.txt`));
    expect(seen.find(({ args }) => args.includes('the end'))?.args).toBe(
      '1, "the end :-( (not yet)\\nnow\\n", 26',
    );
    expect(reader.tally.joined).toBeGreaterThan(0);
  });

  it('sees a call that went on while it attached, and one that was left', () => {
    const { calls: seen, events: told, reader } = read(text(`${version}/attach.txt`));
    expect(seen[0]).toMatchObject({ name: 'restart_syscall', state: 'done' });
    expect(seen[0]?.resuming).toBeDefined();
    expect(seen.at(-1)).toMatchObject({ state: 'detached' });
    expect(told.filter(({ type }) => type === 'message')).toMatchObject([
      { text: expect.stringMatching(/^strace: Process \d+ attached$/) },
      { text: expect.stringMatching(/^strace: Process \d+ detached$/) },
    ]);
    expect(reader.stampKind).toBe('time-of-day');
  });
});

describe('flags of strace 6.1', () => {
  const names = (file: string) =>
    read(text(`6.1/${file}`))
      .calls.filter(({ args }) => args.includes('O_TRUNC'))
      .map(({ args }) => stringOf(parseArguments(args)[1]));

  it.each(['ttt-T.txt', 'tt-T.txt', 't-i-n.txt', 'r.txt', 'xx.txt', 'x-v.txt', 'yy-Y.txt', 'terminal.txt'])(
    'do not change what is read: %s',
    (file) => {
      expect(names(file)).toEqual(ODD);
    },
  );

  it('give numbers of calls', () => {
    const { calls } = read(text('6.1/t-i-n.txt'));
    expect(calls.every(({ nr }) => nr >= 0)).toBe(true);
    expect(calls.find(({ name }) => name === 'syscall_0x258')).toMatchObject({ nr: 600, errno: 'ENOSYS' });
  });

  it('give a clock where there are only deltas', () => {
    const { calls, reader } = read(text('6.1/r.txt'));
    expect(reader.stampKind).toBe('relative');
    expect(calls[0]?.stampNs).toBe(0);
    const sum = text('6.1/r.txt')
      .split('\n')
      .slice(1)
      .reduce((total, line) => total + Number(/^\d+ +(\d+\.\d+)/.exec(line)?.[1] ?? 0), 0);
    expect(reader.elapsedNs / 1e9).toBeCloseTo(sum, 6);
    // Twice 20 ms, 60 ms and the rest of an interrupted nap.
    expect(calls.at(-1)!.stampNs).toBeGreaterThan(150e6);
  });

  it('split a log by threads', () => {
    const parts = readdirSync(new URL('6.1/ff/', ROOT));
    const all = parts.flatMap((file) => {
      const tid = Number(file.replace('.txt', ''));
      const { calls } = read(text(`6.1/ff/${file}`), { tid });
      expect(calls.every((call) => call.tid === tid)).toBe(true);
      return calls;
    });
    expect(parts.length).toBeGreaterThan(5);
    expect(all.filter(({ name }) => name === 'execve').length).toBeGreaterThan(2);
  });

  it('count summaries and stacks', () => {
    expect(read(text('6.1/c-w.txt')).reader.tally).toMatchObject({
      calls: 0,
      summaryRows: count(text('6.1/c-w.txt'), /./),
    });
    expect(read(text('6.1/k.txt')).reader.tally.stackLines).toBe(count(text('6.1/k.txt'), /^ > /));
  });

  it('forge results', () => {
    const forged = read(text('6.1/inject.txt')).calls.filter(({ resultText }) =>
      resultText?.includes('INJECTED'),
    );
    expect(forged).toMatchObject([
      { name: 'close', result: 7, resultText: 'INJECTED' },
      { name: 'openat', errno: 'EIO', resultText: '(Input/output error) (INJECTED)' },
    ]);
  });
});
