// Run after a change of dependencies: `npm run lockfile`. Some registries hold the binaries of some platforms only, and npm then leaves
// the others out of package-lock.json in silence; `npm ci` refuses such a lockfile on a clean clone. This adds them by name and version,
// without the hash that only their registry knows: `npm ci` skips those of other platforms, and installs its own.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lockfile = JSON.parse(readFileSync(file, 'utf8'));
const systems = { darwin: 'darwin', linux: 'linux', android: 'android', freebsd: 'freebsd', windows: 'win32', win32: 'win32' };
const processors = { 64: 'x64', x64: 'x64', arm64: 'arm64', arm: 'arm', ia32: 'ia32' };

/** What `@turbo/windows-64` or `@biomejs/cli-linux-x64-musl` says of the platform it is made for. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const pick = (table) => words.map((word) => table[word]).find(Boolean);
  const [os, cpu] = [pick(systems), pick(processors)];
  if (!os || !cpu) throw new Error(`cannot read the platform of ${name}: add its words to scripts/complete-lockfile.mjs`);
  return { cpu, os, libc: words.includes('musl') ? 'musl' : undefined };
}

for (const { dev, optionalDependencies = {} } of Object.values(lockfile.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const path = `node_modules/${name}`;
    if (lockfile.packages[path]) continue;
    if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${name} is asked for as ${version}: its version cannot be told from here`);
    const { cpu, os, libc } = platformOf(name);
    // In npm's own order of keys, so that npm leaves the entry as it is.
    lockfile.packages[path] = { version, cpu: [cpu], ...(dev && { dev }), ...(libc && { libc: [libc] }), optional: true, os: [os] };
    console.log(`added ${name}@${version}`);
  }
}
const byPath = ([a], [b]) => (a < b ? -1 : 1);
lockfile.packages = Object.fromEntries(Object.entries(lockfile.packages).sort(byPath));
writeFileSync(file, `${JSON.stringify(lockfile, undefined, 2)}\n`);
