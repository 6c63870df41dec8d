import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

/** A line of evidence as `--json` gives it. */
export interface Evidence {
  readonly path: string;
  readonly line: string;
  readonly says?: string;
}

/**
 * Looks a line of evidence up again at its source, as a reader of the report would. Bounded: some of these files do not
 * answer, which is then what the evidence has to say.
 * @returns undefined when it is there, else what is there instead
 */
export function recheck({ path, line, says }: Evidence): string | undefined {
  if (line === '') {
    // Said to be silent: then it has to be silent to us too.
    if (!/not answer/.test(says ?? '')) return 'an empty line that says nothing';
    return answers(path) ? 'it does answer' : undefined;
  }
  const memory = /^\/proc\/(\d+)\/mem@0x([0-9a-f]+)$/.exec(path);
  if (memory !== null) {
    const isHex = /^(?:[0-9a-f]{2} )*[0-9a-f]{2}$/.test(line);
    const length = isHex ? (line.length + 1) / 3 : line.length;
    const bytes = readMemory(Number(memory[1]), BigInt(`0x${memory[2]}`), length);
    const found = isHex
      ? [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
      : bytes.toString();
    return found === line ? undefined : found;
  }
  if (/\/(?:fd|ns)\/[\w]+$|\/(?:exe|cwd|root)$/.test(path)) {
    const target = readlinkSync(path);
    return target === line ? undefined : target;
  }
  const text = cat(path);
  return text.includes(line.trimEnd()) ? undefined : text.slice(0, 2000);
}

function cat(path: string): string {
  return execFileSync('timeout', ['-s', 'KILL', '20', 'cat', path], {
    encoding: 'latin1',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function answers(path: string): boolean {
  const isDirectory = /\/(?:fd|ns)$/.test(path);
  const argv = isDirectory ? ['find', path, '-type', 'l', '-printf', '%l'] : ['cat', path];
  try {
    execFileSync('timeout', ['-s', 'KILL', '1', ...argv], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function readMemory(pid: number, address: bigint, length: number): Buffer {
  const args = [
    `if=/proc/${pid}/mem`,
    'iflag=skip_bytes,fullblock',
    `bs=${length}`,
    `skip=${address}`,
    'count=1',
  ];
  return execFileSync('timeout', ['-s', 'KILL', '20', 'dd', ...args, 'status=none'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
