/** Help texts by command name (`''` for the program itself), as the build renders them. Not there when run from source. */
declare const PRINTED_HELP: Readonly<Record<string, string>> | undefined;

/** Columns that the printed texts are made for. */
export const PRINTED_WIDTH = 80;

/** The help of a command for a screen of `width` columns; undefined when it has to be rendered first. */
export function printedHelp(id: string, width: number): string | undefined {
  return typeof PRINTED_HELP === 'undefined' || width < PRINTED_WIDTH ? undefined : PRINTED_HELP[id];
}
