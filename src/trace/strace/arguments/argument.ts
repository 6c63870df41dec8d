/**
 * The arguments of a system call, as strace prints them, as a tree. Made on demand, for the few calls that somebody wants
 * to look into:
 *
 *     const [where, path, flags] = parseArguments(call.args);
 *     stringOf(path) // '/etc/passwd'
 *     flagsOf(flags) // ['O_RDONLY', 'O_CLOEXEC']
 *
 * Nothing throws, whatever the text; what cannot be read is an `opaque` node that holds it.
 */
export type Argument =
  | NumberArgument
  | StringArgument
  | FlagsArgument
  | ListArgument
  | StructArgument
  | MacroArgument
  | PlainArgument;

interface Base {
  /** As it stands in the log, without the name of its field. */
  readonly text: string;
  /** The field that it is the value of: `st_mode=…`, or `flags=…` of clone. */
  readonly name?: string;
  // What strace says about it: `/* 42 vars */`.
  readonly comment?: string;
  /** What the call made of it: `[16 => 28]`, `{…} => {parent_tid=[12]}`, `msg_namelen=128->12`. */
  readonly changed?: Argument;
}

/** `3`, `-1`, `0644`, `0x7ffe2a`, `8192*1024`, `3</etc/passwd>`, `18680<bash>`. */
export interface NumberArgument extends Base {
  readonly kind: 'number';
  /** Beyond 2^53 it loses its last bits: see `text`. */
  readonly value: number;
  /** -y, -Y: what strace shows with it, decoded: see `targetOf`. */
  readonly shown?: string;
}

export interface StringArgument extends Base {
  readonly kind: 'string';
  /** As strace quoted it, without the quotes: see `stringOf`, `bytesOf`. */
  readonly quoted: string;
  /** It goes on: strace was told to show so much (-s). */
  readonly truncated: boolean;
}

/** `O_RDONLY|O_CLOEXEC`, `S_IFREG|0644`, `SIGCHLD`, `AT_FDCWD</tmp>`; more than one name also of `TCGETS or SNDCTL_TMR_TIMEBASE`. */
export interface FlagsArgument extends Base {
  readonly kind: 'flags';
  readonly names: readonly string[];
  readonly shown?: string;
}

/** `[1, 2]`, and sets: `[HUP INT]`, `~[RTMIN RT_1]`. */
export interface ListArgument extends Base {
  readonly kind: 'array' | 'set';
  readonly items: readonly Argument[];
  /** All but these. */
  readonly inverted: boolean;
  /** `...`: there is more. */
  readonly elided: boolean;
}

/** `{st_mode=S_IFREG|0644, st_size=12, ...}`; without names as strace 4.x has it: `{1, 0}`. */
export interface StructArgument extends Base {
  readonly kind: 'struct';
  readonly fields: readonly Argument[];
  readonly elided: boolean;
}

/** `makedev(0x1, 0x3)`, `htons(80)`, `inet_addr("127.0.0.1")`. */
export interface MacroArgument extends Base {
  readonly kind: 'macro';
  readonly macro: string;
  readonly arguments: readonly Argument[];
}

/**
 * `null`: `NULL`. `elision`: `...`. `note`: `<... resuming interrupted poll ...>`, a comment that stands alone. `expression`:
 * `WIFEXITED(s) && WEXITSTATUS(s) == 0`, `52:54:00:12:34:56`. `opaque`: could not be read.
 */
export interface PlainArgument extends Base {
  readonly kind: 'null' | 'elision' | 'note' | 'expression' | 'opaque';
}
