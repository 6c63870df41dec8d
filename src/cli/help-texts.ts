/** The usual ways in, for the program's own help. */
export const ROOT_EXAMPLES = `$ procdiag inspect 4711          why does 4711 hang, and who is to blame?
$ procdiag inspect 4711 --json   the same for a runbook
$ procdiag trace 4711            where does its time go? Ctrl+C ends it
$ procdiag explain d-vfork-wait  a cause in one page
$ dmesg | procdiag stack -       what do the stacks in the kernel log say?
$ procdiag doctor                what can be seen on this host, and what not
$ procdiag lab list              real trouble to try it on`;

export const EXIT_CODES_HELP = `0  nothing wrong (below --fail-on)
1  a finding at or above --fail-on
2  usage error, or no answer`;
