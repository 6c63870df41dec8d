import { BaseCommand } from '../cli/base-command.ts';
import { EXIT, type ExitCode } from '../cli/exit-codes.ts';

export class Doctor extends BaseCommand {
  static override summary = 'Say what this host and user allow a diagnosis to see, and how to get the rest';
  static override description = `Reads settings only, and changes none.
Exit code: 0 nothing essential is missing, 1 something is that makes diagnoses partial.`;
  static override examples = [{ description: 'Before the next incident', command: '$ sudo procdiag doctor' }];

  override async run(): Promise<ExitCode> {
    const { flags } = await this.parse(Doctor);
    const { checkHost } = await import('../evidence/live/host-checks.ts');
    const { endChildren } = await import('../evidence/live/child.ts');
    const { judgeHost } = await import('../diagnosis/doctor.ts');
    this.atEnd(endChildren);
    const report = judgeHost(await checkHost());
    if (flags.json) {
      const { doctorJson } = await import('../report/doctor-json.ts');
      this.printJson(doctorJson(report));
    } else {
      const { renderDoctor } = await import('../report/terminal/doctor.ts');
      this.print(renderDoctor(report, await this.screen(flags)));
    }
    return report.essentialMissing ? EXIT.FOUND : EXIT.OK;
  }
}
