import { Command } from '@oclif/core/command';
import { boolean } from '@oclif/core/flags';
import { type Screen, screenOf } from '../term/screen.ts';
import { writeAll } from '../term/write.ts';
import { config } from './config.ts';
import { tell } from './errors.ts';
import type { ExitCode } from './exit-codes.ts';
import { fail, wantsJson } from './fail.ts';
import { onInterrupt } from './interrupt.ts';

/** A command that is not abstract. */
type Concrete = Pick<typeof BaseCommand, 'id' | 'flags' | 'baseFlags'> &
  (new (
    argv: string[],
    settings: typeof config,
  ) => BaseCommand);

/** What all commands have in common: `--json`, `--no-color`, how an answer reaches stdout, how errors are told. */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    json: boolean({ summary: 'Print one JSON object instead of text', helpGroup: 'OUTPUT' }),
    'no-color': boolean({
      summary: 'No colour (NO_COLOR and FORCE_COLOR are honoured too)',
      helpGroup: 'OUTPUT',
    }),
  };

  /** Runs the command to its exit code; whatever it throws is told in the way that its caller can use. */
  static async execute(this: Concrete, id: string, argv: readonly string[]): Promise<ExitCode> {
    this.id = id;
    const command = new this([...argv], config);
    try {
      return await command.run();
    } catch (error) {
      if (process.env.PROCDIAG_DEBUG === '1')
        writeAll(2, `${error instanceof Error ? error.stack : error}\n`);
      const flags = Object.keys({ ...this.flags, ...this.baseFlags, help: 1 }).map((name) => `--${name}`);
      return fail(tell(error, id, flags), wantsJson(argv));
    } finally {
      await command.#tidy?.();
    }
  }

  #tidy: (() => Promise<unknown>) | undefined;

  /** Puts away what would be left behind, however the command ends: by its answer, an error, Ctrl+C or SIGTERM. */
  protected atEnd(tidy: () => Promise<unknown>): void {
    this.#tidy = tidy;
    onInterrupt(tidy);
  }

  /** Does the command's work; the exit code is part of its answer. */
  abstract override run(): Promise<ExitCode>;

  /** The one way to stdout: whole before the process ends, quiet when the reader has gone. */
  protected print(text: string): void {
    writeAll(1, text);
  }

  protected printJson(value: unknown): void {
    writeAll(1, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** Sentences for a person, beside the answer. */
  protected complain(sentences: readonly string[]): void {
    for (const sentence of sentences) writeAll(2, `procdiag: ${sentence}\n`);
  }

  protected screen(flags: { 'no-color': boolean }): Promise<Screen> {
    return screenOf(process.env, flags['no-color']);
  }
}
