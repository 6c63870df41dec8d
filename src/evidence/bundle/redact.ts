import { createHmac, randomBytes } from 'node:crypto';
import type { Key } from '../keys.ts';

/** Replaces what may be secret in the text that was read for `key`, and in the key itself. */
export interface Redactor {
  (key: Key, text: string): string;
  readonly key: (key: Key) => Key;
}

/** Parts of paths that tell nothing about anybody, and that the diagnosis goes by. */
const PUBLIC = new Set(
  `proc sys dev fs fuse connections pts ptmx shm tty null zero full random urandom loop-control mapper block cgroup kernel
  usr bin sbin lib lib64 lib32 libexec etc var run tmp opt srv mnt media home root boot snap x86_64-linux-gnu aarch64-linux-gnu
  self task fd fdinfo ns net status stat maps mem cmdline environ unified freezer memory cpu cpuacct cpuset devices
  blkio pids systemd sysvipc sem user.slice system.slice init.scope`.split(/\s+/),
);

/** Files of which paths are a part, one in each field. */
const HOLDS_PATHS = /\/(?:mountinfo|core_pattern|swaps|unix)$|^ss:/;
/** Files of which a line ends in a path, blanks and all. */
const ENDS_IN_PATH = /\/(?:maps|backing_file)$/;
/** Bytes of memory that are read for a string: words and structures are shorter. */
const STRING_BYTES = 24;

/**
 * Makes command lines, environments, paths and names of cgroups and volumes unreadable, each part of a path on its own and
 * always the same way, so that what lay on one mount still does. Same length, so that texts keep their layout. The secret is
 * forgotten.
 */
export function redactor(secret: Buffer = randomBytes(32)): Redactor {
  const word = (text: string) => {
    if (text.length < 3 || PUBLIC.has(text) || /^[\d:.[\]-]+$/.test(text)) return text;
    const digest = createHmac('sha256', secret).update(text, 'latin1').digest('hex');
    return `r${digest.repeat(Math.ceil(text.length / digest.length)).slice(0, text.length - 1)}`;
  };
  const path = (text: string) =>
    text
      .split('/')
      .map((part) => word(part))
      .join('/');
  // Device nodes and kernel links are names of the kernel, not of a person.
  const target = (text: string) =>
    /^\/dev\/(?!shm)/.test(text) || !text.startsWith('/') ? text : path(text);
  // Kinds of shared memory are told by these prefixes.
  const shared = (text: string) =>
    text.startsWith('/memfd:')
      ? `/memfd:${path(text.slice(7))}`
      : text.startsWith('/SYSV')
        ? text
        : target(text);
  const title = (text: string) =>
    text.includes(' ')
      ? text
          .split(' ')
          .map((part, i) => (i === 0 ? target(part) : word(part)))
          .join(' ')
      : target(text);
  const fields = (text: string) =>
    text
      .replace(/(^|[\s=|:,])(\/[^\s,]*)/gm, (_, before: string, found: string) => before + target(found))
      .replace(/(\s)@(\S+)/g, (_, before: string, name: string) => `${before}@${path(name)}`);

  const redact = (key: Key, text: string): string => {
    if (/\/(?:cmdline|environ)$/.test(key)) {
      return text
        .split('\0')
        .map((argument, index) => (index === 0 ? title(argument) : word(argument)))
        .join('\0');
    }
    if (key.startsWith('mem:')) return memory(key, text, path);
    if (key.startsWith('links:'))
      return text.replace(/(\t)(\/[^\0]*)/g, (_, tab: string, link: string) => tab + target(link));
    if (ENDS_IN_PATH.test(key))
      return text.replace(/(^|\s)(\/.*)$/gm, (_, before: string, found: string) => before + shared(found));
    if (/^\/proc\/.*\/cgroup$/.test(key))
      return text.replace(/(:)(\/.*)$/gm, (_, colon: string, found: string) => colon + path(found));
    if (key.endsWith('/dm/name')) return text.replace(/.+/, word);
    return HOLDS_PATHS.test(key) ? fields(text) : text;
  };
  // The files of a cgroup have the kernel's names, its directories those that somebody gave.
  const cgroupKey = (key: Key) =>
    key.replace(/^(.*\/)([^/]*)$/, (_, directory: string, file: string) => path(directory) + file);
  return Object.assign(redact, {
    key: (key: Key) => (key.startsWith('/sys/fs/cgroup/') ? cgroupKey(key) : key),
  });
}

/** A string that was read from memory, with what stands behind it; an address of a unix socket; all else is numbers. */
function memory(key: Key, text: string, path: (text: string) => string): string {
  if (Number(key.split(':')[3]) < STRING_BYTES) return text;
  const family = text.startsWith('\x01\0') ? 2 : 0;
  const rest = text.slice(family);
  const end = rest.indexOf('\0', 1);
  const name = end === -1 ? rest : rest.slice(0, end);
  if (family === 0 && !/^[\x20-\x7e\x80-\xff]{2,}$/.test(name)) return text;
  return text.slice(0, family) + path(name) + '\0'.repeat(rest.length - name.length);
}
