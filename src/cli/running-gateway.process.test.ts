/** What commands say when the gateway of their data directory is there, or something else is, and gives no answer. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startStandIn } from '../../test/support/stand-in-gateway.ts';
import { type ApiError, apiError } from '../contract/errors.ts';
import { writeGatewayRecord } from './gateway-record.ts';
import { runningGateway } from './running-gateway.ts';

async function messageFor(error: ApiError, pid: number): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'metalyard-record-'));
  await using standIn = await startStandIn(error);
  writeGatewayRecord(join(scratch, 'gateway.json'), { pid, url: standIn.url, adminToken: 'x', version: '0' });
  try {
    await runningGateway(scratch);
    return assert.fail('it answered');
  } catch (thrown) {
    return String(thrown).replaceAll(standIn.url, 'URL');
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

test('a gateway that runs and refuses is not called one that does not run', async () => {
  assert.match(
    await messageFor(apiError('internal', 'The store is gone.'), process.pid),
    /The gateway at URL runs, and answered this command with status 500: The store is gone\./,
  );
  assert.match(
    await messageFor(apiError('wrong_host', 'Not by that name.'), process.pid),
    /status 421: Not by that name\./,
  );
  assert.match(
    await messageFor(apiError('authentication', 'Who?'), process.pid),
    /At URL another gateway answers than that of this data directory/,
  );
});

test('after a crash whatever answers at its address is no gateway of ours', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  assert.match(
    await messageFor(apiError('internal', 'Something else.'), pid),
    /No gateway of the data directory .* is running\. Start one/,
  );
});
