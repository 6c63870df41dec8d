/** A run of characters in one look. */
export interface StyledRun {
  readonly text: string;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  /** 0 to 15, the terminal's palette; absent: its default. */
  readonly colour?: number;
}

type Look = Omit<StyledRun, 'text'>;

const PLAIN: Look = { bold: false, dim: false, italic: false, underline: false };

/** Parts terminal text into lines of runs. Knows the SGR codes that our renderers emit; other sequences are dropped. */
export function ansiLines(text: string): StyledRun[][] {
  let look = PLAIN;
  const lines: StyledRun[][] = [[]];
  for (const part of text.split(/(\u001b\[[0-9;]*[A-Za-z]|\n)/)) {
    if (part === '\n') lines.push([]);
    else if (part.startsWith('\u001b[')) look = part.endsWith('m') ? changed(look, part.slice(2, -1)) : look;
    else if (part !== '') lines.at(-1)?.push({ text: part, ...look });
  }
  if (lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

function changed(look: Look, codes: string): Look {
  return codes.split(';').reduce((now, code) => one(now, Number(code)), look);
}

/** ECMA-48 8.3.117, and the bright colours 90 to 97 of xterm. */
function one(look: Look, code: number): Look {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 3) return { ...look, italic: true };
  if (code === 4) return { ...look, underline: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 23) return { ...look, italic: false };
  if (code === 24) return { ...look, underline: false };
  if (code >= 30 && code <= 37) return { ...look, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...look, colour: code - 90 + 8 };
  if (code === 39) {
    const { colour: _, ...rest } = look;
    return rest;
  }
  return look;
}
