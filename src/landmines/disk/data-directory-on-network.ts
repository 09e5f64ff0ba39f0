import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { vendor } from '../sources.ts';

const networkFileSystems = /^(nfs\d?|cifs|smb\d?|smbfs|afpfs|9p|drvfs|virtiofs|fuse\.sshfs|ceph|glusterfs)$/i;

export const dataDirectoryOnNetwork = landmine({
  code: 'data-directory-on-network',
  title: 'The data directory is on a network file system',
  group: 'disk',
  severity: 'breaks',
  needs: ['metalyard.data_directory_filesystem'],
  means:
    'The database needs shared memory and locks that such file systems do not give. Rows can be lost or the file damaged.',
  story:
    'SQLite in write-ahead-log mode asks that all programs that use a database run on one machine and share memory through a file. Over NFS ' +
    'or SMB, and over the bridge between WSL and Windows, that does not hold.',
  sources: [vendor('SQLite, documentation: write-ahead logging', '2026')],
  example: { 'metalyard.data_directory_filesystem': 'nfs4' },
  counterExample: { 'metalyard.data_directory_filesystem': 'ext4' },
  judge({ 'metalyard.data_directory_filesystem': filesystem }) {
    if (!networkFileSystems.test(filesystem)) return 'ok';
    return {
      seen: `The data directory is on ${filesystem}.`,
      remedy: ['Keep it on a disk of this machine:', sh('metalyard up --data-dir /var/lib/metalyard')],
    };
  },
});
