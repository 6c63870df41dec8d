import { readFileSync } from 'node:fs';
import { string } from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.ts';
import { CANNOT_LOOK, USAGE, UserError } from '../cli/errors.ts';
import { EXIT, type ExitCode } from '../cli/exit-codes.ts';
import { TIMEOUT_SECONDS } from '../cli/looking.ts';

export class Stack extends BaseCommand {
  static override summary = 'Interpret kernel stacks: /proc/PID/stack, hung-task reports, sysrq dumps';
  static override description =
    `Takes text as it is found: dmesg and journalctl output, consoles, mails; other lines are skipped. Says for each task what it waits for, in which subsystem, whether that is benign, and who holds the lock where the kernel names it.
Exit code: 0 all benign, 1 a stuck task, 2 no stack in the text.`;
  static override examples = [
    { description: 'The kernel log', command: '$ dmesg | procdiag stack -' },
    { description: 'One task', command: 'procdiag stack /proc/4711/stack' },
  ];
  static override args = {
    file: string({ description: 'file to read, - for standard input', default: '-', ignoreStdin: true }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Stack);
    const text = args.file === '-' ? await readStdin() : await readFile(args.file);
    const { interpretStacks } = await import('../diagnosis/stacks.ts');
    const report = interpretStacks(text);
    if ('error' in report) throw new UserError(CANNOT_LOOK, report.error);
    if (flags.json) {
      this.printJson(report);
    } else {
      const { renderStackReport } = await import('../report/terminal/stack-report.ts');
      this.print(renderStackReport(report, await this.screen(flags)));
    }
    return report.tasks.some(({ benign }) => benign === false) ? EXIT.FOUND : EXIT.OK;
  }
}

/** A live task's stack may never answer, and is read like all evidence; every other file is a file. */
async function readFile(path: string): Promise<string> {
  const { isLiveStack, readLiveStack } = await import('../evidence/live/stack-file.ts');
  if (!isLiveStack(path)) return readFileSync(path, 'latin1');
  const read = await readLiveStack(path, TIMEOUT_SECONDS * 1000);
  if ('error' in read) throw new UserError(CANNOT_LOOK, read.error);
  return read.text;
}

/** As latin1: one character is one byte, so that broken text stays as it was. */
async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) throw new UserError(USAGE, 'no stack to read: give a file, or pipe one in');
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}
