import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Edge, importsOf, readImportGraph } from './import-graph.ts';

/**
 * What may be imported from outside a package. A file may import what any row allows whose `files` its path begins with; nothing else.
 * `*` stands for any ending. `@lutra/core/node`, the real clock and chance, is for the composition root alone.
 */
const outside: readonly { readonly files: string; readonly may: readonly string[] }[] = [
  { files: 'packages/core/src/', may: ['xstate', 'rxjs', 'immer', 'cron-parser', 'dequal/lite', 'seedrandom'] },
  { files: 'packages/core/src/node.ts', may: ['node:*'] },
  { files: 'packages/core/src/testing/', may: ['vitest'] },
  { files: 'packages/http/src/', may: ['@lutra/core', 'rxjs', 'node:*'] },
  { files: 'packages/store-sqlite/src/', may: ['@lutra/core', '@lutra/core/stores', 'rxjs', 'node:*'] },
  { files: 'packages/store-sqlite/src/testing/', may: ['@lutra/core/testing'] },
  { files: 'packages/openstack/src/', may: ['@lutra/core', 'rxjs'] },
  { files: 'packages/openstack/src/clb/', may: ['fast-xml-parser'] },
  { files: 'packages/openstack/src/transport/', may: ['undici'] },
  { files: 'packages/openstack/src/testing/', may: ['@lutra/core/node', 'vitest', 'node:http', 'node:net'] },
  { files: 'packages/simulator/src/', may: ['@lutra/core', 're2js', 'rxjs', 'tinyqueue', 'yaml', 'zod', 'node:crypto'] },
  { files: 'packages/simulator/src/http/', may: ['@lutra/http', 'rou3', 'node:*'] },
  { files: 'packages/simulator/src/testing/', may: ['@lutra/core/node'] },
  {
    files: 'packages/testbed/src/',
    may: ['@lutra/core', '@lutra/simulator', '@lutra/simulator/truth', 'rxjs', 'yaml', 'zod', 'node:crypto'],
  },
  { files: 'packages/testbed/src/testing/', may: ['@lutra/core/node', '@lutra/simulator/testing'] },
  {
    files: 'packages/rest/src/',
    may: [
      '@lutra/core',
      '@lutra/http',
      'express',
      'lru-cache',
      'prom-client',
      'rxjs',
      'zod',
      'node:buffer',
      'node:crypto',
      'node:events',
      'node:http',
      'node:net',
      'node:stream',
    ],
  },
  { files: 'packages/rest/src/testing/', may: ['@lutra/core/node', 'node:v8', 'node:vm'] },
  { files: 'packages/cli/src/', may: ['@lutra/core', '@lutra/core/node', '@lutra/http', '@lutra/rest'] },
  { files: 'packages/cli/src/', may: ['@lutra/simulator', '@lutra/testbed'] },
  { files: 'packages/cli/src/', may: ['@lutra/core/stores', '@lutra/store-sqlite'] },
  { files: 'packages/cli/src/', may: ['commander', 'pino', 'rxjs', 'yaml', 'zod', 'node:*'] },
];

const ground = ['model', 'ports', 'errors'];

/** Inside core: which folder or file may import which others. Its own folder always; a folder or file that is not listed here, nothing. */
const coreLayers: Readonly<Record<string, readonly string[]>> = {
  model: [],
  errors: ['model'],
  options: ['model'],
  ports: ['model', 'errors'],
  random: ground,
  'steady-time': ground,
  node: [...ground, 'random', 'steady-time'],
  guards: ground,
  store: ground,
  policy: ['model'],
  planner: ['model'],
  commands: [...ground, 'options', 'guards', 'policy'],
  pass: [...ground, 'options', 'guards', 'planner'],
  tenant: [...ground, 'options', 'guards', 'planner', 'commands', 'pass'],
  host: [...ground, 'options', 'guards', 'commands', 'tenant'],
  'autoscaler-api': [...ground, 'options', 'commands'],
  autoscaler: [...ground, 'node', 'store', 'options', 'guards', 'planner', 'commands', 'host', 'autoscaler-api'],
  stores: ['*'],
  testing: ['*'],
  index: ['*'],
};

const packageOf = (path: string): string => path.split('/').slice(0, 2).join('/');
const isPath = (to: string): boolean => to.startsWith('packages/');
const matches = (name: string, pattern: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/** The folder or file right under core's src: `commands/decide.ts` is in `commands`, `ports.ts` is `ports`. */
const layerOf = (path: string): string => path.slice('packages/core/src/'.length).split('/')[0]?.replace(/\.ts$/, '') ?? '';

/** What is wrong with one edge; undefined when it is allowed. */
function violation({ from, to }: Edge): string | undefined {
  if (!isPath(to)) {
    const allowed = outside.some(({ files, may }) => from.startsWith(files) && may.some((pattern) => matches(to, pattern)));
    return allowed ? undefined : `${from} may not import ${to}`;
  }
  if (packageOf(from) !== packageOf(to)) return `${from} reaches into another package: ${to}`;
  if (packageOf(from) !== 'packages/core') return undefined;
  const [layer, imported] = [layerOf(from), layerOf(to)];
  const may = coreLayers[layer];
  if (may === undefined) return `${from} is in no layer: place ${layer} in the table of test/architecture.test.ts`;
  return layer === imported || may.some((pattern) => matches(imported, pattern)) ? undefined : `${from} (${layer}) may not import ${to}`;
}

/** One line for each cycle of files, written from the file where a walk in the order of the edges enters it. */
function cycles(graph: readonly Edge[]): readonly string[] {
  const targets = Map.groupBy(
    graph.filter(({ to }) => isPath(to)),
    ({ from }) => from,
  );
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
    if (done.has(file) || path.includes(file)) return;
    for (const { to } of targets.get(file) ?? []) walk(to, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) walk(file, []);
  return found;
}

const violations = (graph: readonly Edge[]): readonly string[] => [...graph.flatMap((edge) => violation(edge) ?? []), ...cycles(graph)];

/** The packages that an edge needs installed: `yaml` for `yaml/util`, nothing for `node:http`. */
const packageNeeded = ({ to }: Edge): readonly string[] =>
  isPath(to) || to.startsWith('node:') ? [] : [to.split('/', to.startsWith('@') ? 2 : 1).join('/')];

/** What of a package.json says what the package needs. */
interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Where what a package declares differs from what its sources import: one line for each. */
function misdeclared(path: string, { dependencies, peerDependencies }: Manifest, graph: readonly Edge[]): readonly string[] {
  const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
  const imported = new Set(graph.filter(({ from }) => packageOf(from) === path).flatMap(packageNeeded));
  return [
    ...[...imported]
      .filter((name) => !declared.has(name))
      .map((name) => `${path} imports ${name}, which its package.json does not declare`),
    ...[...declared].filter((name) => !imported.has(name)).map((name) => `${path} declares ${name}, which none of its sources imports`),
  ];
}

describe('the import graph', () => {
  const root = join(import.meta.dirname, '..');
  const graph = readImportGraph(root);

  it('has the edges that the design allows, and no cycle', () => {
    expect(graph.length).toBeGreaterThan(0);
    expect(violations(graph)).toEqual([]);
  });

  it('stays within what each package declares, and uses all of it', () => {
    const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
    const manifests = new Map(
      packages.map((path) => [path, JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as Manifest]),
    );
    expect([...manifests].flatMap(([path, manifest]) => misdeclared(path, manifest, graph))).toEqual([]);
  });
});

describe('misdeclared', () => {
  const manifest: Manifest = { dependencies: { rxjs: '1', '@lutra/core': '1' }, peerDependencies: { vitest: '1' } };
  const imports = (...names: readonly string[]): readonly Edge[] => names.map((to) => ({ from: 'packages/rest/src/app.ts', to }));
  const found = (...names: readonly string[]) => misdeclared('packages/rest', manifest, imports(...names));

  it('reports nothing where all that is declared is imported, from whatever path in it', () => {
    expect(found('rxjs/testing', '@lutra/core/node', 'vitest', 'node:fs')).toEqual([]);
  });
  it('reports what is imported and not declared', () => {
    expect(found('rxjs', '@lutra/core', 'vitest', 'zod')).toEqual(['packages/rest imports zod, which its package.json does not declare']);
  });
  it('reports what is declared and only another package imports', () => {
    const elsewhere = { from: 'packages/core/src/index.ts', to: 'rxjs' };
    expect(misdeclared('packages/rest', manifest, [...imports('@lutra/core', 'vitest'), elsewhere])).toEqual([
      'packages/rest declares rxjs, which none of its sources imports',
    ]);
  });
});

describe('violations', () => {
  const core = (path: string): string => `packages/core/src/${path}`;
  const edge = (from: string, to: string): Edge => ({ from, to });
  const titled = (edges: readonly Edge[]) => edges.map((each) => [`${each.from} -> ${each.to}`, each] as const);

  const permitted = [
    edge(core('pass/pass.ts'), core('planner/planning.ts')),
    edge(core('tenant/tenant.ts'), core('commands/decide.ts')),
    edge(core('ports.ts'), core('model/server.ts')),
    edge(core('index.ts'), core('autoscaler.ts')),
    edge(core('tenant/tenant.ts'), 'xstate'),
    edge(core('node.ts'), 'node:crypto'),
    edge(core('testing/store-contract.ts'), 'vitest'),
    edge('packages/openstack/src/transport/fetch.ts', 'undici'),
    edge('packages/simulator/src/http/server.ts', 'node:http'),
    edge('packages/simulator/src/http/server.ts', '@lutra/http'),
    edge('packages/cli/src/serve.ts', '@lutra/core/node'),
  ];
  it.each(titled(permitted))('allows %s', (_, each) => expect(violations([each])).toEqual([]));

  const forbidden = [
    edge(core('model/server.ts'), core('ports.ts')),
    edge(core('policy/cron.ts'), core('commands/decide.ts')),
    edge(core('planner/planning.ts'), core('policy/adjustment.ts')),
    edge(core('planner/membership.ts'), core('pass/listing.ts')),
    edge(core('planner/steps.ts'), core('ports.ts')),
    edge(core('commands/decide.ts'), core('pass/pass.ts')),
    edge(core('pass/pass.ts'), core('tenant/tenant.ts')),
    edge(core('tenant/tenant.ts'), core('host/supervisor.ts')),
    edge(core('tenant/tenant.ts'), core('autoscaler.ts')),
    edge(core('tenant/tenant.ts'), core('store/memory-store.ts')),
    edge(core('ports.ts'), core('commands/commands.ts')),
    edge(core('errors.ts'), core('index.ts')),
    edge(core('newcomer.ts'), core('model/server.ts')),
    edge(core('tenant/tenant.ts'), 'node:fs'),
    edge(core('tenant/tenant.ts'), 'express'),
    edge(core('tenant/tenant.ts'), '@lutra/simulator'),
    edge('packages/testbed/src/run.ts', 'node:fs'),
    edge('packages/testbed/src/run.ts', '@lutra/core/node'),
    edge('packages/testbed/src/run.ts', '@lutra/rest'),
    edge('packages/testbed/src/run.ts', '@lutra/http'),
    edge('packages/simulator/src/world/world.ts', '@lutra/testbed'),
    edge('packages/openstack/src/cloud.ts', '@lutra/simulator'),
    edge('packages/openstack/src/client/calling.ts', 'undici'),
    edge('packages/openstack/src/transport/fetch.ts', 'node:http'),
    edge('packages/http/src/listen.ts', '@lutra/rest'),
    edge('packages/rest/src/app.ts', '@lutra/simulator'),
    edge('packages/rest/src/app.ts', 'packages/core/src/index.ts'),
    edge('packages/cli/src/serve.ts', 'express'),
  ];
  it.each(titled(forbidden))('reports %s', (_, each) => expect(violations([each])).toEqual([expect.stringContaining(each.from)]));

  it('reports a cycle of files once, in full', () => {
    const [a, b, c] = [core('model/a.ts'), core('model/b.ts'), core('model/c.ts')] as const;
    expect(violations([edge(a, b), edge(b, c), edge(c, a), edge(c, core('model/d.ts'))])).toEqual([`cycle: ${[a, b, c, a].join(' -> ')}`]);
  });
});

describe('importsOf', () => {
  it('sees imports by value, by type, at run time and in re-exports', () => {
    const code = `
      import { a } from 'rxjs';
      import type { B } from './b.ts';
      export { c } from '../c.ts';
      export type { D } from './d.ts';
      export const e = await import('node:fs');
      export type F = import('./f.ts').F;
      import './g.ts';
      // import { h } from './h.ts';
      export const i = "import { i } from './i.ts'";
    `;
    expect([...importsOf('packages/core/src/commands/x.ts', code)].sort()).toEqual([
      'node:fs',
      'packages/core/src/c.ts',
      'packages/core/src/commands/b.ts',
      'packages/core/src/commands/d.ts',
      'packages/core/src/commands/f.ts',
      'packages/core/src/commands/g.ts',
      'rxjs',
    ]);
  });

  it('refuses an import whose target it cannot read', () => {
    expect(() => importsOf('packages/core/src/x.ts', 'export const load = (name: string) => import(name);')).toThrow('not a string');
  });
});
