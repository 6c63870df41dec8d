import type { ProcessEvidence } from '../../evidence/process.ts';
import type { WaitContext } from '../wait.ts';
import { readMemory } from './memory.ts';

/** sockaddr_un (unix(7)): two bytes of family, then the path, or NUL and an abstract name. */
const AF_UNIX = 1;
const LONGEST_ADDRESS = 110;

/** The address that a connect, sendto or sendmsg is about, as /proc/net/unix writes it; undefined for other families. */
export function unixAddress(context: WaitContext): string | undefined {
  const { thread, process } = context;
  switch (thread.syscallName) {
    case 'connect':
      return addressAt(context, process, thread.argument(1), thread.intArgument(2));
    case 'sendto':
      return addressAt(context, process, thread.argument(4), thread.intArgument(5));
    case 'sendmsg':
      return ofMessage(context);
    default:
      return undefined;
  }
}

/** struct msghdr begins with the name's address and its length (recvmsg(2)). */
function ofMessage(context: WaitContext): string | undefined {
  const { evidence, process, thread } = context;
  const header = readMemory(evidence, process, thread.argument(1) ?? 0n, 12);
  if (header === undefined || 'refused' in header) return undefined;
  const view = new DataView(header.bytes.buffer, header.bytes.byteOffset);
  return addressAt(context, process, view.getBigUint64(0, true), view.getUint32(8, true));
}

function addressAt(
  { evidence }: WaitContext,
  process: ProcessEvidence,
  address = 0n,
  length = 0,
): string | undefined {
  if (address === 0n || length <= 2 || length > LONGEST_ADDRESS) return undefined;
  const read = readMemory(evidence, process, address, length);
  if (read === undefined || 'refused' in read) return undefined;
  const [low = 0, high = 0, ...name] = read.bytes;
  if (low + high * 256 !== AF_UNIX) return undefined;
  if (name[0] === 0) return `@${String.fromCharCode(...name.slice(1))}`;
  const end = name.indexOf(0);
  return String.fromCharCode(...(end === -1 ? name : name.slice(0, end)));
}
