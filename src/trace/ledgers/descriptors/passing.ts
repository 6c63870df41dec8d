import type { SyscallEvent } from '../../event.ts';
import { succeeded } from '../call.ts';
import { type Changes, foundDescription } from './changes.ts';
import { rightsIn } from './messages.ts';
import type { Description, Table } from './table.ts';

/** Descriptions on their way. */
const MOST_IN_FLIGHT = 256;

/** Descriptors that processes send each other: SCM_RIGHTS, unix(7). */
export class Passing {
  readonly #changes: Changes;
  readonly #inFlight: { readonly target: string | undefined; readonly description: Description }[] = [];

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** sendmsg, sendmmsg */
  sent(table: Table, event: SyscallEvent): void {
    if (!event.args.includes('SCM_RIGHTS') || !succeeded(event)) return;
    const fds = rightsIn(event.args);
    for (const { fd, target } of fds) {
      const description = table.slots.get(fd)?.description ?? foundDescription(target);
      this.#inFlight.push({ target, description });
    }
    if (this.#inFlight.length > MOST_IN_FLIGHT) {
      this.#inFlight.splice(0, this.#inFlight.length - MOST_IN_FLIGHT);
    }
    if (fds.length > 0) this.#changes.tell((observer) => observer.passed?.(table, fds.length));
  }

  /** recvmsg, recvmmsg */
  received(table: Table, event: SyscallEvent): void {
    if (!event.args.includes('SCM_RIGHTS') || !succeeded(event)) return;
    const closeOnExec = /\bMSG_CMSG_CLOEXEC\b/.test(event.args);
    for (const descriptor of rightsIn(event.args)) {
      const leadsTo = this.#arrived(descriptor.target) ?? { kind: 'unknown', what: descriptor.target ?? '' };
      this.#changes.add(table, event, { descriptor, leadsTo, how: 'received', closeOnExec });
    }
  }

  #arrived(of: string | undefined): Description | undefined {
    const at = this.#inFlight.findIndex(({ target, description }) => target === of && description.refs > 0);
    return at < 0 ? undefined : this.#inFlight.splice(at, 1)[0]?.description;
  }
}
