import type { Step } from '../waits/walk.ts';
import type { Blame } from './blame.ts';
import { findingAt, type Told, who } from './build.ts';
import type { Circle } from './circle.ts';
import { advice } from './remedies.ts';
import type { Finding, Remedy } from './rule.ts';

/**
 * The finding at a step that closes a circle of waits, told as what it is: a deadlock. Undefined when the step stands in
 * none, or somebody outside could end one of the waits. `inProgram`: what to change, so that it does not come again.
 */
export function deadlockAt(blame: Blame, step: Step, inProgram: string): Finding | undefined {
  const circle = blame.circleOf(step);
  if (circle === undefined || !circle.proven) return undefined;
  return findingAt(blame, step, { ...deadlock(circle), remedies: [...waysOut(circle), advice(inProgram)] });
}

function deadlock({ ring, chain, facts, hard }: Circle): Omit<Told, 'remedies'> {
  const [first] = ring;
  const next = ring[1] ?? first;
  const story = ring.map((step, at) => {
    const other = ring[at + 1] ?? first;
    const whom = other === step || other === undefined ? 'itself' : who(other);
    return `${who(step)} waits in ${callOf(step)} for ${whom}`;
  });
  const alone = ring.length === 1;
  return {
    // A handler of a signal could still end a circle of mere readers.
    severity: hard ? 'critical' : 'warning',
    ...(hard ? {} : { confidence: 'likely' as const }),
    title:
      first === undefined || next === undefined || alone
        ? `deadlock with itself: ${first?.wait.point ?? ''}`
        : ring.length === 2
          ? `deadlock: ${who(first)} and ${who(next)} wait for each other`
          : `deadlock of ${ring.length}: ${who(first)} waits for ${who(next)}, and so on in a circle`,
    summary: `${story.join('; ')}: ${alone ? 'nobody else can end this wait' : 'a circle. None of them goes on by itself'}.`,
    ...(next === undefined ? {} : { culprit: next.wait.node }),
    chain,
    facts: [...new Map(facts.map((fact) => [`${fact.path}\0${fact.line}`, fact])).values()],
    weight: 20,
  };
}

/** Without what it says of whom it waits for: that stands beside it. */
const callOf = ({ wait }: Step) => (wait.kind === 'vfork' ? 'vfork' : wait.point);

/** What breaks the circle: the end of one member, or somebody else who reads what none of them does. */
function waysOut({ ring }: Circle): Remedy[] {
  const remedies: Remedy[] = [];
  for (const [at, step] of ring.entries()) {
    if (step.wait.kind !== 'pipe-write') continue;
    const reader = ring[at + 1] ?? ring[0];
    // The descriptor of the reader, as the edge to it cites it.
    const end = step.wait.hops
      .filter(({ next }) => next?.pid === reader?.wait.process.pid)
      .flatMap(({ edges }) => edges.at(-1)?.facts ?? [])
      .find(({ path }) => /^\/proc\/\d+\/fd\/\d+$/.test(path))?.path;
    if (end === undefined || reader === step) continue;
    remedies.push({
      command: `timeout 10 cat ${end} > taken-out`,
      effect: `reads the pipe in place of ${who(reader ?? step)}: its writer goes on`,
      risk: 'the reader never gets what was taken out',
    });
    break;
  }
  const victim = (ring[1] ?? ring[0])?.wait.process.pid;
  remedies.push({
    command: `kill ${victim}`,
    effect: `ends ${victim}, and with it what it holds${ring.length > 1 ? ': the others go on' : ''}`,
    risk: 'whatever that process was doing is lost',
  });
  return remedies;
}
