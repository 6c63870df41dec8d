import { describe, expect, it } from 'vitest';
import type { SyscallEvent } from '../../../src/trace/event.ts';
import { Ledgers, type OpeningBalance } from '../../../src/trace/ledgers/ledgers.ts';
import { feed, told } from './told.ts';

interface Options {
  readonly sources?: SyscallEvent['sources'];
  readonly opening?: OpeningBalance;
  readonly some?: boolean;
}

function booked(script: string, { sources, opening = {}, some = false }: Options = {}) {
  const ledgers = feed(new Ledgers(opening), told(script, sources));
  const books = ledgers.finish(10e9, { some, waits: true });
  const found = ledgers.findings(books, 10e9);
  return { books, found, brief: found.map((one) => `${one.severity} ${one.confidence} ${one.cause}`) };
}

const each = (n: number, line: (i: number, ms: number) => string, toMs = 10_000): string =>
  Array.from({ length: n }, (_, i) => line(i, Math.round((i * toMs) / n))).join('\n');

const KIB64 = 0x10000;
const address = (i: number) => `0x${(0x7f00_0000_0000 + i * KIB64).toString(16)}`;
const ANONYMOUS = 'PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0';
const mapping = (i: number, ms: number) => `10 ${ms} mmap(NULL, 65536, ${ANONYMOUS}) = ${address(i)}`;
const unmapping = (i: number, ms: number) => `10 ${ms} munmap(${address(i)}, 65536) = 0`;

describe('memory', () => {
  it('that is mapped over and over and never unmapped is told, with sizes and rate', () => {
    const { found, brief, books } = booked(each(200, mapping));
    expect(brief).toEqual(['warning likely memory-leak']);
    expect(found[0]?.title).toBe('10 takes ever more memory: 1.3 MiB more each second');
    expect(found[0]?.summary).toContain('mapped 13 MiB (200 calls) and unmapped nothing');
    expect(found[0]?.facts[0]?.text).toContain('200 of 200 such mappings are left (13 MiB)');
    expect(books.memory.totals).toMatchObject({ mapped: 200, mappedBytes: 200 * KIB64, unmapped: 0 });
  });

  it('is the same by registers', () => {
    const raw = (i: number, ms: number) =>
      `10 ${ms} mmap(0x0, 0x10000, 0x3, 0x22, 0xffffffff, 0x0) = ${address(i)}`;
    expect(booked(each(200, raw), { sources: ['perf'] }).brief).toEqual(['warning likely memory-leak']);
  });

  it.each([
    ['is unmapped again', each(200, (i, ms) => `${mapping(i, ms)}\n${unmapping(i, ms + 1)}`)],
    ['is a ring', each(200, (i, ms) => `${mapping(i, ms)}\n${i < 20 ? '' : unmapping(i - 20, ms + 1)}`)],
    [
      'is a ring from before the trace',
      each(200, (i, ms) => `${unmapping(i + 1000, ms)}\n${mapping(i, ms + 1)}`),
    ],
    ['fills and stops', each(200, mapping, 4_000)],
    ['fills ever more slowly', each(200, (i) => mapping(i, Math.round(10_000 * (i / 200) ** 3)))],
    ['is addresses only', each(200, (i, ms) => mapping(i, ms).replace('PROT_READ|PROT_WRITE', 'PROT_NONE'))],
    ['is little', each(20, mapping).replaceAll('65536', '4096')],
    [
      'is collected now and then',
      each(400, (i, ms) => (i % 100 < 50 ? mapping(i, ms) : unmapping(i - 50, ms))),
    ],
  ])('that %s is no leak', (_, script) => {
    expect(booked(script).brief).toEqual([]);
  });

  it('of a heap that grows counts, as what is made of reserved addresses does', () => {
    const heap = (i: number, ms: number) =>
      `10 ${ms} brk(NULL) = 0x${(0x5000_0000 + i * 0x21000).toString(16)}`;
    expect(booked(each(60, heap)).brief).toEqual(['warning possible memory-leak']);
    const reserved = `10 0 mmap(NULL, 67108864, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = ${address(0)}`;
    const opened = (i: number, ms: number) =>
      `10 ${ms + 1} mprotect(${address(i)}, 65536, PROT_READ|PROT_WRITE) = 0`;
    const { books, brief } = booked(`${reserved}\n${each(200, opened)}`);
    expect(brief).toEqual(['warning likely memory-leak']);
    expect(books.memory.processes.items[0]?.trend.end).toBe(200 * KIB64);
  });

  it('counts parts: of what is unmapped, moved, and mapped over', () => {
    const { books } = booked(`
      10 0 mmap(NULL, 65536, ${ANONYMOUS}) = ${address(0)}
      10 1 munmap(0x7f0000004000, 16384) = 0
      10 2 mmap(${address(0)}, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED, 3, 0) = ${address(0)}
      10 3 mremap(0x7f0000008000, 32768, 65536, MREMAP_MAYMOVE) = ${address(9)}
    `);
    expect(books.memory.processes.items[0]?.trend.end).toBe(KIB64 - 16384 - 32768 + 65536);
    expect(
      books.memory.processes.items[0]?.groups.items.map(({ call, kind, leftBytes }) => [
        call,
        kind,
        leftBytes,
      ]),
    ).toEqual([
      ['mremap', 'anonymous', 65536],
      ['mmap', 'anonymous', 12288],
      ['mmap', 'file', 4096],
    ]);
  });

  it('of a program that began in the trace is worth a word only, and its beginning none', () => {
    const begun = (script: string) => `10 0 exec /bin/x ["x"]\n${script}`;
    expect(booked(begun(each(200, mapping))).brief).toEqual(['info possible memory-leak']);
    expect(booked(begun(each(200, mapping, 2_400))).brief).toEqual([]);
  });

  it('is not judged where the calls that unmap may not have been recorded', () => {
    expect(booked(each(200, mapping), { some: true }).brief).toEqual([]);
  });
});

const births = each(120, (i, ms) => `10 ${ms} +thread ${100 + i}`);

describe('threads', () => {
  it('that are started over and over and do not end are told', () => {
    const { found, brief } = booked(births);
    expect(brief).toEqual(['warning likely thread-leak']);
    expect(found[0]?.title).toBe('10 starts threads that do not end: 120 of 120');
  });

  it('that were alive when the process ended count as left', () => {
    const ends = each(120, (i) => `10/${100 + i} 9999 ended`);
    const { books } = booked(`${births}\n10 9998 exit_group(0) = ?\n${ends}\n10 9999 exit 0`);
    expect(books.threads.processes.items[0]).toMatchObject({ left: 120, alive: false });
  });

  it.each([
    ['end', each(120, (i, ms) => `10 ${ms} +thread ${100 + i}\n10/${100 + i} ${ms + 5} ended`)],
    [
      'end before anybody tells of their birth',
      each(120, (i, ms) => `10/${100 + i} ${ms} ended\n10 ${ms + 1} +thread ${100 + i}`),
    ],
    ['are a pool', each(64, (i, ms) => `10 ${ms} +thread ${100 + i}`, 3_000)],
    ['are few', each(6, (i, ms) => `10 ${ms} +thread ${100 + i}`)],
  ])('that %s are no leak', (_, script) => {
    expect(booked(script).brief).toEqual([]);
  });

  const STACK = 'PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0';
  const stack = (i: number, ms: number) => `10 ${ms} mmap(NULL, 65536, ${STACK}) = ${address(i)}`;

  it('have their stacks told with them', () => {
    expect(booked(`${births}\n${each(120, stack)}`).brief).toEqual(['warning likely thread-leak']);
  });

  it('that ended and left their stacks are named as not joined', () => {
    const script = each(
      120,
      (i, ms) => `${stack(i, ms)}\n10 ${ms} +thread ${100 + i}\n10/${100 + i} ${ms + 5} ended`,
    );
    const { found, brief } = booked(script);
    expect(brief).toEqual(['warning likely memory-leak']);
    expect(found[0]?.summary).toContain('120 of 120 threads have ended: those are neither joined');
  });
});

const temporary = (i: number, ms: number) =>
  `10 ${ms} openat(AT_FDCWD, "/tmp/x${i}", O_RDWR|O_CREAT|O_EXCL, 0600) = 3`;
const deleting = (i: number, ms: number) => `10 ${ms} unlink("/tmp/x${i}") = 0`;

describe('temporary files', () => {
  it('that nobody deletes are told, with their directory', () => {
    const { found, brief } = booked(each(120, (i, ms) => `${temporary(i, ms)}\n10 ${ms + 1} close(3) = 0`));
    expect(brief).toEqual(['warning likely temp-files-left']);
    expect(found[0]?.title).toBe('10 leaves temporary files in /tmp: 120 of 120');
    expect(found[0]?.facts[0]?.text).toBe('openat made /tmp/x0 at 0 ms, which is not deleted');
  });

  it('of many processes are told of them together, and nobody is the culprit', () => {
    const script = each(
      40,
      (i, ms) => `1${i + 100} ${ms} openat(AT_FDCWD, "/tmp/x${i}", O_RDWR|O_CREAT|O_EXCL, 0600) = 3`,
    );
    const { found } = booked(script);
    expect(found[0]).toMatchObject({ cause: 'temp-files-left', confidence: 'possible' });
    expect(found[0]?.culprit).toBeUndefined();
  });

  const close = (ms: number) => `10 ${ms + 2} close(3) = 0`;
  it.each([
    ['are deleted', each(120, (i, ms) => `${temporary(i, ms)}\n${deleting(i, ms + 1)}\n${close(ms)}`)],
    [
      'are deleted by name in their directory',
      each(
        120,
        (i, ms) => `${temporary(i, ms)}\n11 ${ms + 1} unlinkat(5</tmp>, "x${i}", 0) = 0\n${close(ms)}`,
      ),
    ],
    [
      'are deleted in a directory that was opened',
      `11 0 openat(AT_FDCWD, "/tmp", O_RDONLY|O_DIRECTORY) = 5\n${each(120, (i, ms) => `${temporary(i, ms)}\n11 ${ms + 1} unlinkat(5, "x${i}", 0) = 0\n${close(ms)}`)}`,
    ],
    [
      'get another name',
      each(
        120,
        (i, ms) =>
          `${temporary(i, ms)}\n10 ${ms + 1} rename("/tmp/x${i}", "/var/lib/y${i}") = 0\n${close(ms)}`,
      ),
    ],
    ['are the same one', each(120, (_, ms) => `${temporary(0, ms)}\n${close(ms)}`)],
    [
      'were there before, or lie elsewhere',
      each(
        120,
        (i, ms) => `${temporary(i, ms).replace('/tmp', '/srv').replace('0600', '0644')}\n${close(ms)}`,
      ),
    ],
    [
      'have no name',
      each(
        120,
        (_, ms) => `10 ${ms} openat(AT_FDCWD, "/tmp", O_RDWR|O_TMPFILE|O_EXCL, 0600) = 3\n${close(ms)}`,
      ),
    ],
  ])('that %s are not', (_, script) => {
    expect(booked(script).brief).toEqual([]);
  });

  it('are not judged where the calls that delete may not have been recorded, nor by registers', () => {
    const script = each(120, (i, ms) => `${temporary(i, ms)}\n${close(ms)}`);
    expect(booked(script, { some: true }).brief).toEqual([]);
    const raw = each(120, (_, ms) => `10 ${ms} openat(0xffffff9c, 0x7ffe, 0xc2, 0x180) = 3\n${close(ms)}`);
    expect(booked(raw, { sources: ['perf'] }).books.files.totals.made).toBe(0);
  });
});

it('a log that others made begins with its first event, not with the second that this falls into', () => {
  const late = (i: number, ms: number) => mapping(i, 3_000 + Math.round(ms * 0.7));
  expect(booked(each(200, late)).brief).toEqual(['warning likely memory-leak']);
  // Of our own recordings the begin is known: nothing was mapped at first.
  expect(booked(each(200, late), { opening: { tasks: [] } }).brief).toEqual([]);
});
