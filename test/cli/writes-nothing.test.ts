import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './procdiag.ts';

const hasStrace = spawnSync('strace', ['-V']).status === 0;

it
  .skipIf(!hasStrace)
  .each([
    ['--version'],
    ['--help'],
    ['nonsense'],
    ['inspect', String(process.pid)],
    ['explain'],
    ['doctor'],
    ['lab', 'list'],
  ])('opens no file for writing, and no connection: %s %s', (...argv) => {
  const dir = mkdtempSync(join(tmpdir(), 'procdiag-test-'));
  try {
    const log = join(dir, 'calls');
    const calls = '%file,connect,kill,tkill,tgkill,ptrace,process_vm_writev';
    const traced = ['strace', '-f', '-qq', '-e', `trace=${calls}`, '-o', log, process.execPath];
    const [command = '', ...args] = [...traced, join(root, 'bin/procdiag.cjs'), ...argv];
    spawnSync(command, args, { env: { ...process.env, COLUMNS: undefined } });
    const lines = readFileSync(log, 'utf8').split('\n');
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter(changesSomething)).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

function changesSomething(line: string): boolean {
  if (/\bopen(?:at2?)?\(.*(?:O_WRONLY|O_RDWR|O_CREAT)/.test(line)) return !/"\/dev\/(?:null|tty)"/.test(line);
  return /^\d+ +(?:connect|mkdir|unlink|rename|link|symlink|chmod|chown|truncate|ptrace|process_vm_writev|utimensat)/.test(
    line,
  );
}
