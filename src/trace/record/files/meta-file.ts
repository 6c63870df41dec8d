import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordingMeta } from '../../recording.ts';

/** What is no recording of procdiag, or is damaged, in a sentence for the user. */
export class CaptureError extends Error {
  readonly code = 'ERR_CAPTURE';
}

export const META = 'meta.json';

/** Two hundred thousand descriptors with long names are less. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Names of files in a recording: plain ones, in its directory and nowhere else. */
export const isPlainName = (name: unknown): name is string =>
  typeof name === 'string' && /^[A-Za-z0-9][\w.-]{0,99}$/.test(name);

/** Reads the meta.json of a recording, which anybody may have made. @throws CaptureError */
export function readMeta(directory: string): RecordingMeta {
  let text: string;
  try {
    const path = join(directory, META);
    if (statSync(path).size > MOST_BYTES) throw new CaptureError(`${path} is too large`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof CaptureError) throw error;
    throw new CaptureError(`${directory} is no recording of procdiag: it holds no ${META}`);
  }
  let meta: unknown;
  try {
    meta = JSON.parse(text);
  } catch {
    throw new CaptureError(`${directory}: its ${META} is damaged`);
  }
  if (!isRecord(meta)) throw new CaptureError(`${directory}: its ${META} is not one of procdiag`);
  if (typeof meta.schemaVersion === 'number' && meta.schemaVersion > 1) {
    throw new CaptureError(`${directory} was written by a newer procdiag (format ${meta.schemaVersion})`);
  }
  const fault = faultOf(meta);
  if (fault !== undefined)
    throw new CaptureError(`${directory}: in its ${META}, ${fault} is missing or not as it should be`);
  return meta as unknown as RecordingMeta;
}

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isNs = (value: unknown): boolean => isText(value) && /^-?\d{1,20}$/.test(value);
const optional = (is: (value: unknown) => boolean) => (value: unknown) => value === undefined || is(value);
const listOf = (is: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(is);
const shape =
  (fields: Readonly<Record<string, (value: unknown) => boolean>>) =>
  (value: unknown): boolean =>
    isRecord(value) && Object.entries(fields).every(([name, is]) => is(value[name]));

const WELL_FORMED: Readonly<Record<string, (value: unknown) => boolean>> = {
  schemaVersion: (value) => value === 1,
  tool: shape({ version: isText }),
  host: shape({ kernel: isText, arch: isText, cpus: isCount, bootId: optional(isText) }),
  target: shape({ pid: isCount, comm: isText, startTime: optional(isCount) }),
  command: optional(listOf(isText)),
  syscalls: optional(isText),
  recordedAt: isText,
  window: shape({ fromNs: isNs, toNs: isNs }),
  clock: shape({ startOffsetNs: isNs, stopOffsetNs: isNs, errorNs: isCount }),
  strace: optional(
    shape({
      version: isText,
      argv: listOf(isText),
      file: isPlainName,
      attachedNs: optional(isNs),
      detachedNs: optional(isNs),
      said: isText,
      outOfStepTids: optional(listOf(isCount)),
    }),
  ),
  perf: optional(
    shape({
      version: isText,
      files: listOf(
        shape({
          file: isPlainName,
          role: (value) => value === 'tree' || value === 'host' || value === 'late',
          argv: listOf(isText),
        }),
      ),
      enabledNs: optional(isNs),
      disabledNs: optional(isNs),
      blindTids: listOf(isCount),
      sees: (value) => value === undefined || value === 'switches',
      said: isText,
    }),
  ),
  tasks: listOf(
    shape({
      pid: isCount,
      tid: isCount,
      ppid: isCount,
      comm: isText,
      startTime: isCount,
      nspid: listOf(isCount),
    }),
  ),
  descriptors: listOf(
    shape({
      pid: isCount,
      fds: listOf((pair) => Array.isArray(pair) && isCount(pair[0]) && isText(pair[1])),
    }),
  ),
  signals: listOf(shape({ pid: isCount, ignored: isText, caught: isText, blocked: isText })),
  notes: listOf(isText),
  partial: optional(listOf(isText)),
  missing: optional(listOf(isText)),
  ended: optional(shape({ code: optional(isCount), signal: optional(isText) })),
};

/** The first field that is wrong. */
function faultOf(meta: Fields): string | undefined {
  return Object.entries(WELL_FORMED).find(([name, is]) => !is(meta[name]))?.[0];
}
