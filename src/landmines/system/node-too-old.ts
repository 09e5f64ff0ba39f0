import { sh } from '../commands.ts';
import { oldestNode } from '../data/engine-builds.ts';
import { landmine } from '../landmine.ts';
import { vendor } from '../sources.ts';
import { olderThan } from '../versions.ts';

export const nodeTooOld = landmine({
  code: 'node-too-old',
  title: 'Node is older than Metalyard needs',
  group: 'system',
  severity: 'blocks',
  needs: ['metalyard.node'],
  means:
    'Older Node versions carry a SQLite that can damage its database in a rare case, so Metalyard does not start on them.',
  story:
    `Keys, machines and the ledger are kept in the SQLite that is part of Node. SQLite 3.7.0 to 3.51.2 can damage a database in ` +
    `write-ahead-log mode when two connections write at an unlucky moment; 3.51.3 mended it. Node ${oldestNode} is the first of its line with it.`,
  sources: [vendor('SQLite 3.51.3, release notes: the WAL-reset fault', '2026-03-13')],
  example: { 'metalyard.node': '20.20.2' },
  counterExample: { 'metalyard.node': '24.21.0' },
  judge({ 'metalyard.node': version }) {
    const tooOld = olderThan(version, oldestNode);
    if (tooOld === undefined) return { cannotTell: `the version of Node reads "${version}"` };
    if (!tooOld) return 'ok';
    return {
      seen: `Node here is ${version}; ${oldestNode} is the oldest that will do.`,
      remedy: ['Install Node 24, then install Metalyard again with it:', sh('npm install -g metalyard')],
      effect: { kind: 'no-engine' },
    };
  },
});
