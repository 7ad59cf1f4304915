'use strict';
// Makes `npm start` and `npm test` work on a fresh clone: installs when node_modules is not what package-lock.json asks for.
// It runs before anything is installed, so it is plain old JavaScript. It compares contents: a checkout changes file times at will.
const { spawnSync } = require('child_process');
const { existsSync, readFileSync } = require('fs');
const { join } = require('path');

const root = join(__dirname, '..');
const packagesOf = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;

/** One line on what is wrong with node_modules; undefined when nothing is. */
function whyInstall() {
  const record = 'node_modules/.package-lock.json'; // npm's own account of what it installed
  if (!existsSync(join(root, record))) return 'node_modules is missing';
  const installed = packagesOf(record);
  for (const [path, wanted] of Object.entries(packagesOf('package-lock.json'))) {
    if (!path.startsWith('node_modules/')) continue; // the root and the workspaces themselves
    const found = installed[path];
    if (!found && (wanted.optional || wanted.devOptional)) continue; // made for another platform
    if (!found || found.version !== wanted.version || found.integrity !== wanted.integrity)
      return `node_modules is older than package-lock.json (${path})`;
  }
  return undefined;
}

const why = whyInstall();
if (why) {
  console.log(`${why}: running npm ci`);
  // The npm that runs us, under its own Node: the one on PATH may lie in the node_modules that npm ci is about to replace.
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  const arguments_ = ['ci', '--include=dev', '--include=optional', '--loglevel=error'];
  const options = { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' && !npm };
  const { status } = npm && node ? spawnSync(node, [npm, ...arguments_], options) : spawnSync('npm', arguments_, options);
  if (status !== 0) process.exit(status || 1);
}

// Without it the scripts would run under whatever Node is first on PATH, and fail in a way that tells nobody why.
if (Number(process.versions.node.split('.')[0]) < 24 && !existsSync(join(root, 'node_modules/.bin/node'))) {
  console.error(`lutra needs Node 24: no package brings it for ${process.platform}-${process.arch}, so install it and run this again.`);
  process.exit(1);
}
