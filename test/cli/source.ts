/* The program from its source, for comparison with what is built. */
import { main } from '../../src/main.ts';

await main(process.argv.slice(2));
