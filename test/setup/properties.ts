import fc from 'fast-check';

/**
 * The cases of property tests are the same in every run, so that a run of CI tells of the change and not of its luck. To
 * look for new ones: `PROCDIAG_SEED=$RANDOM npx vitest run test/property`.
 */
fc.configureGlobal({ seed: Number(process.env.PROCDIAG_SEED ?? 20_261_126) });
