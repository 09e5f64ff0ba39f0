/** What a token of a join line is good for: so many machines, for so long, and each of them once. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { bareAgent } from '../../test/support/bare-agent.ts';
import { startTestYard, type TestYard } from '../../test/support/test-yard.ts';
import { type JoinAnswer, joinPath } from '../contract/joining.ts';
import { type MachineIdentity, machineIdentity } from '../transport/identity/machine-identity.ts';

let yard: TestYard;
before(async () => {
  yard = await startTestYard();
});
after(() => yard[Symbol.asyncDispose]());

const newMachine = (): MachineIdentity => machineIdentity(generateKeyPairSync('ed25519').privateKey);

const token = async (wish: { uses?: number; lifetimeMs?: number; label?: string } = {}): Promise<string> => {
  const usual = { label: '', approves: true, uses: 1, lifetimeMs: 60_000 };
  return (await yard.store.joinTokens.create({ ...usual, ...wish })).secret;
};

/** What the gateway answers: its status, and the standing or what is wrong. */
async function join(identity: MachineIdentity, secret: string, name = 'box'): Promise<readonly [number, string]> {
  const wish = { token: secret, machineId: identity.machineId, name };
  const body = { ...wish, publicKey: identity.publicKey, signature: identity.signJoinProof(wish) };
  const response = await yard.post(joinPath, body);
  const answer = (await response.json()) as JoinAnswer & { error?: { message: string } };
  return [response.status, answer.error?.message ?? answer.standing];
}
const refused = [401, 'token: it is unknown, used up or too old. Make another on the gateway: metalyard token create'];
const approved = [200, 'approved'];

test('a token for two machines lets in two, however often each of them asks, and no third', async () => {
  const secret = await token({ uses: 2 });
  const [first, second] = [newMachine(), newMachine()];
  for (const machine of [first, first, second, first, second]) assert.deepEqual(await join(machine, secret), approved);
  assert.deepEqual(await join(newMachine(), secret), refused);
  const usesLeft = (await yard.store.joinTokens.list()).length;
  assert.equal(usesLeft, 0);
});

test('of a hundred machines that come at once with a token for one, one is let in', async () => {
  const secret = await token();
  const answers = await Promise.all(Array.from({ length: 100 }, () => join(newMachine(), secret)));
  assert.equal(answers.filter(([status]) => status === 200).length, 1);
});

test('a token that is too old lets nobody in', async () => {
  const secret = await token({ lifetimeMs: 0 });
  assert.deepEqual(await join(newMachine(), secret), refused);
});

test('a machine that was removed does not come back with the token it had', async () => {
  const secret = await token({ uses: 2 });
  const machine = newMachine();
  assert.deepEqual(await join(machine, secret), approved);
  await yard.store.machines.set(machine.machineId, { standing: 'removed' });
  assert.deepEqual(await join(machine, secret), refused);
  assert.deepEqual(await join(machine, await token()), approved);
});

test('a join that failed between the use of the token and its note of the machine goes on where it stopped', async () => {
  const secret = await token();
  const machine = newMachine();
  assert.ok((await yard.store.joinTokens.use(secret, machine.machineId)) !== undefined);
  assert.deepEqual(await join(newMachine(), secret), refused);
  assert.deepEqual(await join(machine, secret), approved);
});

test('a label of the token is one of the machine, beside those its owner gave it', async () => {
  const machine = newMachine();
  const labels = async () => (await yard.store.machines.get(machine.machineId))?.labels;
  await join(machine, await token({ label: 'office' }));
  assert.deepEqual(await labels(), ['office']);
  await yard.store.machines.set(machine.machineId, { labels: ['trusted'] });
  await join(machine, await token({ label: 'office' }));
  await join(machine, await token());
  assert.deepEqual(await labels(), ['trusted', 'office']);
});

test('a hello that was heard before proves nothing to another connection', async () => {
  const machine = newMachine();
  await join(machine, await token());
  const signatures: string[] = [];
  const identity: MachineIdentity = {
    ...machine,
    signLinkProof(challenge) {
      signatures.push(machine.signLinkProof(challenge));
      return signatures[0] ?? '';
    },
  };
  const start = () => bareAgent({ gatewayUrl: yard.gateway.url, trust: {}, identity, name: 'box' });
  await using first = start();
  await first.next('linked to the gateway');
  await first.close();
  await using replayed = start();
  const { fields } = await replayed.next('not linked to the gateway');
  assert.equal(fields.why, "The signature does not match the machine's key.");
});
