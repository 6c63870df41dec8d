import type { TraceFinding } from '../../finding.ts';
import type { LeftFiles } from '../files/book.ts';
import type { Context } from './context.ts';
import { count, named, span } from './words.ts';

const WORTH_A_WARNING = 16;
const SPEAKS_FOR_ITSELF = 100;
const MOST_FACTS = 4;

/** Temporary files that are made over and over, and that nobody deletes. */
export function findLeftFiles(context: Context): TraceFinding[] {
  const { groups, totals } = context.books.files;
  // Where the calls that delete were not recorded, all seem to stay.
  if (context.some === true && totals.deleted === 0) return [];
  return groups.items.filter(isSteady).map((group) => leftFiles(context, group));
}

function isSteady({ left, quarters }: LeftFiles): boolean {
  return (
    left >= WORTH_A_WARNING && quarters.every((made) => made > 0) && quarters[2] + quarters[3] >= left / 4
  );
}

function leftFiles({ gaps }: Context, group: LeftFiles): TraceFinding {
  const { pid, comm, directory, makers, made, left, quarters, samples } = group;
  const who = makers > 1 ? `${makers} processes called ${comm === '' ? '?' : comm}` : named(pid, comm);
  const many = left >= SPEAKS_FOR_ITSELF && gaps.size === 0;
  const spread = `those that are left were made all through the trace (${quarters.join(', ')} by quarters)`;
  return {
    cause: 'temp-files-left',
    family: 'leak',
    severity: 'warning',
    confidence: many ? 'likely' : 'possible',
    because: many
      ? spread
      : `${spread}; somebody may delete them later: a longer trace, or a look into the directory, tells`,
    title: `${who} leaves temporary files in ${directory}: ${left} of ${made}`,
    summary: `${who} made ${count(made, 'temporary file')} in ${directory}, and nobody in the trace has deleted ${left} of them. They fill the disk, or memory where that is a tmpfs, take inodes, and make every look into the directory slower.`,
    ...(makers > 1 ? {} : { culprit: { pid, comm } }),
    facts: samples.items.slice(0, MOST_FACTS).map(({ path, call, atNs, byPid, byTid }) => ({
      text: `${call} made ${path} at ${span(atNs)}, which is not deleted`,
      pid: byPid,
      tid: byTid,
      atNs,
    })),
    remedies: [
      {
        command: `ls -lt '${directory.replaceAll("'", "'\\''")}' | head`,
        effect: 'shows the newest ones, and whether they are still there',
        risk: 'none: reads only',
      },
      {
        command: '',
        effect:
          'delete them where they are made, on the paths of errors and signals too; or make them without a name (O_TMPFILE, memfd_create), or delete them as soon as they are open',
        risk: 'none',
      },
      {
        command: '',
        effect: 'let systemd-tmpfiles or tmpreaper delete old ones until then',
        risk: 'deletes what an idle program still needs, if its age is set too low',
      },
    ],
  };
}
