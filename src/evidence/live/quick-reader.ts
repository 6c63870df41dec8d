import { constants } from 'node:os';
import type { Key } from '../keys.ts';
import { CANARY, pathOf } from '../keys.ts';
import type { Outcome } from '../outcome.ts';
import { runChild } from './child.ts';
import { argumentLimit, fileOutcome, type GuardedOptions, OWN_SLEEP } from './guarded.ts';

/** A child that sleeps this long hinders nothing but our haste: the careful readers find out why. */
const STALL_MS = 40;

/** The number of prctl(2) by architecture, and its PR_SET_PDEATHSIG and SIGKILL: see WRAPPER in child.ts. */
const PRCTL: Readonly<Record<string, number>> = { x64: 157, arm64: 167 };

/**
 * Gives `t LENGTH NEWLINE BYTES` for a file (f), the links of a directory (l; see link-reader.ts) or the `exe` of every
 * process (c), `e ERRNO NEWLINE` for what cannot be read.
 *
 * A process makes readers of its `exe` hang where it makes those of its `stat` hang, whoever they are: Linux took
 * exec_update_lock for both in one commit (6650527444da). A link is read in half the time, and of a host's processes it adds up.
 */
const script = (prctl: number): string => `
syscall(${prctl}, 1, 9) == 0 and (getppid == ${process.pid} or getppid == 0) or exit 1;
sub text { print "t ", length $_[0], "\\n", $_[0] }
sub error { print "e ", $! + 0, "\\n" }
for my $path (@ARGV) {
  my $kind = substr $path, 0, 1, "";
  my $text = "";
  if ($kind eq "f") {
    sysopen F, $path, 0 or error, next;
    my $got;
    1 while $got = sysread F, $text, 65536, length $text;
    $text ne "" || defined $got ? text $text : error;
    close F;
    next;
  }
  # What has been read can be judged in the meantime.
  $| = 1 if $kind eq "c";
  opendir D, $path or error, next;
  for my $name (readdir D) {
    if ($kind eq "c") {
      $name =~ /^\\d/ and readlink "$path/$name/exe";
    } else {
      lstat "$path/$name" and -l _ or next;
      my $mode = (lstat _)[2];
      my $target = readlink "$path/$name";
      defined $target or next;
      my $bits = join "", map { $mode & 0400 >> $_ ? qw(r w x)[$_ % 3] : "-" } 0 .. 8;
      $text .= "$name\\tl$bits\\t$target\\0";
    }
  }
  closedir D;
  text $text;
}`;

export interface QuickRead {
  /** Of all that were asked for, or of those that came before the child hung. */
  readonly answers: Promise<ReadonlyMap<Key, Outcome>>;
  /** Undefined when it did not come to its end. */
  readonly canary: Promise<Outcome | undefined>;
}

/**
 * Reads files and links, and then the canary if that is asked for, as one child and in much less time than `grep` and `find`
 * take: what an ordinary process needs. It does not look for what hinders it. When it hangs, or there is no perl, what is
 * not in its answer is left to those who can tell.
 */
export function readQuickly(
  keys: readonly Key[],
  canary: boolean,
  options: Pick<GuardedOptions, 'lateMs' | 'realPath'>,
): QuickRead {
  const prctl = PRCTL[process.arch];
  const paths = keys.map((key) => `${key.startsWith('links:') ? 'l' : 'f'}${options.realPath(pathOf(key))}`);
  if (canary) paths.push(`c${options.realPath('/proc')}`);
  const bytes = paths.reduce((sum, path) => sum + path.length + 9, 0);
  if (prctl === undefined || bytes > argumentLimit.bytes) {
    return { answers: Promise.resolve(new Map()), canary: Promise.resolve(undefined) };
  }
  const reply = new Reply(canary ? [...keys, CANARY] : keys);
  let tell: (outcome: Outcome | undefined) => void;
  const told = new Promise<Outcome | undefined>((resolve) => {
    tell = resolve;
  });
  const answers = new Promise<ReadonlyMap<Key, Outcome>>((resolve) => {
    const onOutput = (chunk: Buffer) => {
      reply.take(chunk);
      if (reply.answers.size >= keys.length) resolve(reply.answers);
      if (reply.answers.has(CANARY)) tell(reply.answers.get(CANARY));
    };
    void runChild('perl', ['-e', script(prctl), ...paths], {
      stallMs: STALL_MS,
      lateMs: options.lateMs,
      ownSleep: OWN_SLEEP,
      endsWithUs: true,
      noStderr: true,
      onOutput,
    }).then(() => {
      resolve(reply.answers);
      tell(undefined);
    });
  });
  return { answers, canary: told };
}

/** Answers in the order of the questions, as far as they have come. */
class Reply {
  readonly answers = new Map<Key, Outcome>();
  readonly #keys: readonly Key[];
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** As many bytes have to be there before another answer can be complete. */
  #needed = 0;

  constructor(keys: readonly Key[]) {
    this.#keys = keys;
  }

  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return;
    const bytes = Buffer.concat(this.#chunks);
    let start = 0;
    for (let next = this.#read(bytes, start); next !== undefined; next = this.#read(bytes, start))
      start = next;
    this.#chunks = [bytes.subarray(start)];
    this.#bytes -= start;
    this.#needed -= start;
  }

  /** Where the answer ends that begins at `start`; undefined while it is not all there, and for what is no answer. */
  #read(bytes: Buffer, start: number): number | undefined {
    const key = this.#keys[this.answers.size];
    const end = bytes.indexOf(10, start);
    if (key === undefined || end === -1) return undefined;
    const [, kind, number] = /^([te]) (\d+)$/.exec(bytes.toString('latin1', start, end)) ?? [];
    if (kind === undefined) return undefined;
    if (kind === 'e') {
      this.answers.set(key, { kind: 'error', errno: errnoName(Number(number)) });
      return end + 1;
    }
    this.#needed = end + 1 + Number(number);
    if (this.#needed > bytes.length) return undefined;
    const text = bytes.toString('latin1', end + 1, this.#needed);
    this.answers.set(key, key.startsWith('/') ? fileOutcome(key, text) : { kind: 'text', text });
    return this.#needed;
  }
}

function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? 'EIO';
}
