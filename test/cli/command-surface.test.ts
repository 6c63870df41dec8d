import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core/command';
import { expect, it } from 'vitest';
import { registry } from '../../src/cli/registry.ts';

/**
 * Names of commands, arguments and flags are contracts: who changes them changes this file too, and says so in the
 * release notes. `UPDATE_SURFACE=1 npx vitest run test/cli/command-surface.test.ts` prints what it would be.
 */
const frozen: unknown = JSON.parse(readFileSync(join(import.meta.dirname, 'command-surface.json'), 'utf8'));

it('has the commands, arguments and flags that scripts rely on', async () => {
  const surface: Record<string, unknown> = {};
  for (const [id, load] of Object.entries(registry)) {
    const { args, flags, baseFlags } = (await load()) as unknown as typeof Command;
    surface[id] = {
      args: Object.entries(args).map(([name, { required, multiple }]) =>
        [name, required && 'required', multiple && 'multiple'].filter(Boolean).join(' '),
      ),
      flags: Object.entries({ ...flags, ...baseFlags })
        .map(([name, flag]) => {
          const { char, type, default: usual } = flag;
          const options = 'options' in flag ? (flag.options as string[] | undefined) : undefined;
          const start = usual === undefined ? undefined : `default ${usual}`;
          return [`--${name}`, char && `-${char}`, type, options?.join('|'), start].filter(Boolean).join(' ');
        })
        .sort(),
    };
  }
  if (process.env.UPDATE_SURFACE) console.log(JSON.stringify(surface, null, 2));
  expect(surface).toEqual(frozen);
});
