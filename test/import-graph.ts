import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync, Visitor } from 'vite';

/** One file names another: by value, by type, or at run time. */
export interface Edge {
  /** Path of the importing file from the root of the repository, with `/`. */
  readonly from: string;
  /** Such a path too when the import is relative; else the specifier itself (`rxjs`, `node:http`, `@lutra/core`). */
  readonly to: string;
}

/** Every import of every source that ships, in the order of the paths. Unit tests are left out: they may import what they like. */
export function readImportGraph(root: string): readonly Edge[] {
  const files = globSync('packages/*/src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] }).map((file) => file.replaceAll('\\', '/'));
  return files.sort().flatMap((from) => importsOf(from, readFileSync(join(root, from), 'utf8')).map((to) => ({ from, to })));
}

/** What `code` imports, as edges name it. Throws when the file does not parse, or when an `import()` hides its target in an expression. */
export function importsOf(file: string, code: string): readonly string[] {
  const { program, errors } = parseSync(file, code);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  const found: string[] = [];
  const add = (source: { readonly type: string; readonly value?: unknown } | null): void => {
    if (source === null) return;
    if (typeof source.value !== 'string') throw new Error(`${file}: import() of something that is not a string`);
    found.push(source.value.startsWith('.') ? posix.join(posix.dirname(file), source.value) : source.value);
  };
  new Visitor({
    ImportDeclaration: ({ source }) => add(source),
    ExportNamedDeclaration: ({ source }) => add(source),
    ExportAllDeclaration: ({ source }) => add(source),
    ImportExpression: ({ source }) => add(source),
    TSImportType: ({ source }) => add(source),
  }).visit(program);
  return found;
}
