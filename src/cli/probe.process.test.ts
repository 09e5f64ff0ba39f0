/** `metalyard probe` as people use it, and what a machine knows of itself through a whole yard. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { captureFolder } from '../../test/support/machine-captures.ts';
import { program } from './package-files.ts';

function metalyard(args: readonly string[], input?: string | Buffer) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, 'probe', ...args], {
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
  });
  return { stdout, stderr, status };
}

test('probe ls names every probe and what it reads', () => {
  const { stdout } = metalyard(['ls', '--json']);
  const probes = JSON.parse(stdout) as { name: string; reads: string[]; facts: string[] }[];
  assert.ok(probes.length >= 45);
  assert.equal(new Set(probes.map(({ name }) => name)).size, probes.length);
  for (const { name, reads, facts } of probes) assert.ok(reads.length > 0 && facts.length > 0, name);
  assert.match(metalyard(['ls']).stdout, /^probe +systems +what it tells\n/);
});

test('a pasted output leads to facts, their source and the finding', () => {
  const file = `${captureFolder}linux/nvidia-smi-failures/driver-library-mismatch-570.txt`;
  const { stdout, status } = metalyard(['replay', 'nvidia-smi', file]);
  assert.equal(status, 0);
  assert.match(stdout, /^nvidia\.failure +version-mismatch$/m);
  assert.match(stdout, /^nvidia\.library_version +570\.124$/m);
  assert.ok(stdout.includes(`All of it from ${file}.`));
  assert.match(stdout, /\[nvidia-version-mismatch\] on linux$/m);

  const { stdout: json } = metalyard(['replay', 'nvidia-smi', file, '--json']);
  const report = JSON.parse(json) as {
    facts: Record<string, { value: string; source: string }>;
    findings: { code: string; on: string[] }[];
  };
  assert.deepEqual(report.facts['nvidia.failure'], { known: true, value: 'version-mismatch', source: file });
  assert.deepEqual(report.findings[0]?.on, ['linux']);
});

test('standard input is read too, UTF-16 as Windows prints it included', () => {
  const bytes = Buffer.from('  NAME      STATE    VERSION\r\n* Ubuntu    Stopped  2\r\n', 'utf16le');
  const { stdout } = metalyard(['replay', 'windows-wsl-list', '-', '--json'], bytes);
  const { facts } = JSON.parse(stdout) as { facts: Record<string, { value: unknown }> };
  assert.deepEqual(facts['wsl.distributions']?.value, [{ name: 'Ubuntu', version: 2, default: true }]);
});

test('the exit status of a stored command counts', () => {
  const { stdout } = metalyard(
    ['replay', 'nvidia-smi', '-', '--exit-code', '127'],
    'nvidia-smi: Kommando nicht gefunden\n',
  );
  assert.match(stdout, /^nvidia\.failure +not-installed/m);
});

test('an output that says nothing is told so, a probe that is not there too', () => {
  assert.match(metalyard(['replay', 'macos-vm-stat', '-'], 'nonsense\n').stdout, /^Nothing is known from this\.$/m);
  const { stderr, status } = metalyard(['replay', 'nvidia', '-'], '');
  assert.equal(status, 1);
  assert.match(stderr, /There is no probe nvidia\. Did you mean nvidia-smi, nvidia-driver-files\?/);
});

test('a probe is found by the tool whose output it reads', () => {
  const vmStat = `${captureFolder}macos/vm_stat/32gib-class-apple-silicon-busy.txt`;
  assert.match(metalyard(['replay', 'vm_stat', vmStat]).stdout, /^memory\.available_bytes /m);
  assert.match(metalyard(['replay', 'lspci', '-'], '').stdout, /^nvidia\.hardware_present +unknown/m);
  assert.match(
    metalyard(['replay', 'sysctl', '-'], 'hw.memsize: 8589934592\n').stdout,
    /^memory\.total_bytes +8\.0 GiB/m,
  );
});

test('what is no output of a tool is not read to its end', { skip: process.platform === 'win32' }, () => {
  const { stderr, status } = metalyard(['replay', 'nvidia-smi', '/dev/zero']);
  assert.equal(status, 1);
  assert.match(stderr, /\/dev\/zero is too large for the output of a tool: more than 8 MiB\./);
  assert.match(metalyard(['replay', 'nvidia-smi', '/']).stderr, /: \/ cannot be read \(EISDIR\)\./);
});

test('what was read here can be read again elsewhere', { skip: process.platform !== 'linux' }, () => {
  const { stdout: raw } = metalyard(['run', 'linux-memory', '--raw']);
  assert.match(raw, /^==== \/proc\/meminfo ====$/m);
  const total = /MemTotal: +(\d+) kB/.exec(raw)?.[1];
  const { facts } = JSON.parse(metalyard(['replay', 'linux-memory', '-', '--json'], raw).stdout) as {
    facts: Record<string, { value: unknown }>;
  };
  assert.equal(facts['memory.total_bytes']?.value, Number(total) * 1024);
});
