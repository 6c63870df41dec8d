/**
 * Error numbers of Linux by name (include/uapi/asm-generic/errno-base.h and errno.h: x86 and arm64 among others), from 1 on;
 * numbers without a name are `-`.
 */
const NAMES = `
EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV
ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK
ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT
EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT
ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ
ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT
EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET
ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS
ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED
EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON
`
  .trim()
  .split(/\s+/);

/**
 * What a call gives inside the kernel, of which a program sees none (include/linux/errno.h), but for those that a driver lets
 * out by mistake, such as ENOTSUPP. The first ones, but for ENOIOCTLCMD, are of a call that a signal or a tracer interrupts.
 */
const INTERNAL: Readonly<Record<number, string>> = {
  512: 'ERESTARTSYS',
  513: 'ERESTARTNOINTR',
  514: 'ERESTARTNOHAND',
  515: 'ENOIOCTLCMD',
  516: 'ERESTART_RESTARTBLOCK',
  517: 'EPROBE_DEFER',
  518: 'EOPENSTALE',
  519: 'ENOPARAM',
  521: 'EBADHANDLE',
  522: 'ENOTSYNC',
  523: 'EBADCOOKIE',
  524: 'ENOTSUPP',
  525: 'ETOOSMALL',
  526: 'ESERVERFAULT',
  527: 'EBADTYPE',
  528: 'EJUKEBOX',
  529: 'EIOCBQUEUED',
  530: 'ERECALLCONFLICT',
  531: 'ENOGRACE',
};

const NUMBERS: ReadonlyMap<string, number> = new Map([
  ...NAMES.map((name, index) => [name, index + 1] as const),
  ...Object.entries(INTERNAL).map(([number, name]) => [name, Number(number)] as const),
  // Two names of one number.
  ['EWOULDBLOCK', 11],
  ['EDEADLOCK', 35],
  ['ENOTSUP', 95],
]);

/** When the kernel begins an interrupted call again, by the name of its error (signal(7), kernel/signal.c); undefined for others. */
export function restartOf(name: string): string | undefined {
  return RESTARTS[name];
}

const RESTARTS: Readonly<Record<string, string>> = {
  ERESTARTSYS: 'to be restarted, unless a handler without SA_RESTART runs',
  ERESTARTNOINTR: 'to be restarted',
  ERESTARTNOHAND: 'to be restarted, unless a handler runs',
  ERESTART_RESTARTBLOCK: 'to be restarted by restart_syscall, unless a handler runs',
};

/** The name of an error number (positive); undefined where it has none. */
export function errnoName(number: number): string | undefined {
  const name = INTERNAL[number] ?? NAMES[number - 1];
  return name === '-' ? undefined : name;
}

/** The number of an error's name; undefined for names that this table does not know. */
export function errnoNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}
