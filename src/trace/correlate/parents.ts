/** Who died last of a process's children: strace sends the parent's wake-up in its place. */
export interface DeadChild {
  readonly pid: number;
  readonly comm: string;
}

/** Which process is whose child, as long as both live. */
export class Parents {
  readonly #parents = new Map<number, number>();
  readonly #lastDead = new Map<number, DeadChild>();

  set(pid: number, parent: number): void {
    this.#parents.set(pid, parent);
  }

  died(pid: number, comm: string): void {
    const parent = this.#parents.get(pid);
    if (parent !== undefined) this.#lastDead.set(parent, { pid, comm });
    this.#parents.delete(pid);
  }

  lastDeadOf(parent: number): DeadChild | undefined {
    return this.#lastDead.get(parent);
  }
}
