import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openCapture, writeCapture } from '../../../../src/trace/record/files/capture.ts';
import type { RecordingMeta } from '../../../../src/trace/recording.ts';

const META: RecordingMeta = {
  schemaVersion: 1,
  tool: { name: 'procdiag', version: '0.0.0' },
  host: { kernel: '6.1.0', arch: 'x64', cpus: 2 },
  target: { pid: 7, comm: 'x' },
  recordedAt: '2026-01-02T03:04:05.000Z',
  window: { fromNs: '1', toNs: '2' },
  clock: { startOffsetNs: '5', stopOffsetNs: '5', errorNs: 1000 },
  strace: { version: '6.1', argv: ['strace'], file: 'strace.log', said: '' },
  tasks: [],
  descriptors: [{ pid: 7, fds: [[0, '/dev/null']] }],
  signals: [],
  notes: [],
};

let directory = '';
let recording = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'procdiag-capture-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  recording = join(directory, 'recording');
  mkdirSync(recording);
  save(META);
  writeFileSync(join(recording, 'strace.log'), Buffer.alloc(300_000, 'line\n'));
  writeFileSync(join(recording, 'kallsyms'), 'ffffffff81000000 T _text\n');
  writeFileSync(join(recording, 'other'), 'not named in meta.json');
});

const save = (meta: unknown) => writeFileSync(join(recording, 'meta.json'), JSON.stringify(meta));

for (const name of ['kept.tar', 'kept.tar.gz', 'kept']) {
  test(`what is written as ${name} is read again`, async () => {
    const path = join(directory, name);
    await writeCapture(recording, path);
    expect(readdirSync(directory).sort()).toEqual([name, 'recording']);
    expect(statSync(path).mode & 0o077).toBe(0);
    const capture = await openCapture(path);
    expect(readdirSync(capture.directory).sort()).toEqual(['kallsyms', 'meta.json', 'strace.log']);
    for (const file of ['kallsyms', 'meta.json', 'strace.log']) {
      expect(readFileSync(join(capture.directory, file)).equals(readFileSync(join(recording, file)))).toBe(
        true,
      );
    }
    await capture.close();
    expect(existsSync(capture.directory)).toBe(name === 'kept');
  });
}

test('a directory that is there is left as it is', async () => {
  await expect(writeCapture(recording, recording)).rejects.toThrow(/is there already/);
  expect(readdirSync(directory)).toEqual(['recording']);
});

test('nothing appears of a capture that cannot be written', async () => {
  rmSync(join(recording, 'strace.log'));
  mkdirSync(join(recording, 'strace.log'));
  await expect(writeCapture(recording, join(directory, 'kept.tar'))).rejects.toThrow();
  await expect(writeCapture(recording, join(directory, 'kept'))).rejects.toThrow();
  expect(readdirSync(directory)).toEqual(['recording']);
});

const bad: [what: string, meta: unknown, why: RegExp][] = [
  ['no object', 7, /not one of procdiag/],
  ['a newer format', { ...META, schemaVersion: 2 }, /newer procdiag \(format 2\)/],
  ['no window', { ...META, window: undefined }, /window is missing/],
  ['times that are none', { ...META, clock: { ...META.clock, startOffsetNs: '1e9' } }, /clock is missing/],
  [
    'a file elsewhere',
    { ...META, strace: { ...META.strace, file: '../../etc/passwd' } },
    /strace is missing/,
  ],
  ['tasks without numbers', { ...META, tasks: [{ pid: '7' }] }, /tasks is missing/],
];
for (const [what, meta, why] of bad) {
  test(`meta.json with ${what} is refused`, async () => {
    save(meta);
    await expect(openCapture(recording)).rejects.toThrow(why);
  });
}

test('meta.json that is damaged, or not there, is refused', async () => {
  writeFileSync(join(recording, 'meta.json'), '{');
  await expect(openCapture(recording)).rejects.toThrow(/is damaged/);
  rmSync(join(recording, 'meta.json'));
  await expect(openCapture(recording)).rejects.toThrow(/holds no meta.json/);
  await expect(openCapture(join(directory, 'nowhere'))).rejects.toThrow(/cannot be read: ENOENT/);
});

async function archive(entries: readonly { name: string; linkname?: string }[]): Promise<string> {
  const path = join(directory, 'made.tar');
  const tar = pack();
  for (const { name, linkname } of entries) {
    if (linkname === undefined) tar.entry({ name }, 'x');
    else tar.entry({ name, type: 'symlink', linkname });
  }
  tar.finalize();
  await pipeline(tar, createWriteStream(path));
  return path;
}

test('archives that reach out of their directory are refused', async () => {
  for (const entries of [
    [{ name: '../evil' }],
    [{ name: '/tmp/evil' }],
    [{ name: 'meta.json', linkname: '/etc/passwd' }],
    [{ name: 'a/b' }],
    Array.from({ length: 100 }, (_, nth) => ({ name: `f${nth}` })),
  ]) {
    await expect(openCapture(await archive(entries))).rejects.toThrow(
      /is no recording of procdiag: it holds/,
    );
  }
});

test('what is no archive, or cut, is refused', async () => {
  const path = join(directory, 'kept.tar.gz');
  writeFileSync(path, 'no archive at all, but long enough to be looked at '.repeat(40));
  await expect(openCapture(path)).rejects.toThrow(/is no recording of procdiag/);
  rmSync(path);
  await writeCapture(recording, path);
  writeFileSync(path, readFileSync(path).subarray(0, 400));
  await expect(openCapture(path)).rejects.toThrow(/is no recording of procdiag/);
});
