/** A line of a call chain. */
export interface Frame {
  /** Function without offset; `[unknown]`, or the address where no name is shown. */
  readonly name: string;
  /** It is the kernel's, by its address or by where it lies. */
  readonly kernel: boolean;
}

const ADDRESS = /^\s*([0-9a-f]{1,16})(?:\s+|$)/;
const OFFSET = /\+0x[0-9a-f]+$/;
const INLINED = ' (inlined)';

/** Files that hold kernel code, where addresses are shown as offsets into them. */
const KERNEL_FILE = /^\[[^\]]+\]|vmlinux|\.ko(?:\.\w+)?$/;
const NOT_KERNEL = /^\[(?:vdso|vsyscall|heap|stack|unknown|anon)/;

/** `ADDRESS NAME+OFFSET (FILE)`, of which -F may have left some out. Undefined: this is no frame. */
export function parseFrame(line: string): Frame | undefined {
  const address = ADDRESS.exec(line);
  const rest = (address ? line.slice(address[0].length) : line).trim();
  if (!address && !/^\s/.test(line)) return undefined;
  const { name, file } = parts(rest);
  if (name === '' && address) return { name: `0x${address[1]!}`, kernel: isHigh(address[1]!) };
  if (name === '') return undefined;
  return { name, kernel: isKernel(address?.[1], file) };
}

function isHigh(address: string): boolean {
  return address.length === 16 && address >= '8';
}

function isKernel(address: string | undefined, file: string | undefined): boolean {
  if (address !== undefined && isHigh(address)) return true;
  return file !== undefined && KERNEL_FILE.test(file) && !NOT_KERNEL.test(file);
}

/** The file is what the last parentheses hold that have a blank in front; they may hold others (`(deleted)`). */
function parts(text: string): { name: string; file: string | undefined } {
  let name = text;
  let file: string | undefined;
  if (name.endsWith(INLINED)) return { name: name.slice(0, -INLINED.length), file };
  if (name.endsWith(')')) {
    const open = openingOf(name);
    if (open > 0 && name[open - 1] === ' ') {
      file = name.slice(open + 1, -1);
      name = name.slice(0, open).trimEnd();
    } else if (open === 0) {
      file = name.slice(1, -1);
      name = '';
    }
  }
  return { name: name.replace(OFFSET, ''), file };
}

function openingOf(text: string): number {
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === ')') depth += 1;
    else if (text[at] === '(') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}
