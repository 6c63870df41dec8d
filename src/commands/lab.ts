import { string } from '@oclif/core/args';
import { count } from '../cli/args.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { CANNOT_LOOK, USAGE, UserError, wordsOf } from '../cli/errors.ts';
import { EXIT, type ExitCode } from '../cli/exit-codes.ts';
import { onInterrupt } from '../cli/interrupt.ts';
import { nearest } from '../cli/suggest.ts';
import type { Scene } from '../lab/scene.ts';

/** The programs of the scenes end by themselves after that, so that nothing outlives a lab that was lost. */
const LONGEST_SECONDS = 120;

const LIST = 'procdiag lab list';

/** `list` and `run` are arguments: two words and their flags need no topics of oclif, which need all of it. */
export class Lab extends BaseCommand {
  static override summary = 'Set up real trouble to try procdiag on, and put it away again';
  static override description = `list: the scenes, and which of them this host and user allow.
run NAME: sets a scene up with real processes, says what to try, holds it till Ctrl+C or for two minutes at most, cleans up.`;
  static override usage = [
    'lab [list] [--json] [--no-color]',
    'lab run NAME [--hold S] [--json] [--no-color]',
  ];
  static override examples = [
    { description: 'What there is', command: 'procdiag lab list' },
    { description: 'A parent that hangs in vfork', command: 'procdiag lab run vfork-wait' },
  ];
  static override args = {
    action: string({ description: 'list or run', default: 'list', ignoreStdin: true }),
    name: string({ description: 'name of a scene', ignoreStdin: true }),
  };
  static override flags = {
    hold: count({
      summary: 'End by itself after S seconds; some scenes end earlier',
      helpValue: 'S',
      default: LONGEST_SECONDS,
      min: 1,
      max: LONGEST_SECONDS,
    }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Lab);
    if (args.action === 'list' && args.name === undefined) return this.#list(flags);
    if (args.action === 'run' && args.name !== undefined)
      return this.#hold(await sceneCalled(args.name), flags);
    if (args.action === 'run') throw new UserError(USAGE, 'which scene? Give a name', LIST);
    const words = [args.action, args.name].filter((word) => word !== undefined).join(' ');
    throw new UserError(USAGE, `lab knows "list" and "run NAME", not ${JSON.stringify(words)}`);
  }

  async #list(flags: { json: boolean; 'no-color': boolean }): Promise<ExitCode> {
    const { scenes } = await import('../lab/registry.ts');
    const { missingNeeds } = await import('../lab/needs.ts');
    const entries = scenes.map(({ name, title, needs }) => ({
      name,
      title,
      missing: missingNeeds({ needs }),
    }));
    if (flags.json) {
      this.printJson({ schemaVersion: 1, scenes: entries });
    } else {
      const { renderScenes } = await import('../report/terminal/scenes.ts');
      this.print(renderScenes(entries, await this.screen(flags)));
    }
    return EXIT.OK;
  }

  async #hold(scene: Scene, flags: { json: boolean; 'no-color': boolean; hold: number }): Promise<ExitCode> {
    const { openLab } = await import('../lab/lab.ts');
    const maxSeconds = Math.min(flags.hold, scene.maxSeconds ?? LONGEST_SECONDS);
    const lab = await Promise.resolve()
      .then(() => openLab({ maxSeconds }))
      .catch((error: unknown) => cannotSetUp(scene, error));
    onInterrupt(() => lab.close());
    try {
      const looks = await scene.setUp(lab).catch((error: unknown) => cannotSetUp(scene, error));
      if (flags.json) {
        this.printJson({ schemaVersion: 1, scene: scene.name, title: scene.title, looks });
      } else {
        const { renderScene } = await import('../report/terminal/scenes.ts');
        this.print(renderScene(scene, looks, maxSeconds, await this.screen(flags)));
      }
      await lab.ended;
    } finally {
      await lab.close();
    }
    return EXIT.OK;
  }
}

async function sceneCalled(name: string): Promise<Scene> {
  const { scenes } = await import('../lab/registry.ts');
  const { missingNeeds } = await import('../lab/needs.ts');
  const scene = scenes.find((candidate) => candidate.name === name);
  if (scene === undefined) {
    const names = scenes.map((candidate) => candidate.name);
    const guess = nearest(name, names);
    const ask = guess === undefined ? '' : `: did you mean ${guess}?`;
    throw new UserError(USAGE, `no scene is called ${JSON.stringify(name)}${ask}`, LIST);
  }
  const missing = missingNeeds(scene).map(({ why, remedy }) => `${why} (${remedy})`);
  if (missing.length > 0)
    throw new UserError(CANNOT_LOOK, `${name} cannot be set up here: ${missing.join('; ')}`);
  return scene;
}

/** What a scene stumbles over is of this host: no room, no right, a tool that does otherwise. */
function cannotSetUp({ name }: Scene, error: unknown): never {
  throw new UserError(CANNOT_LOOK, `${name} could not be set up: ${wordsOf(error)}`);
}
