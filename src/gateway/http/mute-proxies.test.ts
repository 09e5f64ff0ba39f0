import assert from 'node:assert/strict';
import { test } from 'node:test';
import { muteProxies } from './mute-proxies.ts';

test('a proxy that does not say whom it speaks for is told of once an hour, with the remedy', () => {
  const told: string[] = [];
  let nowMs = 0;
  const warn = (text: string, fields = {}): void => void told.push(`${JSON.stringify(fields)} ${text}`);
  const hear = muteProxies({ warn }, () => nowMs);
  for (const atMs of [0, 1_000, 3_599_999]) {
    nowMs = atMs;
    hear('172.18.0.3');
  }
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /^\{"proxy":"172\.18\.0\.3"\} .*X-Forwarded-For/);
  nowMs = 3_600_000;
  hear('172.18.0.3');
  assert.equal(told.length, 2);
});
