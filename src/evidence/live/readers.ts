/** Lines of one file that are read: a command line may be two million newlines, each of which costs a write. */
export const MOST_LINES = 100_000;

/** A program that reads for us, and the arguments before and after the paths to read. */
export interface Reader {
  readonly command: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * Programs that do one job in the same format, the quickest first. Each is given a path of our own beside those that are
 * wanted, one that always answers: only a program that gives it back as expected is one that we know. The others (BusyBox
 * has no `grep -Z` and no `find -printf`) would be taken to say that files are empty.
 */
class Readers {
  readonly #list: readonly Reader[];
  #at = 0;

  constructor(list: readonly Reader[]) {
    this.#list = list;
  }

  /** Undefined when none of them works here. */
  get current(): Reader | undefined {
    return this.#list[this.#at];
  }

  /** Goes on to the next one, unless somebody else has given up on `reader` already. */
  giveUp(reader: Reader): void {
    if (this.current === reader) this.#at++;
  }
}

/** Prints `PATH NUL LINE` for each line of each file, as `grep -aHZ ''` does. */
const FILE_SCRIPT = `
const fs = require('fs'), size = 65536, buffer = Buffer.alloc(size);
for (const path of process.argv.slice(1)) {
  let text = '';
  try {
    const file = fs.openSync(path);
    for (let got; (got = fs.readSync(file, buffer, 0, size, null)) > 0;) text += buffer.latin1Slice(0, got);
    fs.closeSync(file);
  } catch (error) {
    fs.writeSync(2, 'grep: ' + path + ': ' + error.code + '\\n');
  }
  if (text !== '') print(text.replace(/\\n$/, '').split('\\n').slice(0, ${MOST_LINES}).map((line) => path + '\\0' + line + '\\n').join(''));
}
function print(text) {
  for (let rest = Buffer.from(text, 'latin1'); rest.length > 0;) rest = rest.subarray(fs.writeSync(1, rest));
}`;

/** Prints `DIRECTORY TAB NAME TAB MODE TAB TARGET NUL` for each link of each directory: see link-reader.ts. */
const LINK_SCRIPT = `
const fs = require('fs');
for (const directory of process.argv.slice(1)) {
  let names = [];
  try {
    names = fs.readdirSync(directory, 'latin1');
  } catch (error) {
    fs.writeSync(2, "find: '" + directory + "': " + error.code + '\\n');
  }
  const records = names.map((name) => {
    try {
      const path = directory + '/' + name, { mode } = fs.lstatSync(path);
      if ((mode & 0o170000) !== 0o120000) return '';
      const bits = ['r', 'w', 'x'].map((letter, bit) => (mode & (0o400 >> bit) ? letter : '-')).join('');
      return [directory, name, 'l' + bits + '------', fs.readlinkSync(path, 'latin1')].join('\\t') + '\\0';
    } catch {
      return '';
    }
  });
  for (let rest = Buffer.from(records.join(''), 'latin1'); rest.length > 0;) rest = rest.subarray(fs.writeSync(1, rest));
}`;

const ourselves = (script: string): Reader => ({
  command: process.execPath,
  before: ['-e', script, '--'],
  after: [],
});

export const fileReaders = new Readers([
  { command: 'grep', before: ['-aHZ', '--line-buffered', '-m', String(MOST_LINES), '', '--'], after: [] },
  ourselves(FILE_SCRIPT),
]);

export const linkReaders = new Readers([
  {
    command: 'find',
    before: [],
    after: ['-mindepth', '1', '-maxdepth', '1', '-type', 'l', '-printf', '%h\\t%f\\t%M\\t%l\\0'],
  },
  ourselves(LINK_SCRIPT),
]);
