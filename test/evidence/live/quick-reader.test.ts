import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { links } from '../../../src/evidence/keys.ts';
import { BlockedFiles, readGuarded } from '../../../src/evidence/live/guarded.ts';
import { readLinks } from '../../../src/evidence/live/link-reader.ts';
import { readQuickly } from '../../../src/evidence/live/quick-reader.ts';
import { withLab } from '../../../src/lab/lab.ts';

const options = { stallMs: 500, lateMs: 10_000, realPath: (path: string) => path };
const hasPerl = () => {
  try {
    return execFileSync('perl', ['-e', 'print 1']).toString() === '1';
  } catch {
    return false;
  }
};

test('reads what the careful readers read', { skip: !hasPerl() }, () =>
  withLab(async (lab) => {
    const { pid } = await lab.start('sleep', ['100']);
    await lab.until('it to sleep', () => lab.state(pid) === 'S');
    const names = ['stat', 'wchan', 'stack', 'syscall', 'cmdline', 'environ', 'maps', 'auxv', 'nothing'];
    const files = [...names.map((name) => `/proc/${pid}/${name}`), '/proc/4194304/stat'];
    const directories = [`/proc/${pid}/fd`, `/proc/${pid}/ns`, `/proc/${pid}`, '/proc/4194304/fd'].map(links);
    const { answers, canary } = readQuickly([...files, ...directories], true, options);
    expect(await canary).toEqual({ kind: 'text', text: '' });
    const careful = new Map([
      ...(await readGuarded(files, new BlockedFiles(), options)),
      ...(await readLinks(directories, new BlockedFiles(), options)),
    ]);
    const quick = await answers;
    for (const key of [...files, ...directories])
      expect([key, quick.get(key)]).toEqual([key, careful.get(key)]);
  }),
);

test('has no canary where there is no proc file system', async () => {
  const { canary } = readQuickly([], true, { ...options, realPath: () => '/nonexistent' });
  expect(await canary).toEqual({ kind: 'error', errno: 'ENOENT' });
});
