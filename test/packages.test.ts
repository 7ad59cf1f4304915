/** What the packages would publish: each is packed as from a clean clone, in a copy of the repository. */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './cli-process.ts';

interface Packed {
  readonly name: string;
  readonly files: readonly { readonly path: string }[];
}

const folders = readdirSync(join(root, 'packages')).sort();
const nameOf = (folder: string): string => JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')).name;

/** What git has of the repository that packing needs; packages find each other in the copy, everything else where it is installed. */
function copyRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), 'lutra-packages-'));
  const isSource = (path: string): boolean => !['node_modules', 'dist'].includes(basename(path));
  for (const each of ['package.json', 'tsconfig.base.json', 'packages']) {
    cpSync(join(root, each), join(copy, each), { recursive: true, filter: isSource });
  }
  const own = new Set(folders.map(nameOf));
  for (const found of globSync(['*', '.bin', '@*/*'], { cwd: join(root, 'node_modules') })) {
    const isScope = /^@[^/\\]+$/.test(found);
    if (isScope) mkdirSync(join(copy, 'node_modules', found), { recursive: true });
    else if (!own.has(found.replaceAll('\\', '/'))) link(join(root, 'node_modules', found), join(copy, 'node_modules', found));
  }
  for (const folder of folders) link(join(copy, 'packages', folder), join(copy, 'node_modules', nameOf(folder)));
  return copy;
}

function link(target: string, path: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  symlinkSync(target, path, 'junction');
}

describe('the tarball of', () => {
  let copy = '';
  let packed: readonly Packed[] = [];
  beforeAll(() => {
    copy = copyRepository();
    const options = { cwd: copy, encoding: 'utf8', shell: process.platform === 'win32' } as const;
    // All at once, and without the checks of `npm run typecheck`: each package's `prepack` would build its references again.
    execFileSync('npx', ['--no-install', 'tsc', '-b', '--noCheck', ...folders.map((folder) => `packages/${folder}`)], options);
    packed = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--silent', '--ignore-scripts', '--workspaces'], options));
  }, 120_000);
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  describe.each(folders)('packages/%s', (folder) => {
    const paths = (): readonly string[] => packed.find(({ name }) => name === nameOf(folder))?.files.map(({ path }) => path) ?? [];

    it('holds the licence, a README, and what the package runs', () => {
      expect(paths()).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js']));
      expect(readFileSync(join(root, 'packages', folder, 'LICENSE'), 'utf8')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'));
    });

    it('holds no tests, no sources and no source maps', () => {
      expect(paths().filter((path) => /\.test\.|\.map$|\.tsbuildinfo$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
      const scripts = paths().filter((path) => /\.(?:js|d\.ts)$/.test(path));
      const read = (path: string): string => readFileSync(join(copy, 'packages', folder, path), 'utf8');
      expect(scripts.filter((path) => read(path).includes('sourceMappingURL'))).toEqual([]);
    });
  });
});
