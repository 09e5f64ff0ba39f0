/** The gateway as a program of its own, asked for its figures. Needs `--expose-gc`. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { startGateway } from '../../../src/gateway/gateway.ts';
import { openDataDirectory } from '../../../src/transport/data-directory.ts';
import { machineIdentity } from '../../../src/transport/identity/machine-identity.ts';
import { silentLog } from '../../../src/transport/log/log.ts';
import { openStore } from '../../../src/transport/store/store.ts';
import type { FromGateway, GatewayArguments, LightMachine, ToGateway } from './messages.ts';

const { directory, port, machinesFile }: GatewayArguments = JSON.parse(process.argv[2] ?? '');
const say = (message: FromGateway): void => void process.send?.(message);

const store = await openStore(directory);
if (machinesFile !== undefined) {
  const machines: readonly LightMachine[] = JSON.parse(readFileSync(machinesFile, 'utf8'));
  letIn(machines);
}

/** As `store.machines.approve` does, all in one: a commit for each of ten thousand takes a minute. */
function letIn(machines: readonly LightMachine[]): void {
  const database = new DatabaseSync(openDataDirectory(directory).store);
  const enter = database.prepare(
    "insert into machines (machine_id, public_key, name, approved_at_ms, standing, labels, drained) values (?, ?, ?, ?, 'approved', '[]', 0)",
  );
  database.exec('begin immediate');
  for (const { name, privateKey } of machines) {
    const key = createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' });
    const { machineId, publicKey } = machineIdentity(key);
    enter.run(machineId, publicKey, name, Date.now());
  }
  database.exec('commit');
  database.close();
}
let doubts = 0;
const { secret } = await store.keys.create('test');
const gateway = await startGateway({
  store,
  log: {
    ...silentLog,
    warn(text) {
      if (text === 'machine suspect' || text === 'machine lost') doubts += 1;
    },
  },
  host: '127.0.0.1',
  port,
  version: '0.0.0',
  adminToken: 'admin-token-of-the-test',
});

// As `metalyard gateway` does, which shows how models load.
gateway.onModels(() => {});
process.on('message', (question: ToGateway) => {
  if (question === 'cpu') {
    const { user, system } = process.cpuUsage();
    return say({ type: 'cpu', cpu: { userMs: user / 1_000, systemMs: system / 1_000 }, doubts });
  }
  // Twice: what was freed by the first run of finalizers is free after the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  say({ type: 'memory', rssBytes: rss, heapBytes: heapUsed + external });
});
process.on('disconnect', () => process.exit(0));
say({ type: 'listening', url: gateway.url, port: gateway.port, key: secret });
