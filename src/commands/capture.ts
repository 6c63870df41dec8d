import { boolean, string } from '@oclif/core/flags';
import { pid } from '../cli/args.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { version } from '../cli/config.ts';
import { USAGE, UserError } from '../cli/errors.ts';
import { EXIT, type ExitCode } from '../cli/exit-codes.ts';
import { DEPTH, SAMPLE_MS, TIMEOUT_SECONDS } from '../cli/looking.ts';
import type { DiagnosisResult } from '../diagnosis/diagnose.ts';

/** Who asks for one of these does not expect a directory of that name. */
const OTHER_FILES = /^$|\.(?:tar|zip|7z|xz|bz2|zst|json|txt|log|html)$|(?<!\.tar)\.gz$/;

export class Capture extends BaseCommand {
  static override summary = 'Record what a diagnosis reads, to diagnose it elsewhere';
  static override description =
    `Writes a bundle of the files that were read, as read, and what could not be read and why. procdiag inspect --from BUNDLE gives the same diagnosis from it as here and now.`;
  static override examples = [
    { description: 'For a colleague', command: 'procdiag capture 4711 -o hung.tar.gz' },
    {
      description: 'Without command lines, environments and paths',
      command: 'procdiag capture 4711 --redact',
    },
  ];
  static override args = { pid: pid({ required: true, description: 'process or thread id' }) };
  static override flags = {
    output: string({
      char: 'o',
      summary: 'Archive (.tar.gz) or directory to write [default: procdiag-PID.tar.gz]',
      helpValue: 'FILE',
    }),
    redact: boolean({ summary: 'Leave out command lines, environments and paths' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Capture);
    if (flags.output !== undefined && OTHER_FILES.test(flags.output))
      throw new UserError(
        USAGE,
        `not a name for a capture: ${JSON.stringify(flags.output)} (FILE.tar.gz, FILE.tgz, or a directory)`,
      );
    const { openLive } = await import('../evidence/live/live-source.ts');
    const { endChildren } = await import('../evidence/live/child.ts');
    const { examine } = await import('../diagnosis/diagnose.ts');
    const { firstLook } = await import('../evidence/first-look.ts');
    const { pack } = await import('../evidence/bundle/pack.ts');
    const { redactor } = await import('../evidence/bundle/redact.ts');
    const { writeBundle } = await import('../evidence/bundle/files.ts');
    this.atEnd(endChildren);
    const targets = [args.pid];
    const options = { depth: DEPTH, sampleMs: SAMPLE_MS, readMemory: false };
    const evidence = firstLook(openLive({ timeoutMs: TIMEOUT_SECONDS * 1000 }), targets, options.readMemory);
    const { results, world } = await examine(evidence, targets, options);
    for (const result of results)
      if ('error' in result) throw new UserError(result.error.code, result.error.message);
    const path = flags.output ?? `procdiag-${args.pid}.tar.gz`;
    await writeBundle(
      path,
      pack(world, { version, targets, options, ...(flags.redact ? { redactor: redactor() } : {}) }),
    );
    if (flags.json) this.printJson({ schemaVersion: 1, bundle: path, targets, redacted: flags.redact });
    else this.print(`${path}\n`);
    const { line } = await import('../report/text.ts');
    if (!flags.json)
      this.complain([...lacks(results).map(line), `diagnose it with: procdiag inspect --from ${path}`]);
    return EXIT.OK;
  }
}

/** What a colleague will miss in it, while somebody could still take a better one. */
function lacks(results: readonly DiagnosisResult[]): string[] {
  const [first, ...more] = results.flatMap((result) =>
    'diagnosis' in result ? result.diagnosis.unseen : [],
  );
  if (first === undefined) return [];
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  const remedy = first.remedy === '' ? '' : `: ${first.remedy}`;
  return [`it lacks what could not be seen: ${first.what}: ${first.why}${others}${remedy}`];
}
