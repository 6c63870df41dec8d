import type { Evidence } from '../evidence/evidence.ts';
import { CANARY, type Key } from '../evidence/keys.ts';
import type { ProcessEvidence } from '../evidence/process.ts';
import type { World } from '../evidence/world.ts';
import { Blame, isYoung } from '../rules/blame.ts';
import { rules } from '../rules/index.ts';
import { sparingInit } from '../rules/remedies.ts';
import { type Step, walk } from '../waits/walk.ts';
import { absence } from './absent.ts';
import type { Diagnosis, Judged } from './diagnosis.ts';
import { hostFacts } from './host-facts.ts';
import { lostReads } from './lost.ts';
import { ranked } from './rank.ts';
import { relocated, relocatedHost } from './relocate.ts';
import { targetOf, threadReports } from './target.ts';
import { unseenOf } from './unseen.ts';
import { verdictOf } from './verdict.ts';

export interface DiagnoseOptions {
  /** How many hops the blame chain is followed. */
  readonly depth: number;
  /** For how long a wait is watched before it is called a hang, in milliseconds. */
  readonly sampleMs: number;
  readonly readMemory: boolean;
}

export type DiagnosisResult =
  | { readonly pid: number; readonly diagnosis: Diagnosis }
  | { readonly pid: number; readonly error: { readonly code: string; readonly message: string } };

/** Waits that are walked at most: a chain that branches wider is told as far as it was followed. */
const STEPS = 600;
/** A trouble younger than this is watched until it is that old, in milliseconds: ordinary work ends before. */
const YOUNG_UNTIL_MS = 1000;

/** A diagnosis and everything that was read for it (for the capture bundle). */
export interface Examination {
  readonly results: readonly DiagnosisResult[];
  readonly world: World;
}

/**
 * Diagnoses processes on a first look that has begun: what each waits for, who is to blame, why we say so, and what to do. All
 * targets share one world: what they have in common is read once.
 */
export async function examine(
  evidence: Evidence,
  pids: readonly number[],
  options: DiagnoseOptions,
): Promise<Examination> {
  const { world } = evidence;
  const targets = pids.map((pid) => find(evidence, pid));
  const look = () =>
    targets.map((found) => (found === undefined ? undefined : judge(evidence, found, options)));

  let looks = await world.settle(look);
  const started = world.roundTimes[0] ?? 0;
  while (wantsAnotherLook(looks, evidence, (world.roundTimes.at(-1) ?? 0) - started, options.sampleMs)) {
    await world.sampleAgain(volatileKeys(evidence, looks), options.sampleMs / 3);
    looks = await world.settle(look);
  }
  world.judged();
  // The report tells of it. A look that asked for it ahead would be judged once more when it came.
  world.want([CANARY]);
  world.begin();
  // The report asks too (how many descriptors were not seen): what it wants is read like everything else.
  const results = await world.settle(() =>
    pids.map((pid, index): DiagnosisResult => {
      const judged = looks[index];
      if (judged === undefined) return { pid, error: absence(evidence, pid) };
      if (judged.gone)
        return { pid, error: { code: 'ERR_EXITED', message: `process ${pid} ended while it was looked at` } };
      return { pid, diagnosis: report(evidence, judged) };
    }),
  );
  return { results, world };
}

interface Found {
  readonly process: ProcessEvidence;
  /** Set when the number asked for is a thread's. */
  readonly tid?: number;
}

interface Look {
  readonly found: Found;
  readonly steps: readonly Step[];
  readonly findings: readonly Judged[];
  readonly gone: boolean;
  /** What was needed and could not be had (see World.losing): without it nothing is proved to be well. */
  readonly lost: ReadonlySet<Key>;
}

/** The process of a pid; a number of a thread finds its process (every thread has a /proc entry, though not a listed one). */
function find(evidence: Evidence, pid: number): Found | undefined {
  const process = evidence.process(pid);
  if (process === undefined) return undefined;
  const leader = process.status?.tgid ?? pid;
  if (leader === pid) return { process };
  const owner = evidence.process(leader);
  return owner === undefined ? undefined : { process: owner, tid: pid };
}

function judge(evidence: Evidence, found: Found, options: DiagnoseOptions): Look {
  const { process, tid } = found;
  const { result, lost } = evidence.world.losing(() => {
    const steps = walk(evidence, process, { depth: options.depth, steps: STEPS }, tid);
    const blame = new Blame(evidence, process, steps);
    const findings = rules.flatMap((rule) =>
      (rule.find?.(blame) ?? []).map(
        (finding): Judged => ({ ...finding, remedies: sparingInit(finding.remedies), rule }),
      ),
    );
    return { steps, findings };
  });
  const { steps, findings } = result;
  const startTimes = evidence.world
    .parsedHistory(`${process.dir}/stat`, startTimeIn)
    .filter((time) => time !== undefined);
  const gone = !process.exists || new Set(startTimes).size > 1 || !evidence.world.holds(tid ?? process.pid);
  return { found, steps, findings: ranked(findings), gone, lost };
}

const startTimeIn = (text: string) => /\) \S(?: \S+){18} (\d+)/.exec(text)?.[1];

/** Healthy at the first look is healthy: only what looks like trouble, or runs, has to be watched. */
function wantsAnotherLook(
  looks: readonly (Look | undefined)[],
  evidence: Evidence,
  elapsedMs: number,
  sampleMs: number,
): boolean {
  if (sampleMs <= 0) return false;
  const troubled = looks
    .filter((look) => look !== undefined)
    .filter((look) => !look.gone && isTroubled(look));
  if (troubled.length === 0) return false;
  if (evidence.world.rounds === 1) return true;
  const runs = troubled.some((look) =>
    look.steps.some(({ wait, depth }) => depth === 0 && wait.kind === 'running'),
  );
  const young = troubled.some((look) =>
    look.findings.some((finding) => finding.severity !== 'info' && isYoungFinding(finding)),
  );
  // Old and unmoved in two looks is certain; the rest is given its full time.
  if (young) return elapsedMs < Math.max(sampleMs, YOUNG_UNTIL_MS);
  return runs && elapsedMs < sampleMs;
}

function isTroubled(look: Look): boolean {
  // A thread of which it is not known what it waits for may just have moved between two files of one look.
  const watched = look.steps.some(
    ({ wait, depth }) =>
      depth === 0 && (wait.kind === 'running' || wait.thread.state === 'D' || wait.idle === undefined),
  );
  return watched || look.findings.some((finding) => finding.severity !== 'info');
}

function isYoungFinding({ step, young }: Judged): boolean {
  if (young !== undefined) return young;
  return step !== undefined && isYoung(step) && !STATES.has(step.wait.kind);
}

/** States that somebody has put a process into: no ordinary work looks like them. */
const STATES = new Set(['stopped', 'stopped-tty', 'frozen', 'pidns-zap']);

/** Files of all processes that take part in a story: those of the walk, and the targets' own. */
function volatileKeys(evidence: Evidence, looks: readonly (Look | undefined)[]): string[] {
  const keys = new Set<string>(['/proc/self/sched']);
  for (const [key] of evidence.world.entries())
    if (/\/(?:inflight|cpu\.stat|pids\.(?:events|current))$/.test(key)) keys.add(key);
  for (const look of looks) {
    if (look === undefined) continue;
    for (const key of look.found.process.volatileKeys) keys.add(key);
    for (const { wait } of look.steps) {
      for (const key of wait.thread.volatileKeys) keys.add(key);
      keys.add(`${wait.process.dir}/status`);
    }
    for (const child of look.found.process.children.slice(0, 200)) keys.add(`/proc/${child}/status`);
  }
  return [...keys];
}

function report(evidence: Evidence, look: Look): Diagnosis {
  const { process, tid } = look.found;
  const target = targetOf(evidence, process, tid);
  const lost = lostReads(evidence.world, look.lost);
  return {
    target,
    verdict: verdictOf(process, look.steps, look.findings, lost),
    findings: relocated(look.findings, evidence.world.proc, evidence.host.self.foreign === true),
    threads: threadReports(process, look.steps, tid),
    unseen: [...lost, ...unseenOf(evidence, process, look.steps, look.lost)],
    host: relocatedHost(hostFacts(evidence), evidence.world.proc),
    timing: {
      get startedAt() {
        return evidence.world.startedAt;
      },
      elapsedMs: Math.round(evidence.world.roundTimes.at(-1) ?? 0),
      looks: evidence.world.rounds,
    },
  };
}
