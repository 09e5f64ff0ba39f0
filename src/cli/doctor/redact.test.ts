/** What a report for others must not tell, planted in every place a tool could print it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, unknown } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { disk, factsOf, gpu } from '../../landmines/examples.ts';
import { bundleText } from './bundle.ts';
import { redactTexts } from './redact.ts';
import { examine } from './report.ts';

const owner = { userName: 'wilhelmina', hostName: 'attic-tower.fritz.box', home: '/home/wilhelmina' };

const secrets = [
  'wilhelmina',
  'Wilhelmina',
  'attic-tower',
  'fritz.box',
  'nas-of-bert',
  'proxy.acme.example',
  'Acme Gateway CA',
  'bert',
  '192.168.178.23',
  'fd00::8a2e:370:7334',
  '2001:db8:85a3:1:2:8a2e:370:7334',
  '3c:7c:3f:11:22:33',
  '3C-7C-3F-11-22-33',
  '0324718012345',
  'PF2ABCDE',
  'GPU-5f4c1b2a-9d7e-4c3b-8a1f-0123456789ab',
  '5f4c1b2a-9d7e-4c3b-8a1f-0123456789ab',
  'my_4f9KqLmZ0aBc_Zr8vXw3TtYpQs1NnMm5HhGg7JjKkLl0OoPp2Ii4Uu6',
  'sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz',
  'hunter2hunter2',
  'bert@acme.example',
  'Summarise the divorce papers',
];

const planted: Facts = {
  ...factsOf({
    'os.family': 'linux',
    'os.distribution': 'ubuntu',
    'os.container': 'none',
    'os.wsl': 0,
    'power.plan': '381b4222-f694-41f0-9685-ff5bb260df2e',
    'nvidia.driver': '595.71.05',
    'network.proxy': {
      HTTPS_PROXY: 'http://bert:hunter2hunter2@proxy.acme.example:3128',
      NO_PROXY: '.acme.example,127.0.0.1',
    },
    'network.tls_intercepted_by': 'Acme Gateway CA',
    'wsl.host_address': '192.168.178.23',
    'disk.all': [disk({ mount: '/' }), disk({ mount: '/mnt/nas-of-bert', filesystem: 'nfs4' })],
    'disk.models': disk({ mount: '/media/wilhelmina/USB', kind: 'rotational' }),
    'libraries.cuda': [{ name: 'libcublas.so.13', path: '/home/wilhelmina/cuda/libcublas.so.13' }],
    'libraries.vulkan': [{ name: 'libvulkan.so.1', path: '/home/bert/lib/libvulkan.so.1' }],
    'security.defender_exclusions': ['C:\\Users\\Wilhelmina\\models'],
    'security.quarantined': ['/Users/bert/metalyard/llama-addon.node'],
    'vulkan.devices': [{ name: 'Arc', kind: 'discrete', uuid: '5f4c1b2a-9d7e-4c3b-8a1f-0123456789ab', driver: 'Mesa' }],
    'metalyard.port_taken_by': 'another program on attic-tower',
  }),
  'gpu.all': known(
    [
      {
        ...gpu({ vendor: 'nvidia', name: 'NVIDIA GeForce RTX 4090' }),
        uuid: known('GPU-5f4c1b2a-9d7e-4c3b-8a1f-0123456789ab', 'nvidia-smi of ATTIC-TOWER'),
        pci: known('0000:01:00.0', 'nvidia-smi'),
      },
    ],
    '/home/wilhelmina/bin/nvidia-smi',
  ),
  'os.cloud': unknown(
    'failed',
    'Serial Number: PF2ABCDE, serial=0324718012345, mac 3c:7c:3f:11:22:33 or 3C-7C-3F-11-22-33, Bearer hunter2hunter2, ' +
      'bert@acme.example, sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz, fd00::8a2e:370:7334, 2001:db8:85a3:1:2:8a2e:370:7334, ' +
      'my_4f9KqLmZ0aBc_Zr8vXw3TtYpQs1NnMm5HhGg7JjKkLl0OoPp2Ii4Uu6',
  ),
};

test('no planted name, key, address or serial number is left in a bundle', () => {
  const text = bundleText(examine('0.1.0', planted, 100), owner);
  assert.deepEqual(
    secrets.filter((secret) => text.includes(secret)),
    [],
    text,
  );
});

test('what tells what is wrong is still there, and the findings are the same', () => {
  const before = examine('0.1.0', planted, 100);
  const bundle = JSON.parse(bundleText(before, owner));
  assert.deepEqual(
    bundle.checks.map(({ result }: { result: { kind: string } }) => result.kind),
    before.checked.map(({ result }) => result.kind),
  );
  assert.ok(bundle.findings.includes('models-on-rotational-disk'));
  assert.equal(bundle.facts['nvidia.driver'].value, '595.71.05');
  assert.equal(bundle.facts['power.plan'].value, '381b4222-f694-41f0-9685-ff5bb260df2e');
  assert.equal(bundle.facts['gpu.all'].value[0].pci.value, '0000:01:00.0');
  assert.equal(bundle.facts['disk.all'].value[0].mount, '/');
  assert.match(bundle.facts['network.proxy'].value.NO_PROXY, /127\.0\.0\.1/);
});

test('versions, sizes and sources are no secrets', () => {
  for (const text of [
    'nvidia-smi --query-gpu=index,uuid,pci.bus_id --format=csv',
    'driver 31.0.15.1694, glibc 2.36, Linux 6.18.44-fc-v657, build b12001',
    '/sys/class/drm/card0/device/mem_info_vram_total',
    'http://127.0.0.1:8787',
    'metalyard doctor container-no-graphics',
  ]) {
    assert.equal(redactTexts(text, owner), text);
  }
});

test('a user called root spoils no word', () => {
  const home = ['', 'root'].join('/');
  const root = { userName: 'root', hostName: 'localhost', home };
  assert.equal(redactTexts(`the root of ${home}/models on localhost`, root), 'the root of ~/models on localhost');
});
