import { expect, it } from 'vitest';
import { sparingInit } from '../../src/rules/remedies.ts';
import { diagnosed } from '../support/looks.ts';
import { STORIES } from '../support/stories.ts';

const remedy = (command: string) => ({ command, effect: 'e', risk: 'r' });

it.each(['kill 1', 'kill -KILL 1', 'kill -TERM 1'])('%s is no advice', (command) => {
  const [first, second] = sparingInit([remedy(command), remedy('kill 17')]);
  expect(first?.command).toBe('');
  expect(first?.effect).toMatch(/^PID 1 cannot be ended/);
  expect(second).toEqual(remedy('kill 17'));
});

it.each(['kill 11', 'kill -CONT 1', 'kill -CHLD 1', 'procdiag inspect 1'])('%s stays', (command) => {
  expect(sparingInit([remedy(command)])).toEqual([remedy(command)]);
});

it('of an init that does not reap nobody is told to end it', async () => {
  const { findings } = await diagnosed(
    {
      processes: [
        { pid: 1, comm: 'app', call: 'nanosleep()', stack: 'hrtimer_nanosleep' },
        { pid: 60, ppid: 1, state: 'Z' },
      ],
    },
    60,
  );
  expect(findings[0]).toMatchObject({ culprit: { pid: 1 } });
  expect(findings[0]?.remedies.map(({ command }) => command)).not.toContain('kill 1');
  expect(findings[0]?.remedies.map(({ effect }) => effect).join()).toContain('docker run --init');
});

it.each(['socket-full', 'tcp-connect-wait'])('%s is looked at where its sockets are', async (cause) => {
  const { host, ask } = STORIES[cause]!;
  const { findings, target } = await diagnosed(host, ask);
  const commands = findings[0]?.remedies.map(({ command }) => command) ?? [];
  expect(commands.find((command) => / ss /.test(command))).toMatch(
    new RegExp(`^nsenter -t ${target.pid} -n ss -`),
  );
});
