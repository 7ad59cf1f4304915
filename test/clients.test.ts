/** Clients of other projects, unmodified, against `lutra cloud`. Each is skipped, saying why, where it is not installed. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launcher, root } from './cli-process.ts';

const folder = join(root, 'test/clients');
/** Debian's packages belong to Debian's Python, whatever else is on the path. */
const python = '/usr/bin/python3';

/** Why a client cannot be tested here; empty when it can. */
const whyNot = {
  novaclient: withoutModule('novaclient', 'python3-novaclient'),
  openstacksdk: withoutModule('openstack', 'python3-openstacksdk'),
  libcloud: withoutModule('libcloud', 'python3-libcloud'),
  pkgcloud: existsSync(join(folder, 'node_modules/pkgcloud')) ? '' : 'not installed: npm ci --prefix test/clients --ignore-scripts',
};
function withoutModule(module: string, debianPackage: string): string {
  return spawnSync(python, ['-c', `import ${module}`]).status === 0 ? '' : `not installed: apt-get install ${debianPackage}`;
}
/** The name of a test, with the reason where it is skipped. */
const named = (client: keyof typeof whyNot, name: string): string => (whyNot[client] === '' ? name : `${name} (${whyNot[client]})`);

let base = '';
let stop = (): void => {};
beforeAll(async () => {
  const child = spawn(process.execPath, [launcher, 'cloud', '--port', '0'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  stop = () => void child.kill('SIGTERM');
  let written = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    written += chunk;
    base = /^ {2}cloud +(http:\S+)/m.exec(written)?.[1] ?? '';
    if (base !== '') return;
  }
  throw new Error(`lutra cloud ended: ${written}`);
}, 30_000);
afterAll(() => stop());

const run = promisify(execFile);
/** What a session prints. */
async function session(command: string, script: string): Promise<Record<string, unknown>> {
  const { stdout } = await run(command, [join(folder, script), base], { timeout: 60_000 });
  return JSON.parse(stdout);
}

describe('lutra cloud', () => {
  it.skipIf(whyNot.novaclient)(named('novaclient', 'serves novaclient'), { timeout: 70_000 }, async () => {
    expect(await session(python, 'novaclient_session.py')).toEqual({
      first: 'BUILD',
      active: 'ACTIVE',
      listed: ['from-novaclient'],
      metadata: { a: 'b', c: 'd' },
      status: 'HARD_REBOOT',
      networks: ['private', 'public'],
      limits: { maxPersonality: 5 },
    });
  });

  it.skipIf(whyNot.openstacksdk)(named('openstacksdk', 'serves openstacksdk'), { timeout: 70_000 }, async () => {
    expect(await session(python, 'openstacksdk_session.py')).toEqual({
      images: 4,
      first: 'BUILD',
      active: 'ACTIVE',
      listed: ['from-openstacksdk'],
      networks: ['private'],
      left: false,
    });
  });

  it.skipIf(whyNot.libcloud)(
    named('libcloud', 'serves libcloud: servers, and load balancers with nodes'),
    { timeout: 70_000 },
    async () => {
      const seen = await session(python, 'libcloud_session.py');
      expect(seen).toMatchObject({ password: true, listed: true, protocols: true, detached: true, destroyed: true, deleted: true });
      expect(seen.members).toEqual([
        [seen.address, 80],
        ['10.200.0.1', 8080],
      ]);
    },
  );

  it.skipIf(whyNot.pkgcloud)(
    named('pkgcloud', 'serves pkgcloud: servers, and load balancers with nodes'),
    { timeout: 70_000 },
    async () => {
      const seen = await session(process.execPath, 'pkgcloud-session.cjs');
      expect(seen).toEqual({
        first: 'BUILD',
        listed: true,
        flavor: 2048,
        nodes: [expect.stringMatching(/^10\.176\..*:80$/), '10.200.0.1:8080'],
        left: 1,
      });
    },
  );
});
