/** What a page of another site can do to `lutra serve` as it starts by default, tried in a real browser. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleGroup, exampleTenant } from '../../packages/cli/src/example-group.ts';
import { type RunningServe, startServe, until } from '../cli-serve-process.ts';
import { startChromium } from './chromium.ts';

/** A site of somebody else, and a name of theirs that leads to this machine by now. */
const [site, rebound] = ['pages.example', 'rebound.example'];
let serve: RunningServe;
let pages: Server;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  serve = await startServe('--log-level', 'silent');
  pages = createServer((_req, res) => res.setHeader('Content-Type', 'text/html').end('<title>a page of another site</title>'));
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  browser = await startChromium([site, rebound]);
  page = await browser.newPage();
  await page.goto(`http://${site}:${(pages.address() as AddressInfo).port}/`);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  pages?.close();
  serve?.kill();
});

const groups = `/v1.0/${exampleTenant}/groups`;

/** Sends a request from the page without asking leave first, as any page may; it cannot read the answer. */
const sendBlindly = (url: string, body: string): Promise<string> =>
  page.evaluate(
    async ([to, text]) => {
      // Without a type of its own the body needs no preflight, and an absent type is taken for JSON.
      const answer = await fetch(to, { method: 'POST', mode: 'no-cors', body: new Blob([text]) });
      return answer.type;
    },
    [url, body] as const,
  );

async function groupNames(): Promise<readonly string[]> {
  const body = (await (await fetch(serve.api + groups)).json()) as {
    readonly groups: readonly { readonly state: { readonly name: string } }[];
  };
  return body.groups.map(({ state }) => state.name);
}

/** A request of a client of its own, which no browser bounds. */
async function post<T>(path: string, body: string): Promise<T> {
  const answer = await fetch(serve.api + path, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  expect(answer.status).toBe(201);
  return (await answer.json()) as T;
}

const named = (name: string): string =>
  JSON.stringify({ ...exampleGroup, groupConfiguration: { ...exampleGroup.groupConfiguration, name } });

describe('a page of another site', () => {
  it('creates no group, by whatever name it calls the host', async () => {
    const { port } = new URL(serve.api);
    for (const root of [serve.api, `http://localhost:${port}`, `http://${rebound}:${port}`]) {
      expect(await sendBlindly(root + groups, named(`from a page, at ${root}`))).toBe('opaque');
    }
    const form = `<form method="post" enctype="text/plain" action="${serve.api}${groups}"><input name='${named('from a form').slice(0, -1)},"x' value='":1}'></form>`;
    const other = await browser.newPage();
    await other.goto(page.url());
    await other.setContent(form);
    const [answer] = await Promise.all([
      other.waitForResponse((response) => response.request().method() === 'POST'),
      other.evaluate('document.forms[0].submit()'),
    ]);
    expect(answer.status()).toBe(403);
    await other.close();
    expect(await groupNames()).toEqual([]);
  });

  it('reads and deletes nothing through a name that leads to this machine by now', async () => {
    const { group } = await post<{ readonly group: { readonly id: string } }>(groups, named('kept'));
    const { port } = new URL(serve.api);
    const other = await browser.newPage();
    const shown = await other.goto(`http://${rebound}:${port}${groups}`);
    expect([shown?.status(), await shown?.text()]).toEqual([403, expect.not.stringContaining('kept')]);
    const deleted = await other.evaluate(
      async (path) => (await fetch(path, { method: 'DELETE' })).status,
      `${groups}/${group.id}?force=true`,
    );
    expect(deleted).toBe(403);
    await other.close();
    expect(await groupNames()).toEqual(['kept']);
  });

  it('steers the simulated cloud no more than the API', async () => {
    expect(await sendBlindly(`${serve.cloud}/control/rules`, '{"id":"page","do":{"fault":"ratelimit"}}')).toBe('opaque');
    const rules = await fetch(`${serve.cloud}/control/rules`);
    expect(await rules.text()).not.toContain('"page"');
  });

  it('may call a capability URL', async () => {
    const { group } = await post<{
      readonly group: { readonly id: string; readonly scalingPolicies: readonly [{ readonly id: string }] };
    }>(groups, named('scaled'));
    const path = `${groups}/${group.id}`;
    const { webhooks } = await post<{
      readonly webhooks: readonly [{ readonly links: readonly { readonly rel: string; readonly href: string }[] }];
    }>(`${path}/policies/${group.scalingPolicies[0].id}/webhooks`, JSON.stringify([{ name: 'a page' }]));
    const capability = webhooks[0].links.find(({ rel }) => rel === 'capability')?.href ?? '';
    expect(capability).toContain('/execute/');
    await sendBlindly(capability, '');
    const desired = async (): Promise<number> => {
      const state = (await (await fetch(`${serve.api}${path}/state`)).json()) as { readonly group: { readonly desiredCapacity: number } };
      return state.group.desiredCapacity;
    };
    expect(await until('the policy was executed', desired, (value) => value === 3)).toBe(3);
  });
});
