import { arch, platform } from 'node:process';
import { beforeDashes } from './cli/before-dashes.ts';
import { version } from './cli/config.ts';
import { EXIT, type ExitCode } from './cli/exit-codes.ts';
import { registry } from './cli/registry.ts';
import { screenOf } from './term/screen.ts';
import { writeAll } from './term/write.ts';

const HELP_FLAGS: readonly (string | undefined)[] = ['--help', '-h'];

/**
 * The program. It always ends by process.exit(): a reader that hangs in the kernel would keep the event loop, and so
 * procdiag, alive for ever.
 */
export async function main(argv: readonly string[]): Promise<void> {
  process.exit(await run(argv).catch(async (error: unknown) => (await failing()).failure(error, argv)));
}

async function run(argv: readonly string[]): Promise<ExitCode> {
  const [first, ...rest] = argv;
  if (first === '--version')
    return answer(`procdiag ${version} ${platform}-${arch} node-${process.version}\n`);
  if (first === undefined || first === 'help' || HELP_FLAGS.includes(first)) return help(rest[0] ?? '', argv);
  const load = Object.hasOwn(registry, first) ? registry[first] : undefined;
  if (load === undefined) return (await failing()).unknownCommand(first, argv);
  if (beforeDashes(rest).some((word) => HELP_FLAGS.includes(word))) return help(first, argv);
  return (await load()).execute(first, rest);
}

async function help(id: string, argv: readonly string[]): Promise<ExitCode> {
  if (id !== '' && !Object.hasOwn(registry, id)) return (await failing()).unknownCommand(id, argv);
  const { width } = await screenOf(process.env, true);
  const { printedHelp } = await import('./cli/printed-help.ts');
  const printed = printedHelp(id, width);
  if (printed !== undefined) return answer(printed);
  const { renderHelp } = await import('./cli/help.ts');
  return answer(await renderHelp(id, width));
}

function answer(text: string): ExitCode {
  writeAll(1, text);
  return EXIT.OK;
}

/** Not loaded before something fails. */
const failing = () => import('./cli/failure.ts');
