import type { Judged } from '../../diagnosis/diagnosis.ts';
import type { Edge, Node } from '../../waits/graph.ts';
import { type Branch, chainTrees } from './chain-tree.ts';
import { own, prose, type Row, type Span, span, wrap } from './layout.ts';
import type { Palette } from './palette.ts';

const MARGIN = 2;
/** Below this many columns a tree would have no room beside its own lines. */
const NARROW = 60;

/** The blame chain as a tree: from the target down to the culprit, each arrow with its reason. */
export function chainRows(finding: Judged, width: number, palette: Palette): Row[] {
  const drawing = new Drawing(finding.culprit, width, palette);
  for (const tree of chainTrees(finding.chain, finding.culprit)) drawing.tree(tree.root, tree.below);
  return drawing.finish(finding);
}

class Drawing {
  readonly #rows: Row[] = [];
  readonly #culprit: Node | undefined;
  readonly #width: number;
  readonly #palette: Palette;
  #marked = false;

  constructor(culprit: Node | undefined, width: number, palette: Palette) {
    this.#culprit = culprit;
    this.#width = width;
    this.#palette = palette;
  }

  tree(root: Node, below: readonly Branch[]): void {
    const blank = ' '.repeat(MARGIN);
    this.#put(blank, blank, [...nodeSpans(root), ...this.#mark(root)]);
    this.#branches(below, blank);
  }

  /** A culprit that stands nowhere in the chain is named below it. */
  finish(finding: Judged): Row[] {
    if (this.#culprit === undefined || this.#marked) return this.#rows;
    const self = finding.chain.length === 0;
    const blank = ' '.repeat(MARGIN);
    this.#put(blank, blank, [
      ...(self ? [] : [own('culprit: ', 'quiet')]),
      ...nodeSpans(this.#culprit),
      ...this.#mark(this.#culprit),
    ]);
    return this.#rows;
  }

  #branches(branches: readonly Branch[], before: string): void {
    const { last, tee, bar } = this.#palette.glyphs;
    const step = this.#width < NARROW ? '' : ' ';
    for (const [at, branch] of branches.entries()) {
      const end = at === branches.length - 1;
      const inner = `${before}${end ? '  ' : bar}${step}`;
      const lead = `${before}${end ? last : tee}${step}`;
      const below = branch.kind === 'back' ? [] : branch.below;
      // Reasons stand right of the line that goes on to the next node.
      const reason = below.length > 0 ? `${inner}${bar}${step}` : inner;
      if (branch.kind === 'gap')
        this.#put(lead, inner, [own(`${this.#palette.glyphs.more} ${branch.text}`, 'quiet')]);
      else this.#arrow(branch, lead, reason);
      this.#branches(below, inner);
    }
  }

  #arrow(branch: Branch & { kind: 'edge' | 'back' }, lead: string, reason: string): void {
    const { edge } = branch;
    const back =
      branch.kind === 'back' ? [own(` ${this.#palette.glyphs.back}\u00a0a\u00a0circle`, 'alarm')] : [];
    const mark = branch.kind === 'back' ? [] : this.#mark(edge.to);
    this.#put(lead, reason, [span(`${edge.relation} `), ...nodeSpans(edge.to), ...back, ...mark]);
    const why = reasonOf(edge, this.#palette);
    if (why.length > 0) this.#put(reason, reason, why);
  }

  #mark(node: Node): Span[] {
    if (node.id !== this.#culprit?.id) return [];
    this.#marked = true;
    return [own(` \u00a0${this.#palette.glyphs.culprit}\u00a0culprit`, 'alarm')];
  }

  #put(lead: string, hang: string, words: readonly Span[]): void {
    const most = Math.max(8, Math.floor(this.#width / 2));
    const [first, rest] = [lead, hang].map((text) => text.slice(0, most)) as [string, string];
    const rows = wrap(words, {
      first: this.#width - first.length,
      rest: this.#width - rest.length,
      lines: 4,
    });
    for (const [at, row] of rows.entries()) {
      this.#rows.push([{ text: at === 0 ? first : rest, style: 'quiet' }, ...row]);
    }
  }
}

/** `4711 api-worker`; of a thread also the process; of what is no process its own name. */
function nodeSpans({ name, pid, tid }: Node): Span[] {
  const number = tid ?? pid;
  if (number === undefined) return [span(name, 'name')];
  const numbered = name === `${number}` || name.startsWith(`${number} `) ? name : `${number} ${name}`;
  // The leader's number is the process's own.
  const of = number === pid ? [] : [own(` (thread of\u00a0${pid})`, 'quiet')];
  return [span(numbered, 'name'), ...(pid === undefined ? [] : of)];
}

/** `on wait4(4250): its only child` and how sure, unless the kernel itself says so. */
function reasonOf(edge: Edge, palette: Palette): Span[] {
  const words: Span[] = [];
  // What the arrow points at is named above already.
  const on = edge.to.name.includes(edge.on) ? '' : edge.on;
  const sentence = [on, edge.how].filter((part) => part !== '');
  if (edge.confidence !== 'certain') words.push(own(`${edge.confidence}: `, 'caution'));
  for (const [at, part] of sentence.entries()) {
    if (at > 0) words.push(own(` ${palette.glyphs.dot} `, 'quiet'));
    words.push(...prose(part, 'quiet'));
  }
  return words;
}
