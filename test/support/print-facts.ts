/** Prints the facts of this machine as JSON, known ones as bare values: for tests that run it elsewhere. */
import { collectFacts } from '../../src/machine/collect.ts';
import { bare } from './machine-captures.ts';

process.stdout.write(JSON.stringify(bare(await collectFacts())));
