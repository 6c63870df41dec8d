import { boolean, custom, string } from '@oclif/core/flags';
import { count, pid, seconds } from '../cli/args.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { version } from '../cli/config.ts';
import { CANNOT_LOOK, USAGE, UserError } from '../cli/errors.ts';
import { type ExitCode, exitCode, FAIL_ON, type FailOn } from '../cli/exit-codes.ts';
import { DEPTH, SAMPLE_MS, TIMEOUT_SECONDS } from '../cli/looking.ts';
import type { DiagnosisResult } from '../diagnosis/diagnose.ts';

export class Inspect extends BaseCommand {
  static override summary = 'Say what a process waits for, who is to blame, why, and what to do';
  static override description =
    `Reads only: nothing is attached, stopped or signalled, and nothing can hang it.
Exit code: 0 nothing wrong, 1 a finding at or above --fail-on, 2 could not look, or could not tell.`;
  static override usage = 'inspect PID... [FLAGS]';
  static override examples = [
    { description: 'One process, one screen', command: 'procdiag inspect 4711' },
    { description: 'Several, for a runbook', command: 'procdiag inspect --json $(pidof nginx)' },
    { description: 'All threads, with what each waits for', command: 'procdiag inspect --threads 4711' },
    { description: 'Elsewhere, from a capture', command: 'procdiag inspect --from procdiag-4711.tar.gz' },
  ];
  static override args = {
    pid: pid({ multiple: true, required: false, description: 'process or thread id' }),
  };
  static override flags = {
    threads: boolean({ summary: 'Add the table of all threads', helpGroup: 'OUTPUT' }),
    'fail-on': custom<FailOn>({ options: [...FAIL_ON] })({
      summary: 'Lowest severity of a finding that makes the exit code 1',
      helpValue: FAIL_ON.join('|'),
      default: 'warning',
    }),
    depth: count({
      summary: 'Follow the blame chain over at most N processes',
      helpValue: 'N',
      default: DEPTH,
      min: 1,
      max: 256,
    }),
    timeout: seconds({
      summary: 'Answer after S seconds with what is known then',
      helpValue: 'S',
      default: TIMEOUT_SECONDS,
      min: 0.1,
      max: 3600,
    }),
    'read-memory': boolean({
      summary: 'Read futex words also where that may fault (and then hold a lock of the process)',
    }),
    proc: string({
      summary: 'Where the proc file system to look at is mounted',
      helpValue: 'PATH',
      default: '/proc',
    }),
    from: string({
      summary: 'Diagnose a capture (see procdiag capture) instead of this host',
      helpValue: 'BUNDLE',
      exclusive: ['proc'],
    }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Inspect);
    const asked = (args.pid ?? []) as number[];
    if (asked.length === 0 && flags.from === undefined)
      throw new UserError(USAGE, 'which process? Give a PID');
    const { source, targets, options } =
      flags.from === undefined ? await this.#live(flags) : await captured(flags.from);
    const pids = asked.length > 0 ? asked : targets;
    const { firstLook } = await import('../evidence/first-look.ts');
    const evidence = firstLook(source, pids, options.readMemory);
    // What judges and what shows it are loaded while the first reads are under way.
    const { examine } = await import('../diagnosis/diagnose.ts');
    const show = await (flags.json ? this.#asJson() : this.#asText(flags));
    const { results } = await examine(evidence, pids, options);
    await show(results);
    const { line } = await import('../report/text.ts');
    this.complain(results.flatMap(unanswered).map(line));
    return exitCode(results, flags['fail-on']);
  }

  async #asJson(): Promise<Show> {
    const { diagnosisJson } = await import('../report/json.ts');
    return async (results) => this.printJson(diagnosisJson(results, { toolVersion: version }));
  }

  async #asText(flags: { threads: boolean; 'no-color': boolean; from?: string | undefined }): Promise<Show> {
    const { renderResults } = await import('../report/terminal/results.ts');
    const { threads, from } = flags;
    const options = { ...(await this.screen(flags)), threads, captured: from !== undefined };
    return async (results) => this.print((await renderResults(results, options)).text);
  }

  async #live(flags: { proc: string; timeout: number; depth: number; 'read-memory': boolean }) {
    const { isProc, openLive } = await import('../evidence/live/live-source.ts');
    const { endChildren } = await import('../evidence/live/child.ts');
    this.atEnd(endChildren);
    if (!isProc(flags.proc))
      throw new UserError(CANNOT_LOOK, `no proc file system at ${JSON.stringify(flags.proc)}`);
    return {
      source: openLive({ proc: flags.proc, timeoutMs: flags.timeout * 1000 }),
      targets: [],
      options: { depth: flags.depth, sampleMs: SAMPLE_MS, readMemory: flags['read-memory'] },
    };
  }
}

type Show = (results: readonly DiagnosisResult[]) => Promise<void>;

/** Why a result is no answer, in a sentence. */
function unanswered(result: DiagnosisResult): string[] {
  if ('error' in result) return [result.error.message];
  const { verdict, unseen } = result.diagnosis;
  if (verdict.state !== 'unknown') return [];
  const [first] = unseen;
  const why =
    first === undefined || verdict.summary.includes(first.why)
      ? ''
      : ` (not seen: ${first.what}: ${first.why})`;
  return [`process ${result.pid}: ${verdict.summary}${why}`];
}

/** A capture is looked at as it was taken: other options would ask for what it does not hold. */
async function captured(path: string) {
  const { openBundle } = await import('../evidence/bundle/read.ts');
  const source = await openBundle(path);
  return { source, targets: source.targets, options: source.options };
}
