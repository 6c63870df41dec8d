import { string } from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.ts';
import { USAGE, UserError } from '../cli/errors.ts';
import { EXIT, type ExitCode } from '../cli/exit-codes.ts';
import { nearest } from '../cli/suggest.ts';

export class Explain extends BaseCommand {
  static override summary = 'Explain a cause in a page, or list all causes';
  static override description =
    `What it means in the kernel, how to see it by hand, what resolves it, what does not, and which healthy states look like it. Without CAUSE: all of them, by family.`;
  static override examples = [
    { description: 'All causes', command: 'procdiag explain' },
    { description: 'One of them', command: 'procdiag explain d-vfork-wait' },
  ];
  static override args = {
    cause: string({ description: 'id of a cause, as findings have it', ignoreStdin: true }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Explain);
    const { rules } = await import('../rules/index.ts');
    const rule = args.cause === undefined ? undefined : rules.find(({ id }) => id === args.cause);
    if (args.cause !== undefined && rule === undefined) throw unknownCause(args.cause, rules);
    if (flags.json) {
      const { explanationJson, explanationListJson } = await import('../report/explanation-json.ts');
      this.printJson(rule === undefined ? explanationListJson(rules) : explanationJson(rule));
    } else {
      const { renderExplanation, renderExplanationList } = await import('../report/terminal/explanation.ts');
      const screen = await this.screen(flags);
      this.print(rule === undefined ? renderExplanationList(rules, screen) : renderExplanation(rule, screen));
    }
    return EXIT.OK;
  }
}

function unknownCause(cause: string, rules: readonly { id: string }[]): UserError {
  const guess = nearest(
    cause,
    rules.map(({ id }) => id),
  );
  const ask = guess === undefined ? '' : `: did you mean ${guess}?`;
  return new UserError(USAGE, `no cause is called ${JSON.stringify(cause)}${ask}`, 'procdiag explain');
}
