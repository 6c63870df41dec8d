/** What a node of the wait-for graph is. */
export type NodeKind =
  | 'thread'
  | 'process'
  | 'pipe'
  | 'socket'
  | 'queue'
  | 'lock'
  | 'futex'
  | 'file'
  | 'terminal'
  | 'mount'
  | 'device'
  | 'fuse-connection'
  | 'cgroup'
  | 'pid-namespace'
  | 'remote'
  | 'kernel';

/** A node of the wait-for graph. `id` is unique in one diagnosis; two nodes with the same id are the same thing. */
export interface Node {
  readonly id: string;
  readonly kind: NodeKind;
  /** What a person calls it: `4711 api-worker`, `pipe:[88213]`, `ext4 on /data (8:1)`. Raw text from outside: sanitise at output. */
  readonly name: string;
  readonly pid?: number;
  readonly tid?: number;
}

/** A line of a file of /proc (or /sys) that shows a claim, verbatim. For a link the line is its target. */
export interface Fact {
  readonly path: string;
  readonly line: string;
  /** What it shows, where the line does not say it by itself. */
  readonly says?: string;
}

/** How sure: `certain` = the kernel says so; `likely` = the facts leave hardly another reading; `possible` = one of several. */
export type Confidence = 'certain' | 'likely' | 'possible';

/** `from` waits for `to`. */
export interface Edge {
  readonly from: Node;
  readonly to: Node;
  /** `waits for`, `held by`, `served by`, `traced by`, `stopped by`, `reaped by` … reads as "from RELATION to". */
  readonly relation: string;
  /** On what: `wait4(4250)`, `write end of pipe:[88213], fd 1`. */
  readonly on: string;
  /** How we know, in one clause. */
  readonly how: string;
  readonly confidence: Confidence;
  readonly facts: readonly Fact[];
}
