/** The gateway as a program of its own, asked for its figures. Needs `--expose-gc`. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { startGateway } from '../../../src/gateway/gateway.ts';
import { machineIdentity } from '../../../src/transport/identity/machine-identity.ts';
import { silentLog } from '../../../src/transport/log/log.ts';
import { openStore } from '../../../src/transport/store/store.ts';
import type { FromGateway, GatewayArguments, LightMachine, ToGateway } from './messages.ts';

const { directory, port, machinesFile }: GatewayArguments = JSON.parse(process.argv[2] ?? '');
const say = (message: FromGateway): void => void process.send?.(message);

const store = await openStore(directory);
if (machinesFile !== undefined) {
  const machines: readonly LightMachine[] = JSON.parse(readFileSync(machinesFile, 'utf8'));
  for (const { name, privateKey } of machines) {
    const key = createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' });
    const { machineId, publicKey } = machineIdentity(key);
    await store.machines.approve({ machineId, publicKey, name });
  }
}
const { secret } = await store.keys.create('test');
const gateway = await startGateway({
  store,
  log: silentLog,
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
    return say({ type: 'cpu', cpuMs: (user + system) / 1_000 });
  }
  // Twice: what was freed by the first run of finalizers is free after the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  say({ type: 'memory', rssBytes: rss, heapBytes: heapUsed + external });
});
process.on('disconnect', () => process.exit(0));
say({ type: 'listening', url: gateway.url, port: gateway.port, key: secret });
