import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { Guard } from '../../../src/trace/record/guard.ts';
import { Tool } from '../../../src/trace/record/tool.ts';

/** How many descriptors a recorder may have that was said to need so many. */
async function limitOf(files: number): Promise<number> {
  const guard = await Guard.start();
  try {
    const tool = await Tool.hold(guard, { argv: ['/bin/sh', '-c', 'ulimit -S -n >&2'], files });
    tool.letGo('');
    await tool.ended;
    return Number(tool.said);
  } finally {
    await guard.close();
  }
}

test('a recorder may have as many descriptors as it can, not only those that it was thought to need', async () => {
  const most = Number(execFileSync('/bin/sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }));
  expect(await limitOf(10)).toBe(most);
});
