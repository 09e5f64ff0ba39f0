/**
 * Makes the package users install: compiled sources, the shipped model, the documents, with a
 * package.json of its own. What only the repository needs (tools, the pinned Node, overrides that
 * leave GPU binaries out) stays behind. Prints the path of the archive.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, packageFolder } from './build.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

build();
for (const name of ['models', 'docs', 'README.md', 'CONTRIBUTING.md', 'LICENSE']) {
  cpSync(join(root, name), join(packageFolder, name), { recursive: true });
}
const { name, version, type, license, description, engines, dependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);
const manifest = {
  name,
  version,
  description,
  license,
  type,
  engines,
  bin: { metalyard: 'src/cli/main.js' },
  files: ['src', 'models', 'docs', 'CONTRIBUTING.md'],
  dependencies,
};
writeFileSync(join(packageFolder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
const archive = execFileSync('npm', ['pack', '--silent', '--pack-destination', '..'], {
  cwd: packageFolder,
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
console.log(join(root, 'dist', archive.trim()));
