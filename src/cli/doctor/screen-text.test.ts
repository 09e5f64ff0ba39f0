import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { FactTable } from '../../contract/machine/facts.ts';
import { allLandmines } from '../../landmines/all.ts';
import { factsOf, rtx4090 } from '../../landmines/examples.ts';
import { landmine } from '../../landmines/landmine.ts';
import { pageText } from './page-text.ts';
import { coloured, plain } from './paint.ts';
import { type DoctorReport, examine, exitStatus } from './report.ts';
import { allText, screenText } from './screen-text.ts';

const report = (facts: Partial<FactTable>): DoctorReport => examine('0.1.0', factsOf(facts), 812);

const ubuntu: Partial<FactTable> = {
  'os.family': 'linux',
  'os.distribution': 'ubuntu',
  'os.version': '24.04',
  'os.architecture': 'x64',
  'os.container': 'none',
  'os.wsl': 0,
  'cpu.physical_cores': 8,
  'memory.total_bytes': 32 * 1024 ** 3,
  'gpu.all': [rtx4090],
  'nvidia.hardware_present': true,
};

test('one trouble with its consequence, and a note', () => {
  const text = screenText(
    report({
      ...ubuntu,
      'nvidia.nouveau_bound': true,
      'engine.backend': 'cpu',
      'os.init': 'openrc',
    }),
    plain,
  );
  assert.equal(
    text.slice(0, text.indexOf('\nNot checked')),
    `Metalyard doctor 0.1.0
Linux x64 (ubuntu 24.04), 8 cores, 32 GiB; NVIDIA GeForce RTX 4090, 24 GiB

One thing needs a look; the worst comes first.

breaks    The free driver nouveau holds the NVIDIA GPU
  Seen    An NVIDIA GPU is on the PCI bus, and the kernel driver bound to it is
          nouveau.
  Means   CUDA needs the NVIDIA driver, which cannot take a GPU that nouveau
          has. Until then the GPU does nothing for models.
  Do      Install the NVIDIA driver and restart:
          $ sudo ubuntu-drivers install
          If it is installed already, see whether Secure Boot refused it (sign
          the module, or turn Secure Boot off):
          $ sudo mokutil --sb-state
  Effect  CUDA is not used on this machine.
  Hence   There is a GPU, and the model runs on the processor (cpu-fallback)
  More    metalyard doctor nouveau-in-charge

note      This Linux does not run systemd
          The init system is openrc.
          metalyard doctor no-systemd
`,
  );
});

test('a healthy machine is told so in a few lines', () => {
  const text = screenText(report({ ...ubuntu, 'nvidia.nouveau_bound': false }), plain);
  assert.match(text, /^Nothing wrong was found\.$/m);
  assert.ok(text.split('\n').length < 14, text);
});

test('no line is wider than 80 columns, commands apart, and colours change no word', () => {
  for (const { code, example } of allLandmines) {
    const [bare, painted] = [plain, coloured].map((paint) =>
      [screenText(report(example), paint), allText(report(example), paint)].join('\n'),
    );
    assert.equal(stripVTControlCharacters(painted ?? ''), bare);
    const wide = bare
      ?.split('\n')
      .filter((line) => line.length > 80 && !/^\s+(\$|PS.*>) /.test(line))
      // A word is never broken: it may be a path.
      .filter((line) => line.trim().includes(' '));
    assert.deepEqual(wide, [], code);
  }
});

test('control sequences a tool printed do not reach the terminal', () => {
  const text = screenText(
    report({ 'os.family': 'linux', 'os.libc': { kind: 'musl', version: '1\u001b[2J\u0007.2' } }),
    plain,
  );
  assert.doesNotMatch(text.replaceAll('\n', ''), /\p{Cc}/u);
  assert.match(text, /musl/);
});

test('the exit status tells what breaks from what is only worth a look', () => {
  assert.equal(exitStatus(report(ubuntu)), 0);
  assert.equal(exitStatus(report({ ...ubuntu, 'power.source': 'battery' })), 0);
  assert.equal(exitStatus(report({ ...ubuntu, 'nvidia.nouveau_bound': true })), 1);
  assert.equal(exitStatus(report({ ...ubuntu, 'os.libc': { kind: 'musl', version: '1.2.5' } })), 1);
});

test('a check that crashes is said to be our fault and leaves the verdict open', () => {
  const [first] = allLandmines;
  assert.ok(first !== undefined);
  const faulty = landmine({
    ...first,
    code: 'faulty',
    needs: [],
    judge: () => {
      throw new Error('no such list');
    },
  });
  const broken: DoctorReport = {
    ...report(ubuntu),
    checked: [{ landmine: faulty, result: { kind: 'crashed', error: 'no such list' } }],
  };
  assert.equal(exitStatus(broken), 2);
  assert.match(
    screenText(broken, plain),
    /crashed {3}The check faulty failed\. That is our fault.*\n {10}no such list/,
  );
});

test('a page says how it is here, and else what it would be', () => {
  const page = allLandmines.find(({ code }) => code === 'wsl-linux-driver');
  assert.ok(page !== undefined);
  const elsewhere = pageText(page, page.check(factsOf({ 'os.family': 'linux', 'os.wsl': 0 })), plain);
  assert.match(elsewhere, /On this machine\n {2}This kind of machine cannot have it\./);
  assert.match(elsewhere, /What many believe\n {2}"WSL needs an NVIDIA driver of its own/);
  assert.match(elsewhere, /What doctor would say, for example\n {2}Seen {4}Libraries of a Linux NVIDIA driver/);
  const here = pageText(page, page.check(factsOf(page.example)), plain);
  assert.match(here, /On this machine\n {2}Seen {4}Libraries/);
  assert.doesNotMatch(here, /for example/);
});
