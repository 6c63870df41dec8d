import { expect, it } from 'vitest';
import { procdiag, procdiagFromSource } from './procdiag.ts';

const STACK = '[<0>] do_wait+0x1a0/0x2f0\n[<0>] kernel_wait4+0xb0/0x140\n[<0>] do_syscall_64+0x5e/0x110\n';

/** What the build does to be quick must not show. */
const MATRIX: { argv: string[]; input?: string; env?: Record<string, string> }[] = [
  { argv: [] },
  { argv: ['--version'] },
  { argv: ['--help'] },
  { argv: ['--help'], env: { COLUMNS: '50' } },
  { argv: ['inspect', '--help'] },
  { argv: ['lab', '-h'], env: { COLUMNS: '120' } },
  { argv: ['nonsense'] },
  { argv: ['inspect', '-1', '--json'] },
  { argv: ['inspect', '--nope'] },
  { argv: ['inspect', '4194304'] },
  { argv: ['explain'] },
  { argv: ['explain', '--json'] },
  { argv: ['explain', 'd-vfork-wait'], env: { FORCE_COLOR: '1' } },
  { argv: ['doctor', '--json'] },
  { argv: ['lab', 'list'], env: { COLUMNS: '60' } },
  { argv: ['stack'], input: STACK },
  { argv: ['stack', '--json'], input: STACK },
  { argv: ['stack', '-'], input: 'nothing of a stack' },
];

it.each(MATRIX)('the bundle says what the source says: $argv $env', async ({ argv, ...options }) => {
  const [built, source] = await Promise.all([procdiag(argv, options), procdiagFromSource(argv, options)]);
  expect(built).toEqual(source);
  expect(built.stdout + built.stderr).not.toBe('');
});
