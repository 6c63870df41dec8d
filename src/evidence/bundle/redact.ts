import { createHmac, randomBytes } from 'node:crypto';
import type { Key } from '../keys.ts';

/** Replaces what may be secret in the text that was read for `key`. */
export type Redactor = (key: Key, text: string) => string;

/** Parts of paths that tell nothing about anybody, and that the diagnosis goes by. */
const PUBLIC = new Set(
  `proc sys dev fs fuse connections pts ptmx shm tty null zero full random urandom loop-control mapper block cgroup kernel
  usr bin sbin lib lib64 lib32 libexec etc var run tmp opt srv mnt media home root boot snap x86_64-linux-gnu aarch64-linux-gnu
  self task fd fdinfo ns net status stat maps mem cmdline environ`.split(/\s+/),
);

/** Files of which paths are a part, and where paths are all that may be secret. */
const HOLDS_PATHS = /\/(?:mountinfo|maps|backing_file|core_pattern|swaps|unix)$|^links:|^ss:/;

/**
 * Makes command lines, environments and paths unreadable, each part of a path on its own and always the same way, so
 * that what lay on one mount still does. Same length, so that texts keep their layout. The key is forgotten.
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
  return (key, text) => {
    if (/\/(?:cmdline|environ)$/.test(key)) {
      return text
        .split('\0')
        .map((argument, index) => (index === 0 ? target(argument) : word(argument)))
        .join('\0');
    }
    if (key.startsWith('mem:')) return text.startsWith('/') ? text.replace(/^[^\0]*/, path) : text;
    if (key.startsWith('links:'))
      return text.replace(/(\t)(\/[^\0]*)/g, (_, tab: string, link: string) => tab + target(link));
    return HOLDS_PATHS.test(key)
      ? text.replace(/(^|[\s=|@])(\/[^\s,]*)/gm, (_, before: string, found: string) => before + target(found))
      : text;
  };
}
