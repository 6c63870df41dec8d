import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCgroup } from '../../src/procfs/cgroup.ts';
import { parseChildren, parsePids } from '../../src/procfs/children.ts';
import { parseCmdline } from '../../src/procfs/cmdline.ts';
import { errnoFromMessage } from '../../src/procfs/errno-from-text.ts';
import { fdTarget, parseFdLinks } from '../../src/procfs/fd-links.ts';
import { parseFdinfo } from '../../src/procfs/fdinfo.ts';
import { parseInflight } from '../../src/procfs/inflight.ts';
import { parseLocks } from '../../src/procfs/locks.ts';
import { parseMaps } from '../../src/procfs/maps.ts';
import { parseMountinfo } from '../../src/procfs/mountinfo.ts';
import { parseNetTcp } from '../../src/procfs/net-tcp.ts';
import { parseNetUnix } from '../../src/procfs/net-unix.ts';
import { parseSched } from '../../src/procfs/sched.ts';
import { parseSsUnix } from '../../src/procfs/ss-unix.ts';
import { parseStack } from '../../src/procfs/stack.ts';
import { parseStat } from '../../src/procfs/stat.ts';
import { parseStatus } from '../../src/procfs/status.ts';
import { parseSwaps } from '../../src/procfs/swaps.ts';
import { parseSyscall } from '../../src/procfs/syscall.ts';
import { parseWchan } from '../../src/procfs/wchan.ts';
import { recordedOf } from '../procfs/recorded.ts';
import { hostile, sizeOf } from './hostile.ts';

type Parser = (text: string) => unknown;

/** Every parser, and real texts for it: the recorded files of a format, or some lines. A new parser is a new line. */
const PARSERS: readonly (readonly [parse: Parser, samples: readonly string[]])[] = [
  [errnoFromMessage, ['cat: /proc/1/stack: Permission denied', 'No such process']],
  [
    fdTarget,
    ['pipe:[129]', 'anon_inode:[eventpoll]', '/memfd:x (deleted)', 'net:[4026531833]', '/a (deleted)'],
  ],
  [parseCgroup, recordedOf('cgroup')],
  [parseChildren, recordedOf('children')],
  [parseCmdline, recordedOf('cmdline')],
  [parseFdLinks, recordedOf('fd-links')],
  [parseFdinfo, recordedOf('fdinfo')],
  [parseInflight, recordedOf('inflight')],
  [parseLocks, recordedOf('locks')],
  [parseMaps, recordedOf('maps')],
  [parseMountinfo, recordedOf('mountinfo')],
  [parseNetTcp, recordedOf('net-tcp')],
  [parseNetUnix, recordedOf('net-unix')],
  [parsePids, recordedOf('children')],
  [parseSched, recordedOf('sched')],
  [parseSsUnix, recordedOf('ss-unix')],
  [
    parseStack,
    ['[<0>] do_wait+0x5b/0x120\n[<0>] kernel_wait4+0xa9/0x150\n[<0>] fuse_get_req+0x1/0x2 [fuse]\n'],
  ],
  [parseStat, recordedOf('stat')],
  [parseStatus, recordedOf('status')],
  [parseSwaps, [...recordedOf('swaps'), '/dev/sda2     partition\t8388604\t\t128\t\t-2\n']],
  [parseSyscall, recordedOf('syscall')],
  [parseWchan, [...recordedOf('wchan'), 'poll_schedule_timeout.constprop.0.isra.1']],
];

/** Cases a parser: some 90 000 over all of them. */
const RUNS = 4_000;

/** Parsers that other files give and that take one line of a file parsed here. */
const PARTS = new Set(['parseLock', 'parseEpoll', 'parseInotify', 'parseFanotify']);

describe.each(PARSERS.map(([parse, samples]) => ({ name: parse.name, parse, samples })))(
  '$name',
  ({ parse, samples }) => {
    it('never throws, and gives no more than it was given', () => {
      expect(samples.length).toBeGreaterThan(0);
      fc.assert(
        fc.property(hostile(samples), (text) => {
          // Records have a fixed number of fields for each line; each character ends up in one value at most.
          expect(sizeOf(parse(text))).toBeLessThan(100 + 20 * text.length);
        }),
        { numRuns: RUNS },
      );
    });
  },
);

it('has a line above for every parser of src/procfs', async () => {
  const directory = new URL('../../src/procfs/', import.meta.url);
  const exported = await Promise.all(
    readdirSync(directory)
      .filter((name) => name.endsWith('.ts'))
      .map(async (name) => Object.keys((await import(new URL(name, directory).href)) as object)),
  );
  const listed = new Set(PARSERS.map(([parse]) => parse.name));
  const unlisted = exported
    .flat()
    .filter((name) => name.startsWith('parse') && !listed.has(name) && !PARTS.has(name));
  expect(unlisted).toEqual([]);
});

describe('round trips', () => {
  const byte = (exclude = '') =>
    fc
      .integer({ min: 1, max: 255 })
      .map((code) => String.fromCharCode(code))
      .filter((char) => !exclude.includes(char));
  /** Bytes with the ones that formats trip over more often than chance would have them. */
  const name = (maxLength: number, exclude = '') =>
    fc.string({
      unit: fc.oneof(
        byte(exclude),
        fc.constantFrom(...[...') (\n\\\t\x1b:'].filter((char) => !exclude.includes(char))),
      ),
      maxLength,
    });
  const octal = (text: string) =>
    text.replace(/[ \t\n\\#,]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
  const natural = fc.nat({ max: 2 ** 31 - 1 });

  it('stat: any comm, any fields', () => {
    fc.assert(
      fc.property(name(15), fc.array(natural, { minLength: 49, maxLength: 49 }), (comm, fields) => {
        const stat = parseStat(`7 (${comm}) D ${fields.join(' ')}\n`);
        expect(stat).toMatchObject({
          pid: 7,
          comm,
          state: 'D',
          ppid: fields[0],
          startTime: fields[18],
          exitCode: fields[48],
        });
      }),
    );
  });

  it('status: any name, escaped as the kernel does it', () => {
    const [text = ''] = recordedOf('status').filter((status) => status.startsWith('Name:\tpython3'));
    fc.assert(
      fc.property(name(15), (comm) => {
        const escaped = comm.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
        expect(parseStatus(text.replace('python3', () => escaped))?.name).toBe(comm);
      }),
    );
  });

  it('sched: no comm changes what is read', () => {
    const [text = ''] = recordedOf('sched').filter((sched) => sched.startsWith('python3'));
    fc.assert(
      fc.property(
        fc.oneof(name(15), fc.constantFrom('\nnr_switches:9\n', '---------------', '\n--------------')),
        (comm) => {
          expect(parseSched(text.replace('python3', () => comm))).toEqual(parseSched(text));
        },
      ),
    );
  });

  it('mountinfo: any paths, source and options', () => {
    fc.assert(
      fc.property(
        name(30),
        name(30),
        fc.array(name(8, ',').filter(Boolean), { minLength: 1, maxLength: 4 }),
        (path, source, options) => {
          const line = `36 35 98:0 / /${octal(path)} rw master:1 - ext3 ${octal(source)} ${options.map(octal).join(',')}\n`;
          expect(parseMountinfo(line)).toMatchObject([
            { mountPoint: `/${path}`, source, superOptions: options },
          ]);
        },
      ),
    );
  });

  it('cmdline: any arguments', () => {
    fc.assert(
      fc.property(fc.array(name(20), { minLength: 1, maxLength: 6 }), (args) => {
        expect(parseCmdline(args.map((arg) => `${arg}\0`).join(''))).toEqual(args);
      }),
    );
  });

  it('fd-links: any targets', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1 << 20), name(40)), { maxLength: 6 }), (links) => {
        const text = links.map(([fd, target]) => `${fd}\tlrwx------\t${target}\0`).join('');
        expect(parseFdLinks(text).map(({ fd, target }) => [fd, target])).toEqual(links);
      }),
    );
  });

  it('syscall: any 64-bit arguments', () => {
    fc.assert(
      fc.property(
        natural,
        fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 8, maxLength: 8 }),
        (nr, words) => {
          const text = `${nr} ${words.map((word) => `0x${word.toString(16)}`).join(' ')}\n`;
          expect(parseSyscall(text)).toEqual({
            kind: 'in',
            nr,
            args: words.slice(0, 6),
            sp: words[6],
            pc: words[7],
          });
        },
      ),
    );
  });

  it('maps: any range and path', () => {
    const address = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    // The kernel leaves the backslash alone, and pads with blanks: neither can be told from the path's own.
    fc.assert(
      fc.property(address, address, name(30, '\\'), (start, end, path) => {
        const line = `${start.toString(16)}-${end.toString(16)} r-xp 00001000 fe:00 42      /${path.replaceAll('\n', '\\012')}\n`;
        expect(parseMaps(line)).toMatchObject([{ start, end, offset: 0x1000n, inode: 42, path: `/${path}` }]);
      }),
    );
  });
});
