/** Who died last of a process's children: strace sends the parent's wake-up in its place. */
export interface DeadChild {
  readonly pid: number;
  readonly comm: string;
}

interface Living {
  parent: number | undefined;
  lastDead: DeadChild | undefined;
}

/** Which process is whose child, as long as both live. */
export class Parents {
  readonly #living = new Map<number, Living>();

  set(pid: number, parent: number): void {
    this.#living.set(pid, { parent, lastDead: undefined });
    if (!this.#living.has(parent)) this.#living.set(parent, { parent: undefined, lastDead: undefined });
  }

  died(pid: number, comm: string): void {
    const parent = this.#living.get(pid)?.parent;
    const mourner = parent === undefined ? undefined : this.#living.get(parent);
    if (mourner !== undefined) mourner.lastDead = { pid, comm };
    this.forget(pid);
  }

  /** Nobody will ask for it, or for its children, any more. */
  forget(pid: number): void {
    this.#living.delete(pid);
  }

  lastDeadOf(parent: number): DeadChild | undefined {
    return this.#living.get(parent)?.lastDead;
  }
}
