import {
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
import { gzipSync } from 'node:zlib';
import { pack as tar } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBundle, writeBundle } from '../../../src/evidence/bundle/files.ts';
import type { Bundle } from '../../../src/evidence/bundle/manifest.ts';
import { pack } from '../../../src/evidence/bundle/pack.ts';
import { openBundle } from '../../../src/evidence/bundle/read.ts';
import { replay } from '../../../src/evidence/bundle/replay.ts';
import { World } from '../../../src/evidence/world.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { diagnosed, examined, told } from '../../support/looks.ts';
import { STORIES } from '../../support/stories.ts';

const OPTIONS = { depth: 16, sampleMs: 300, readMemory: false };
const { host } = STORIES.stopped!;
let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'procdiag-bundle-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

async function bundle(): Promise<Bundle> {
  const { world } = await examined(fakeHost(host), 60);
  return pack(world, { version: '0', targets: [60], options: OPTIONS });
}

/** A file of this content. */
function fileOf(text: string): Promise<string> {
  const path = join(scratch, 'file');
  writeFileSync(path, text);
  return Promise.resolve(path);
}

async function archive(entries: Readonly<Record<string, string>>): Promise<string> {
  const packer = tar();
  for (const [name, text] of Object.entries(entries)) packer.entry({ name }, text);
  packer.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packer) chunks.push(chunk as Buffer);
  const path = join(scratch, 'made.tar.gz');
  writeFileSync(path, gzipSync(Buffer.concat(chunks)));
  return path;
}

describe.each(['capture.tar.gz', 'capture.tgz', 'capture'])('as %s', (name) => {
  it('comes back as it was, byte for byte', async () => {
    const written = await bundle();
    const hostile = {
      ...written,
      files: new Map([...written.files, ['look0/other/9', '\xff\0\x1b[31m\r\n']]),
    };
    const path = join(scratch, name);
    await writeBundle(path, hostile);
    const read = await readBundle(path);
    expect(read.manifest).toEqual(written.manifest);
    for (const [file, text] of hostile.files) expect(read.files.get(file), file).toBe(text);
  });

  it('gives the same diagnosis', async () => {
    const path = join(scratch, name);
    await writeBundle(path, await bundle());
    const source = await openBundle(path);
    expect(source.targets).toEqual([60]);
    expect(told(await diagnosed(source, 60))).toEqual(told(await diagnosed(host, 60)));
  });

  it('is nobody else’s to read, and leaves nothing half-written beside it', async () => {
    const path = join(scratch, name);
    await writeBundle(path, await bundle());
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(readdirSync(scratch)).toEqual([name]);
  });
});

it('a slash at the end of a directory’s name changes nothing', async () => {
  await writeBundle(`${join(scratch, 'capture')}/`, await bundle());
  expect(readdirSync(scratch)).toEqual(['capture']);
});

it('a bundle that cannot be written leaves nothing', async () => {
  mkdirSync(join(scratch, 'taken'));
  writeFileSync(join(scratch, 'taken/file'), '');
  await expect(writeBundle(join(scratch, 'taken'), await bundle())).rejects.toThrow();
  expect(readdirSync(scratch)).toEqual(['taken']);
});

describe('what is no bundle is refused in a sentence', () => {
  const manifest = async (changes: object) => ({
    'manifest.json': JSON.stringify({ ...(await bundle()).manifest, ...changes }),
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    ['a file that is not there', () => Promise.resolve(join(scratch, 'none')), /is no capture of procdiag/],
    ['any file', () => fileOf('text'), /is no capture of procdiag/],
    ['an empty file', () => fileOf(''), /is no capture of procdiag/],
    ['a directory without manifest', () => Promise.resolve(scratch), /holds no manifest/],
    ['an archive without manifest', () => archive({ 'look0/x': '' }), /holds no manifest/],
    [
      'an archive that is cut',
      async () => {
        const path = join(scratch, 'cut.tgz');
        await writeBundle(path, await bundle());
        writeFileSync(path, readFileSync(path).subarray(0, 300));
        return path;
      },
      /is no capture of procdiag/,
    ],
    ['a manifest that is no JSON', () => archive({ 'manifest.json': '{"format":' }), /damaged/],
    [
      'a manifest of something else',
      () => archive({ 'manifest.json': '{"format":"x"}' }),
      /not one of procdiag/,
    ],
    [
      'a bundle of a newer procdiag',
      async () => archive(await manifest({ format: 99, tool: { name: 'procdiag', version: '9.9' } })),
      /newer procdiag \(9\.9, format 99\)/,
    ],
  ])('%s', async (_, make, message) => {
    const path = await make();
    await expect(readBundle(path)).rejects.toMatchObject({
      code: 'ERR_BUNDLE',
      message: expect.stringMatching(message) as string,
    });
  });
});

it('a manifest of null is refused in a sentence too', async () => {
  await expect(readBundle(await archive({ 'manifest.json': 'null' }))).rejects.toMatchObject({
    code: 'ERR_BUNDLE',
  });
});

describe('hostile names', () => {
  it('of keys stay inside of the bundle', async () => {
    const keys = [
      '/proc/../../etc/passwd',
      '/proc/1/./x',
      'links:/../x',
      '/proc/60/fd/a b\nc',
      `/proc/${'x'.repeat(300)}`,
    ];
    const world = new World(
      fakeHost({ files: Object.fromEntries(keys.map((key) => [key, 'x'])), processes: [] }),
    );
    await world.settle(() => world.want(keys));
    const packed = pack(world, { version: '0', targets: [], options: OPTIONS });
    expect(packed.files.size).toBe(keys.length);
    for (const name of packed.files.keys()) {
      expect(name).toMatch(/^look0\/[\w./@+-]+$/);
      expect(name.split('/')).not.toContain('..');
    }
    const source = replay(packed);
    expect(keys.map((key) => source.now(key, 0))).toEqual(keys.map(() => ({ kind: 'text', text: 'x' })));
  });

  it('in an archive write nothing anywhere', async () => {
    const target = join(scratch, 'written');
    const path = await archive({
      [`../${'written'}`]: 'x',
      [target]: 'x',
      'manifest.json': JSON.stringify((await bundle()).manifest),
    });
    await readBundle(path);
    expect(existsSync(target)).toBe(false);
  });
});
