/** What the documents say of the command and its settings, held against the code. */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defaultOptions } from '@lutra/core';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { fallbackOf, flagOf, readConfig, settingNames, variableOf } from '../packages/cli/src/config.ts';
import { optionPage } from '../packages/cli/src/option-page.ts';
import { root } from './cli-process.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
/** The first two cells of each row of the tables in a document, without backticks. */
const rowsOf = (markdown: string): readonly (readonly [string, string])[] =>
  [...markdown.matchAll(/^\| *`([^`]+)` *\| *`?([^|`]*?)`? *\|/gm)].map(([, first = '', second = '']) => [first, second]);

describe('docs/options.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lutra-documents-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is what `npm run docs` writes', () => expect(read('docs/options.md')).toBe(optionPage()));

  it('lists every option of the engine with its default, as a file may give it', () => {
    const options: Record<string, unknown> = {};
    for (const [name, fallback] of rowsOf(read('docs/options.md').split('## Presets')[0] ?? '')) {
      const [outer = '', inner] = name.split('.');
      const value: unknown = /^(?:null|true|false|[\d.]+)$/.test(fallback) ? JSON.parse(fallback) : fallback;
      if (inner === undefined) options[outer] = value;
      else options[outer] = { ...(options[outer] as object | undefined), [inner]: value };
    }
    const names = (of: object): readonly string[] =>
      Object.entries(of).flatMap(([name, value]) => [name, ...(typeof value === 'object' && value !== null ? names(value) : [])]);
    expect([...names(options)].sort()).toEqual([...names(defaultOptions)].sort());
    const file = join(folder, 'options.yaml');
    writeFileSync(file, stringify({ options }));
    expect(readConfig({ flags: { config: file }, environment: {} }).options).toEqual(defaultOptions);
  });
});

describe('packages/cli/README.md', () => {
  it('lists every setting with its flag, variable and default', () => {
    const listed = [...read('packages/cli/README.md').matchAll(/^\| `([\w.]+)` \| `(--[\w.-]+)` \| `(LUTRA_\w+)` \| ([^|]*) \|/gm)];
    const expected = settingNames.map((name) => {
      const fallback = fallbackOf(name);
      return [name, flagOf(name), variableOf(name), fallback === '' ? '' : `\`${fallback}\``];
    });
    expect(listed.map(([, ...cells]) => cells.map((cell) => cell?.trim()))).toEqual(expected);
  });
});

describe('links between documents', () => {
  const documents = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'sim-scenarios/*.md'], {
    cwd: root,
    exclude: ['**/node_modules/**'],
  });

  it.each(documents.sort())('lead somewhere in %s', (document) => {
    const targets = [...read(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
    const local = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !existsSync(join(root, dirname(document), target)))).toEqual([]);
  });
});
