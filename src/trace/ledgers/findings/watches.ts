import type { TraceFinding } from '../../finding.ts';
import type { FailedWatches } from '../watches/book.ts';
import type { Context } from './context.ts';
import { count, named, span } from './words.ts';

const LASTING_NS = 1_000_000_000;

/** The user's limit of inotify watches. */
export function findWatchLimit({ books }: Context): TraceFinding[] {
  return failuresOf(books.watches.failures.items, /^inotify_add_watch$/, 'ENOSPC').map(
    (failure): TraceFinding => {
      const instance = books.watches.inotify.items.find(({ pid }) => pid === failure.pid);
      return {
        cause: 'inotify-watches',
        family: 'leak',
        severity: 'warning',
        confidence: 'likely',
        because:
          'ENOSPC of inotify_add_watch means this limit; a lack of kernel memory, which it can mean too, is rare',
        title: `${named(failure.pid, failure.comm)}: no more inotify watches (${failure.count}x ENOSPC)`,
        summary:
          `${named(failure.pid, failure.comm)} could not add ${count(failure.count, 'watch', 'watches')}: the user has as many as fs.inotify.max_user_watches allows, in all processes together` +
          `${instance === undefined ? '' : `; it added ${instance.added} in this trace and left ${instance.left}`}. Changes of these files go unseen.`,
        culprit: { pid: failure.pid, comm: failure.comm },
        facts: [failureFact(failure)],
        remedies: [
          {
            command:
              "grep -c '^inotify' /proc/[0-9]*/fdinfo/* 2>/dev/null | grep -v ':0$' | sort -t: -k2 -rn | head",
            effect: 'shows who has how many watches',
            risk: 'none: reads only',
          },
          {
            command: 'sysctl -w fs.inotify.max_user_watches=524288',
            effect: 'raises the limit at once; running programs must add their watches again',
            risk: 'kernel memory: about 1 kB for each watch that is used',
          },
        ],
      };
    },
  );
}

/** The user's limit of inotify instances. */
export function findInstanceLimit({ books }: Context): TraceFinding[] {
  return failuresOf(books.watches.failures.items, /^inotify_init1?$/, 'EMFILE').flatMap(
    (failure): TraceFinding[] => {
      const { pid, comm } = failure;
      // Two limits share the number; where other calls get it too, it is that of the descriptors.
      const others = books.descriptors.failures.items.some(
        (other) => other.pid === pid && other.errno === 'EMFILE' && !other.call.startsWith('inotify'),
      );
      if (others) return [];
      const open = books.descriptors.failures.items.find(
        (other) => other.pid === pid && other.call.startsWith('inotify'),
      )?.open;
      const few = open !== undefined && open > 0 && open < 256;
      return [
        {
          cause: 'inotify-instances',
          family: 'leak',
          severity: 'warning',
          confidence: few ? 'likely' : 'possible',
          because: few
            ? `with ${count(open, 'descriptor')} known open its own limit of open files is hardly the one`
            : 'EMFILE of inotify_init means either this limit or that of open files',
          title: `${named(pid, comm)}: no more inotify instances (${failure.count}x EMFILE)`,
          summary: `${named(pid, comm)} could not make an inotify instance: the user has as many as fs.inotify.max_user_instances allows (128 by default), in all processes together.`,
          culprit: { pid, comm },
          facts: [failureFact(failure)],
          remedies: [
            {
              command:
                "find /proc/[0-9]*/fd -lname 'anon_inode:inotify' 2>/dev/null | cut -d/ -f3 | sort | uniq -c | sort -rn | head",
              effect: 'shows who has how many instances',
              risk: 'none: reads only',
            },
            {
              command: 'sysctl -w fs.inotify.max_user_instances=1024',
              effect: 'raises the limit at once',
              risk: 'kernel memory; a leak will fill the new limit as well',
            },
          ],
        },
      ];
    },
  );
}

/** Epoll sets that report what nobody can take out any more. */
export function findStaleEpoll(context: Context): TraceFinding[] {
  return context.books.watches.epoll.items.flatMap(({ pid, comm, fd, stale }): TraceFinding[] => {
    const old = stale.items.filter(
      ({ reported, closedNs }) => reported > 0 || context.endNs - closedNs >= LASTING_NS,
    );
    const first = old[0];
    if (first === undefined) return [];
    const reported = old.reduce((sum, item) => sum + item.reported, 0);
    const keeper = first.keptBy.items[0];
    return [
      {
        cause: 'epoll-stale',
        family: 'leak',
        severity: reported > 0 ? 'warning' : 'info',
        confidence: reported > 0 ? 'certain' : 'likely',
        because:
          reported > 0
            ? 'epoll_wait went on to report it after its descriptor was closed'
            : 'it was never taken out, its descriptor is closed, and another descriptor of the same open file is left',
        title: `${named(pid, comm)}: epoll set ${fd} watches ${count(old.length + stale.more, 'closed descriptor')}`,
        summary:
          `Descriptor ${first.fd} (${first.what}) was closed ${span(context.endNs - first.closedNs)} ago without EPOLL_CTL_DEL, and ` +
          `${keeper === undefined ? 'another descriptor' : `descriptor ${keeper.fd} of ${named(keeper.pid, keeper.comm)}`} keeps what it led to alive: the set goes on watching it` +
          `${reported > 0 ? `, and epoll_wait reported it ${count(reported, 'time')} since` : ''}.`,
        culprit: { pid, comm },
        facts: old.map((item) => ({
          text: `epoll_ctl(${fd}, EPOLL_CTL_ADD, ${item.fd}) at ${span(item.addedNs)}, closed at ${span(item.closedNs)}: ${item.what}`,
          pid: item.pid,
          atNs: item.closedNs,
        })),
        remedies: [
          {
            command: `grep -H tfd /proc/${pid}/fdinfo/${fd}; ls -l /proc/${pid}/fd`,
            effect: 'shows what the set watches, and which numbers are open',
            risk: 'none: reads only',
          },
          {
            command: '',
            effect:
              'take it out with EPOLL_CTL_DEL before close, and open with close-on-exec so that children hold no copies; a set that has some is rid of them only by closing the set, or the last duplicate',
            risk: 'none',
          },
        ],
      },
    ];
  });
}

function failuresOf(items: readonly FailedWatches[], call: RegExp, errno: string): FailedWatches[] {
  return items.filter((failure) => call.test(failure.call) && failure.errno === errno);
}

function failureFact({ call, args, errno, pid, firstNs }: FailedWatches) {
  return { text: `${call}(${args}) = -1 ${errno}`, pid, atNs: firstNs };
}
