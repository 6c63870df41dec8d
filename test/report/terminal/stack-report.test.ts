import { describe, expect, it } from 'vitest';
import type { StackReport } from '../../../src/diagnosis/stack-types.ts';
import { interpretStacks } from '../../../src/diagnosis/stacks.ts';
import { renderStackReport } from '../../../src/report/terminal/stack-report.ts';

const SCREEN = { width: 80, colour: false, unicode: true } as const;

function read(text: string): StackReport {
  const result = interpretStacks(text);
  if ('error' in result) throw new Error(result.error);
  return result;
}

const task = (comm: string, pid: number, ...frames: string[]): string =>
  `task:${comm} state:D stack:0 pid:${pid} ppid:1 flags:0x0\n${frames.map((name) => ` ${name}+0x1/0x2\n`).join('')}`;
const owned = (comm: string, pid: number, owner: string): string =>
  `INFO: task ${comm}:${pid} is blocked on a mutex likely owned by task ${owner}.\n`;

const TEXT = [
  task('victim', 10, '__schedule', '__mutex_lock', 'foo_get'),
  owned('victim', 10, 'owner:11'),
  task('owner', 11, '__schedule', 'schedule', 'rpc_wait_bit_killable', 'nfs4_proc_getattr'),
  task('sleeper', 12, '__schedule', 'schedule', 'frobnicate'),
].join('');

describe('renderStackReport', () => {
  it('says the verdict first, then the owners, then the groups', () => {
    const out = renderStackReport(read(TEXT), SCREEN).split('\n');
    expect(out[0]).toBe('✖ 2 of 3 tasks are blocked. Look first at owner:11: waits for the answer of an');
    expect(out).toContain('✖ owner:11 waits for the answer of an NFS server (RPC reply)');
    expect(out).toContain('  └─ victim:10 waits for a mutex of it');
    expect(out.findIndex((row) => row.includes('[nfs]'))).toBeLessThan(
      out.findIndex((row) => row.includes('[mutex]')),
    );
    expect(out.join('\n')).toContain('rpc_wait_bit_killable < nfs4_proc_getattr');
  });

  it('draws a deadlock once', () => {
    const text = [
      task('a', 1, '__mutex_lock'),
      owned('a', 1, 'b:2'),
      task('b', 2, '__mutex_lock'),
      owned('b', 2, 'a:1'),
    ];
    const out = renderStackReport(read(text.join('')), SCREEN);
    expect(out).toContain('A deadlock');
    expect(out.match(/back to the above/g)).toHaveLength(1);
  });

  it.each([20, 40, 80, 200])('keeps to %i columns', (width) => {
    const rows = renderStackReport(read(TEXT), { ...SCREEN, width }).split('\n');
    expect(rows.filter((row) => [...row].length > width)).toEqual([]);
  });

  it('says when all is well', () => {
    const text = 'task:idle state:S stack:0 pid:1 ppid:0 flags:0x0\n ep_poll+0x1/0x2\n';
    expect(renderStackReport(read(text), SCREEN)).toMatch(/^✔ A healthy sleep\./);
  });

  it('lets no control character of the text through, and colours only when told', () => {
    const text = TEXT.replaceAll('victim', 'v\u001b[31m\u0007');
    expect(renderStackReport(read(text), SCREEN)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(renderStackReport(read(text), { ...SCREEN, colour: true })).not.toContain('\u001b[31m\u0007');
  });

  it('uses ASCII alone where the terminal has no more', () => {
    expect(renderStackReport(read(TEXT), { ...SCREEN, unicode: false })).toMatch(/^[\u0000-\u007f]*$/);
  });
});
