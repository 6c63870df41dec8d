type Child = Node | string | undefined | false;

/** An element with these properties and children. Strings become text, never markup. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<Omit<HTMLElementTagNameMap[Tag], 'style' | 'dataset'>> & {
    readonly class?: string;
    readonly aria?: Readonly<Record<string, string>>;
    readonly data?: Readonly<Record<string, string>>;
  } = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  const { class: name, aria = {}, data = {}, ...rest } = properties;
  Object.assign(element, rest);
  if (name !== undefined) element.className = name;
  for (const [key, value] of Object.entries(aria))
    element.setAttribute(key === 'role' ? key : `aria-${key}`, value);
  Object.assign(element.dataset, data);
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
  return element;
}

/** A canvas for sharp lines: `resize` to the size of its box, and draw in CSS pixels. */
export interface Surface {
  readonly canvas: HTMLCanvasElement;
  readonly pen: CanvasRenderingContext2D;
  width: number;
  height: number;
}

export function surface(canvas: HTMLCanvasElement): Surface {
  return { canvas, pen: canvas.getContext('2d')!, width: 0, height: 0 };
}

/** Fits the canvas to its box and clears it. */
export function prepare(of: Surface): void {
  const { canvas, pen } = of;
  const ratio = window.devicePixelRatio || 1;
  of.width = canvas.clientWidth;
  of.height = canvas.clientHeight;
  const width = Math.round(of.width * ratio);
  const height = Math.round(of.height * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, of.width, of.height);
}
