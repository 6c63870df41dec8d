import type { Write } from '../output.ts';
import { ABOUT_ID, type PageAbout } from './page/data.ts';

/** What the build makes of the page's own source: see src/build/trace-page.ts. */
export interface BuiltPage {
  readonly style: string;
  readonly script: string;
  /** `sha256-…` of each, for the policy. */
  readonly styleHash: string;
  readonly scriptHash: string;
}

declare const TRACE_PAGE: BuiltPage | undefined;

function built(): BuiltPage {
  if (typeof TRACE_PAGE === 'undefined') throw new Error('the page was not built: npm run build');
  return TRACE_PAGE;
}

/** Texts of a list that are written at once. */
const AT_ONCE = 2000;

/** The document up to its data. */
export function pageBegin(title: string): string {
  const { style, styleHash, scriptHash } = built();
  // Nothing is fetched, and no script or style runs but our own, whatever strings the trace holds.
  const policy = [
    `default-src 'none'`,
    `script-src '${scriptHash}'`,
    `style-src '${styleHash}'`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · procdiag trace</title>
<style>${style}</style>
<body>
<noscript>This page draws its trace with JavaScript, which is switched off.</noscript>
`;
}

/** A list of texts as data that no script runs. */
export function writeJson(write: Write, id: string, texts: readonly string[]): void {
  write(`<script type="application/json" id="${id}">[`);
  for (let from = 0; from < texts.length; from += AT_ONCE) {
    const piece = embedded(texts.slice(from, from + AT_ONCE)).slice(1, -1);
    write(from === 0 ? piece : `,${piece}`);
  }
  write(']</script>\n');
}

/** Bytes as data that no script runs. */
export function writeData(write: Write, id: string, pieces: Iterable<string>): void {
  write(`<script type="application/octet-stream" id="${id}">`);
  for (const piece of pieces) write(piece);
  write('</script>\n');
}

/** The rest of the document. */
export function pageEnd(about: PageAbout): string {
  const data = `<script type="application/json" id="${ABOUT_ID}">${embedded(about)}</script>`;
  return `${data}\n<script>${built().script}</script>\n</body>\n</html>\n`;
}

/** JSON that neither ends the element that it stands in nor means anything else to JavaScript. */
function embedded(value: object): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}
