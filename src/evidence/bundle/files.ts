import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, pack as tarPack } from 'tar-stream';
import { BUNDLE_FORMAT, type Bundle, type Manifest } from './manifest.ts';

const MANIFEST = 'manifest.json';
/** Unpacked size that is still read: a capture is a few megabytes. */
const SIZE_LIMIT = 512 * 1024 * 1024;

/** A file that is no bundle, or one that this version cannot read: told to the user as it stands. */
class BundleError extends Error {
  readonly code = 'ERR_BUNDLE';
}

/**
 * Writes a bundle: a `.tar.gz` when the name says so, else a directory. It appears whole or not at all.
 * @throws BundleError when it cannot be written
 */
export async function writeBundle(name: string, bundle: Bundle): Promise<void> {
  // A part beside it, not in it.
  const path = name.replace(/(?<=.)\/+$/, '');
  const entries: [string, string][] = [
    [MANIFEST, `${JSON.stringify(bundle.manifest, null, 1)}\n`],
    ...bundle.files,
  ];
  const part = `${path}.part-${process.pid}`;
  try {
    if (/\.(?:tar\.gz|tgz)$/.test(path)) {
      writeFileSync(part, gzipSync(await tarred(entries)), { mode: 0o600 });
    } else {
      // Node's recursive mkdir makes no end of trying where nothing can be made (/proc).
      mkdirSync(part, { mode: 0o700 });
      for (const [name, text] of entries) {
        mkdirSync(dirname(join(part, name)), { recursive: true, mode: 0o700 });
        writeFileSync(join(part, name), text, name === MANIFEST ? 'utf8' : 'latin1');
      }
    }
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw new BundleError(`cannot write ${JSON.stringify(name)}: ${reason(error)}`);
  }
}

/** Reads a bundle from an archive or a directory. @throws BundleError for what is none. */
export async function readBundle(path: string): Promise<Bundle> {
  let files: Map<string, string>;
  try {
    files = statSync(path).isDirectory()
      ? readDirectory(path)
      : await untarred(gunzipSync(readFileSync(path), { maxOutputLength: SIZE_LIMIT }));
  } catch (error) {
    if (error instanceof BundleError) throw error;
    throw new BundleError(`${path} is no capture of procdiag: ${reason(error)}`);
  }
  const text = files.get(MANIFEST);
  if (text === undefined) throw new BundleError(`${path} is no capture of procdiag: it holds no ${MANIFEST}`);
  return { manifest: parseManifest(path, Buffer.from(text, 'latin1').toString('utf8')), files };
}

function parseManifest(path: string, text: string): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch {
    throw new BundleError(`${path}: its ${MANIFEST} is damaged`);
  }
  if (
    typeof (manifest as Manifest | null)?.format !== 'number' ||
    !Array.isArray(manifest.records) ||
    !Array.isArray(manifest.targets)
  ) {
    throw new BundleError(`${path}: its ${MANIFEST} is not one of procdiag`);
  }
  if (manifest.format > BUNDLE_FORMAT) {
    throw new BundleError(
      `${path} was written by a newer procdiag (${manifest.tool.version}, format ${manifest.format})`,
    );
  }
  return manifest;
}

/** In words: the system's, zlib's, or what else was thrown. */
function reason(error: unknown): string {
  const { errno, code, message } = error as NodeJS.ErrnoException;
  if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') return `no whole .tar.gz (${message})`;
  return getSystemErrorMap().get(errno ?? 0)?.[1] ?? message;
}

function readDirectory(root: string): Map<string, string> {
  const files = new Map<string, string>();
  // Any other directory may hold a whole disk.
  if (!existsSync(join(root, MANIFEST))) return files;
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    files.set(relative(root, full), readFileSync(full, 'latin1'));
  }
  return files;
}

function tarred(entries: readonly [string, string][]): Promise<Buffer> {
  const archive = tarPack();
  for (const [name, text] of entries)
    archive.entry({ name }, Buffer.from(text, name === MANIFEST ? 'utf8' : 'latin1'));
  archive.finalize();
  return collect(archive);
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function untarred(archive: Buffer): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const extractor = extract();
  extractor.end(archive);
  for await (const entry of extractor) {
    const content = await collect(entry);
    files.set(entry.header.name, content.toString('latin1'));
  }
  if (files.size === 0) throw new BundleError('the archive is empty');
  return files;
}
