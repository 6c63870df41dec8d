import { indent, paragraph, prose, type Row, space, span, toText, wrap } from './layout.ts';
import { palette as makePalette, type Palette } from './palette.ts';

interface Screen {
  readonly width: number;
  readonly colour: boolean;
  readonly unicode: boolean;
}

/** A scene of the lab, and what this system lacks for it. */
export interface ListedScene {
  readonly name: string;
  readonly title: string;
  readonly missing: readonly { readonly why: string; readonly remedy: string }[];
}

const NARROWEST = 40;

/** The list: what can be set up here first, then what cannot, and what it would take. */
export function renderScenes(scenes: readonly ListedScene[], screen: Screen): string {
  const width = Math.max(NARROWEST, screen.width);
  const palette = makePalette(screen.colour, screen.unicode);
  const column = Math.max(0, ...scenes.map(({ name }) => name.length)) + 2;
  const here = scenes.filter(({ missing }) => missing.length === 0);
  const elsewhere = scenes.filter(({ missing }) => missing.length > 0);
  const rows = [...here, ...elsewhere].flatMap((scene) => sceneRows(scene, column, width, palette));
  return toText(
    [...rows, [], [span('Set one up: ', 'quiet'), span('procdiag lab run NAME', 'code')]],
    palette,
  );
}

function sceneRows(scene: ListedScene, column: number, width: number, palette: Palette): Row[] {
  const ready = scene.missing.length === 0;
  const mark = ready ? span(palette.glyphs.good, 'good') : span(palette.glyphs.no, 'quiet');
  const lead: Row = [
    mark,
    space(1),
    span(scene.name, ready ? 'name' : 'quiet'),
    space(column - scene.name.length),
  ];
  const room = width - column - 2;
  const rows =
    room < 24
      ? [lead, ...paragraph(prose(scene.title), width, 4)]
      : indent(wrap(prose(scene.title), { first: room }), lead);
  const inset = room < 24 ? 4 : column + 2;
  for (const { why, remedy } of scene.missing) {
    rows.push(...paragraph([span(`not here: ${why}. `, 'quiet'), ...prose(remedy, 'quiet')], width, inset));
  }
  return rows;
}

/** A scene that has just been set up: the story, who is who, what to try on them, and when it ends by itself. */
export function renderScene(
  scene: { readonly name: string; readonly title: string; readonly story: string },
  looks: readonly { readonly role: string; readonly pid: number }[],
  seconds: number,
  screen: Screen,
): string {
  const width = Math.max(NARROWEST, screen.width);
  const palette = makePalette(screen.colour, screen.unicode);
  const column = Math.max(0, ...looks.map(({ role }) => role.length)) + 2;
  const pids = [...new Set(looks.map(({ pid }) => pid))];
  return toText(
    [
      ...wrap([span(scene.name, 'name'), span(`: ${scene.title}`)], { first: width }),
      [],
      ...scene.story.split('\n').flatMap((line) => paragraph(prose(line), width, 2)),
      [],
      ...looks.map(({ role, pid }) => [space(2), span(role.padEnd(column)), span(String(pid), 'name')]),
      [],
      [span('Try, in another terminal:', 'quiet')],
      [space(2), span(`ps -o pid,ppid,stat,wchan:24,args -p ${pids.join(',')}`, 'command')],
      ...pids.map((pid) => [space(2), span(`procdiag inspect ${pid}`, 'command')]),
      [],
      ...wrap([span(`It is held until Ctrl+C, for ${seconds} s at most, and then put away.`, 'quiet')], {
        first: width,
      }),
    ],
    palette,
  );
}
