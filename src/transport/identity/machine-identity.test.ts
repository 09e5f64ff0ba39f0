import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { verifyLinkProof } from './link-proof.ts';
import { loadMachineIdentity } from './machine-identity.ts';

const directory = mkdtempSync(join(tmpdir(), 'metalyard-identity-'));
after(() => rmSync(directory, { recursive: true }));
const ann = loadMachineIdentity(join(directory, 'ann.pem'));
const bob = loadMachineIdentity(join(directory, 'bob.pem'));
const challenge = { type: 'challenge', gatewayId: 'gw_0011223344556677', epoch: 3, nonce: 'bm9uY2U' } as const;

test('a machine keeps its identity, in a file only its owner can read', () => {
  const again = loadMachineIdentity(join(directory, 'ann.pem'));
  assert.equal(again.machineId, ann.machineId);
  assert.match(ann.machineId, /^mch_[0-9a-f]{16}$/);
  assert.notEqual(ann.machineId, bob.machineId);
  if (process.platform !== 'win32') assert.equal(statSync(join(directory, 'ann.pem')).mode & 0o777, 0o600);
});

test('a signed challenge proves who signed it', async () => {
  const signature = ann.signLinkProof(challenge);
  assert.equal(await verifyLinkProof(ann.publicKey, challenge, ann.machineId, signature), true);
});

const signature = ann.signLinkProof(challenge);
const refused: readonly [string, () => Promise<boolean>][] = [
  [
    'an answer to an earlier start of the gateway',
    () => verifyLinkProof(ann.publicKey, { ...challenge, epoch: 4 }, ann.machineId, signature),
  ],
  [
    "another gateway's challenge",
    () => verifyLinkProof(ann.publicKey, { ...challenge, gatewayId: 'gw_ff' }, ann.machineId, signature),
  ],
  [
    'a replay with another nonce',
    () => verifyLinkProof(ann.publicKey, { ...challenge, nonce: 'b3RoZXI' }, ann.machineId, signature),
  ],
  ["another machine's key", () => verifyLinkProof(bob.publicKey, challenge, bob.machineId, signature)],
  [
    "another machine's name with one's own key",
    () => verifyLinkProof(ann.publicKey, challenge, bob.machineId, ann.signLinkProof(challenge)),
  ],
  [
    'a flipped byte',
    () => {
      const bytes = Buffer.from(signature, 'base64url');
      bytes[10] = (bytes[10] ?? 0) ^ 1;
      return verifyLinkProof(ann.publicKey, challenge, ann.machineId, bytes.toString('base64url'));
    },
  ],
  ['no key at all', () => verifyLinkProof('AAAA', challenge, ann.machineId, signature)],
  ['no signature', () => verifyLinkProof(ann.publicKey, challenge, ann.machineId, '')],
];
for (const [what, attempt] of refused) {
  test(`${what} is refused`, async () => assert.equal(await attempt(), false));
}

test('a damaged key file is reported with the remedy, and left alone', () => {
  const file = join(directory, 'damaged.pem');
  writeFileSync(file, 'not a key', { mode: 0o600 });
  assert.throws(() => loadMachineIdentity(file), { message: /damaged\.pem cannot be read.*Restore it.*or remove it/ });
});

test('an empty key file, left by a full disk, is made anew; nothing unfinished stays', () => {
  const file = join(directory, 'empty.pem');
  writeFileSync(file, '', { mode: 0o600 });
  const made = loadMachineIdentity(file);
  assert.equal(loadMachineIdentity(file).machineId, made.machineId);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.endsWith('.new')),
    [],
  );
});

test('a key that cannot be made is no key that cannot be read', () => {
  mkdirSync(join(directory, 'file.pem.d'));
  writeFileSync(join(directory, 'file.pem.d', 'in-the-way'), '');
  assert.throws(() => loadMachineIdentity(join(directory, 'file.pem.d', 'in-the-way', 'key.pem')), {
    message: /cannot be (made|read) \(ENOTDIR/,
  });
});

test('a key that everybody may read is refused', { skip: process.platform === 'win32' }, () => {
  const file = join(directory, 'open.pem');
  loadMachineIdentity(file);
  chmodSync(file, 0o644);
  assert.throws(() => loadMachineIdentity(file), { message: /by every user of this computer.*chmod 600/ });
});
