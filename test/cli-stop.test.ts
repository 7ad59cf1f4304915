/** `lutra stop-all` and `lutra resume-all` against a running `lutra serve`. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { lutra } from './cli-process.ts';
import { startServe, until } from './cli-serve-process.ts';
import {
  activeOf,
  call,
  folderNamed,
  groupsAt,
  keptWith,
  kill,
  makeGroup,
  removeAll,
  serversAt,
  start,
  stop,
  wholeState,
} from './durable-hosts.ts';

const folder = mkdtempSync(join(tmpdir(), 'lutra-stop-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterAll(removeAll);

const json = async (url: string) => (await fetch(url)).json() as Promise<Readonly<Record<string, never>>>;
const metric = async (api: string): Promise<string | undefined> =>
  /^lutra_stopped (\d)$/m.exec(await (await fetch(`${api}/metrics`)).text())?.[1];

describe('lutra stop-all', () => {
  it('lets nothing be created, over a kill of the host too, until lutra resume-all: then groups converge by themselves', {
    timeout: 120_000,
  }, async () => {
    const data = folderNamed('stopped');
    const first = await start(data);
    const { id, active } = await makeGroup(first);
    await keptWith(data, active[1] ?? '');
    const stopped = await lutra(['stop-all', '--url', first.api, '--reason', 'a flood']);
    expect([stopped.code, stopped.stderr]).toEqual([0, '']);
    expect(stopped.stdout).toMatch(
      /^All hosts are stopped since 20\S+Z: a flood\nNo write to the cloud starts until lutra resume-all\.\n$/,
    );
    const { policies } = await call('GET', `${groupsAt(first.api)}/${id}/policies`);
    await call('POST', `${groupsAt(first.api)}/${id}/policies/${policies[0].id}/execute`);
    const planned = await until(
      'the group waits for a third server',
      () => call('GET', `${groupsAt(first.api)}/${id}/state`),
      ({ group }) => group.pendingCapacity === 1,
    );
    expect(planned.group).toMatchObject({ status: 'ACTIVE', desiredCapacity: 3 });
    expect(await json(`${first.api}/health`)).toMatchObject({ healthy: true, writes: { stopped: true, since: expect.any(String) } });
    expect(await metric(first.api)).toBe('1');
    expect(first.output()).toContain('an operator has stopped all hosts');
    await kill(first, data);

    const second = await start(data);
    await until(
      'it says that it is stopped',
      async () => second.output(),
      (output) => output.includes('an operator has stopped all hosts'),
    );
    await pause(5_000); // a server would be made within a second
    expect(await serversAt(second.cloud)).toEqual(active);
    const resumed = await lutra(['resume-all', '--url', `${second.api}/`, '--json']);
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    expect(JSON.parse(resumed.stdout)).toEqual({ stop: { stopped: false, since: null, by: null, reason: null } });
    expect(activeOf(await wholeState(second.api, id, 3))).toEqual(expect.arrayContaining([...active]));
    expect(await json(`${second.api}/health`)).toMatchObject({ healthy: true, writes: { stopped: false, since: null } });
    expect([await metric(second.api), second.output().includes('let writes to the cloud start again')]).toEqual(['0', true]);
    await stop(second);
  });

  it('is for operators, whose token is in LUTRA_TOKEN', { timeout: 60_000 }, async () => {
    const file = join(folder, 'tokens.yaml');
    writeFileSync(file, 'tok-admin: { tenants: [T], roles: [admin] }\ntok-operator: { tenants: [], roles: [operator] }\n', { mode: 0o600 });
    const serve = await startServe('--auth', 'tokens', '--auth.tokens', file);
    const ask = (token: string) => lutra(['stop-all'], { LUTRA_URL: serve.api, LUTRA_TOKEN: token });
    try {
      expect(await ask('')).toEqual({
        ...{ code: 1, stdout: '' },
        stderr: `stop-all: ${serve.api} asks for a token: put yours into LUTRA_TOKEN. Nothing was changed.\n`,
      });
      expect(await ask('wrong')).toMatchObject({ code: 1, stderr: expect.stringContaining('does not know the token in LUTRA_TOKEN') });
      expect(await ask('tok-admin')).toMatchObject({ code: 1, stderr: expect.stringContaining('refuses: Only operators may do this') });
      expect((await json(`${serve.api}/health`)).writes).toMatchObject({ stopped: false });
      expect(await ask('tok-operator')).toMatchObject({ code: 0, stdout: expect.stringContaining('All hosts are stopped since') });
      expect((await json(`${serve.api}/health`)).writes).toMatchObject({ stopped: true });
    } finally {
      serve.kill();
    }
  });

  it('makes the name of a Keystone user known to other operators', { timeout: 60_000 }, async () => {
    const serve = await startServe('--auth', 'keystone');
    try {
      const login = async (username: string): Promise<string> => {
        const body = JSON.stringify({ auth: { passwordCredentials: { username, password: 'password' } } });
        const headers = { 'Content-Type': 'application/json' };
        const answer = await fetch(`${serve.cloud}/v2.0/tokens`, { method: 'POST', body, headers });
        return ((await answer.json()) as { access: { token: { id: string } } }).access.token.id;
      };
      const owner = await lutra(['stop-all', '--url', serve.api], { LUTRA_TOKEN: await login('owner') });
      expect([owner.code, owner.stderr]).toEqual([1, expect.stringContaining('Only operators may do this')]);
      const operator = await lutra(['stop-all', '--url', serve.api], { LUTRA_TOKEN: await login('service') });
      expect(operator).toMatchObject({ code: 0, stdout: expect.stringMatching(/^All hosts are stopped since \S+, by service\n/) });
    } finally {
      serve.kill();
    }
  });

  it.each([
    [['--url', 'nonsense'], 2, 'stop-all: the URL of the host must be an address such as http://127.0.0.1:8080'],
    [['--url', 'http://ann:s3cret@127.0.0.1:1'], 2, 'without user name, password and query'],
    [['--reason', ''], 2, 'stop-all: --reason must have 1 to 500 characters'],
    [['--reason', 'x'.repeat(501)], 2, 'stop-all: --reason must have 1 to 500 characters'],
    [['now'], 2, 'too many arguments'],
  ])('says what is wrong with %j', async (args, code, message) => {
    const ended = await lutra(['stop-all', ...args]);
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([code, '', expect.stringContaining(message)]);
    expect(ended.stderr).not.toMatch(/s3cret|\n\s+at /);
  });

  it('says that nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.close();
    await once(server, 'close');
    const { code, stderr } = await lutra(['stop-all'], { LUTRA_URL: url });
    expect([code, stderr]).toEqual([
      1,
      `stop-all: nobody listens at ${url}. Is the host running there? Name another with --url, or LUTRA_URL.\n`,
    ]);
  });

  it.each<[string, number, string, string]>([
    ['a page', 200, '<p>hello', 'is no lutra: its answer is no JSON'],
    ['other JSON', 200, '{"stop": true}', 'what answered is no lutra: it does not say whether hosts are stopped'],
    ['nothing there', 404, '', 'there is no /admin/stop at'],
    ['a redirect', 302, '', 'answered 302'],
    ['a store that is away', 503, '{"error": {"message": "The store is away."}}', 'answered 503: The store is away.'],
  ])('takes %s for no success', async (_, status, body, message) => {
    const server = createServer((_req, res) => res.writeHead(status, { Location: 'http://127.0.0.1:1/' }).end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ended = await lutra(['resume-all', '--url', `http://127.0.0.1:${port}`]);
    server.close();
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([1, '', expect.stringContaining(message)]);
  });

  it('has a help that says where it asks and how it ends', async () => {
    for (const name of ['stop-all', 'resume-all']) {
      const { code, stdout } = await lutra([name, '--help']);
      expect(code).toBe(0);
      for (const said of ['--url <url>', '--json', 'LUTRA_TOKEN', 'Exit code: 0 when it is done']) expect(stdout).toContain(said);
    }
    const { stdout } = await lutra(['--help']);
    for (const name of ['stop-all', 'resume-all']) expect(stdout).toContain(`  ${name}`);
  });
});
