import { type DescriptorArgument, descriptorsWithin } from '../call.ts';

/** All descriptors in the SCM_RIGHTS messages of a text; what the data say in their strings is no message. */
export function rightsIn(args: string): DescriptorArgument[] {
  const plain = args.replaceAll(/"(?:[^"\\]|\\.)*"/gs, '""');
  return [...plain.matchAll(/cmsg_type=SCM_RIGHTS, cmsg_data=(\[[^{}]{0,8192}?\])(?=\})/g)].flatMap(
    ([, list]) => descriptorsWithin(list ?? ''),
  );
}

/** `127.0.0.1:5432` or the path, of a sockaddr as strace prints it; else the structure. */
export function addressText(text: string): string {
  const path = /sun_path=(@?"(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  if (path !== undefined) return path;
  const port = /port=htons\((\d+)\)/.exec(text)?.[1];
  const ip = /inet_addr\("([^"]*)"\)|inet_pton\(AF_INET6, "([^"]*)"/.exec(text);
  const host = ip?.[1] ?? (ip?.[2] === undefined ? undefined : `[${ip[2]}]`);
  return host !== undefined && port !== undefined ? `${host}:${port}` : text;
}
