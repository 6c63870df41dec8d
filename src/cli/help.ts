import type { Command } from '@oclif/core/command';
import { CommandHelp, Help } from '@oclif/core/help';
import { config } from './config.ts';
import { EXIT_CODES_HELP, ROOT_EXAMPLES } from './help-texts.ts';
import { PRINTED_WIDTH } from './printed-help.ts';
import { registry } from './registry.ts';

const NARROWEST = 40;
/** Where flags and their texts do not fit side by side, oclif forgets how far it indents the texts. */
const HANGING = 4;

/**
 * The help of a command, or of the program (`id` is `''`), rendered by oclif from the commands' own metadata. Slow, since
 * it needs most of oclif: the build prints it ahead for the usual width.
 */
export async function renderHelp(id: string, width: number): Promise<string> {
  const commands = await allCommands();
  const help = new ProcdiagHelp({ ...config, commands } as never, {
    maxWidth: width >= PRINTED_WIDTH ? PRINTED_WIDTH : Math.max(NARROWEST, width) - HANGING,
    flagSortOrder: 'none',
    docopts: true,
    stripAnsi: true,
  });
  const command = commands.find((candidate) => candidate.id === id);
  const text = command === undefined ? help.root(commands) : help.page(command);
  return `${text.replace(/[ \t]+$/gm, '').trimEnd()}\n`;
}

/** What it is for and how it is called, before all that can be changed about it. */
const ORDER = ['USAGE', 'DESCRIPTION', 'EXAMPLES', 'ARGUMENTS', 'FLAGS'];

class PageHelp extends CommandHelp {
  protected override sections() {
    const sections = super.sections();
    return ORDER.flatMap((header) => sections.filter((section) => section.header === header));
  }
}

class ProcdiagHelp extends Help {
  protected override CommandHelpClass = PageHelp;

  root(commands: Command.Loadable[]): string {
    return [
      this.wrap(this.config.pjson.description ?? ''),
      this.section('USAGE', '$ procdiag COMMAND [--help]\n$ procdiag --version'),
      this.section('EXAMPLES', ROOT_EXAMPLES),
      this.formatCommands(commands),
      this.section('EXIT CODES', EXIT_CODES_HELP),
    ].join('\n\n');
  }

  page(command: Command.Loadable): string {
    // oclif would say the summary again, as the first line of the description.
    return `${this.wrap(command.summary ?? '')}\n\n${this.formatCommand({ ...command, summary: undefined })}`;
  }
}

/** The command classes with what the help renderer wants to know beside their own statics. */
async function allCommands(): Promise<Command.Loadable[]> {
  const found: Command.Loadable[] = [];
  for (const [id, load] of Object.entries(registry)) {
    const Class = (await load()) as unknown as Command.Class;
    found.push({
      id,
      summary: Class.summary ?? '',
      description: Class.description ?? '',
      examples: Class.examples ?? [],
      usage: Class.usage,
      args: named(Class.args),
      flags: named({ ...Class.flags, ...Class.baseFlags }),
      aliases: [],
      hiddenAliases: [],
      hidden: false,
      load: () => Promise.resolve(Class),
    } as unknown as Command.Loadable);
  }
  return found;
}

function named<T extends object>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, { ...value, name }]));
}
