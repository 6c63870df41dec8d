import { expect, it } from 'vitest';
import { parseSched } from '../../src/procfs/sched.ts';
import { recorded } from './recorded.ts';

it('reads clock and switch counts', () => {
  expect(parseSched(recorded('sched.hostile'))).toEqual({
    execStartMs: 3218134.03486,
    sumExecRuntimeMs: 1.100011,
    nrSwitches: 1,
    nrVoluntary: 1,
    nrInvoluntary: 0,
  });
});

it('does not believe a comm that plays a line of the file', () => {
  const forged = recorded('sched').replace('python3', '\nnr_switches:9\n');
  expect(parseSched(forged)?.nrSwitches).toBe(parseSched(recorded('sched'))?.nrSwitches);
  expect(parseSched(forged)?.nrSwitches).not.toBe(9);
});

it('gives what a cut file still has, and undefined without its header', () => {
  const text = recorded('sched');
  expect(parseSched(text.slice(0, text.indexOf('nr_switches')))).toMatchObject({
    execStartMs: expect.any(Number),
    nrSwitches: undefined,
  });
  expect(parseSched('nr_switches : 4\n')).toBeUndefined();
});
