/** Lists page by page, and manifests, which are never cut. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, type Json, urlRoot } from './rest-client.ts';
import { api, byOne, make, makeGroup, start, stop } from './rest-walking.ts';

afterEach(stop);

describe('pages', () => {
  it('go through every list in the order of ids, each item once', async () => {
    await start();
    const groups = await Promise.all(Array.from({ length: 5 }, () => makeGroup()));
    const [group = ''] = groups;
    const policies = await make(`${group}/policies`, ...Array(4).fill(byOne));
    const webhooks = await make(`${policies[0]}/webhooks`, ...Array(3).fill({ name: 'a' }));
    for (const [collection, key, paths] of [
      ['/v1.0/T/groups', 'groups', groups],
      [`${group}/policies`, 'policies', policies],
      [`${policies[0]}/webhooks`, 'webhooks', webhooks],
    ] as const) {
      const seen: string[] = [];
      let next: string | undefined = `${collection}/?limit=2`;
      while (next !== undefined) {
        const { status, body }: Answer = await api.send('GET', next);
        expect(status).toBe(200);
        seen.push(...body[key].map(({ id }: Json) => `${collection}/${id}`));
        const links: Json[] = body[`${key}_links`];
        expect(links).toEqual(
          body[key].length < 2 ? [] : [{ href: `${urlRoot}${collection}/?limit=2&marker=${body[key][1].id}`, rel: 'next' }],
        );
        next = links[0]?.href.slice(urlRoot.length);
      }
      expect(seen).toEqual([...paths].sort());
    }
  });

  it('do not cut a manifest, which links to the second page when there is one', async () => {
    await start();
    const group = await makeGroup();
    const made = await make(`${group}/policies`, ...Array(100).fill(byOne));
    const { body } = await api.send('GET', group);
    const collection = `${urlRoot}${group}/policies/`;
    expect(body.group.scalingPolicies).toHaveLength(100);
    expect(body.group.scalingPolicies_links).toEqual([
      { href: collection, rel: 'policies' },
      { href: `${collection}?limit=100&marker=${[...made].sort()[99]?.split('/').at(-1)}`, rel: 'next' },
    ]);
  });

  it('link from a manifest to what comes after the hundredth item, however many it shows', async () => {
    await start({ limits: { groups: 1, policiesPerGroup: 200, webhooksPerPolicy: 200 } });
    const group = await makeGroup();
    const made = [...(await make(`${group}/policies`, ...Array(100).fill(byOne))), ...(await make(`${group}/policies`, byOne, byOne))];
    const [first = ''] = made.sort();
    const hooks = [...Array(100).fill({ name: 'a' })];
    const webhooks = [...(await make(`${first}/webhooks`, ...hooks)), ...(await make(`${first}/webhooks`, { name: 'b' }))].sort();
    const { scalingPolicies, scalingPolicies_links } = (await api.send('GET', `${group}?webhooks=true`)).body.group;
    expect(scalingPolicies.map(({ id }: Json) => `${group}/policies/${id}`)).toEqual(made);
    expect(scalingPolicies[0].webhooks.map(({ id }: Json) => `${first}/webhooks/${id}`)).toEqual(webhooks);
    for (const [links, items, key] of [
      [scalingPolicies_links, made, 'policies'],
      [scalingPolicies[0].webhooks_links, webhooks, 'webhooks'],
    ] as const) {
      const rest = (await api.send('GET', links[1].href.slice(urlRoot.length))).body[key];
      expect(rest.map(({ id }: Json) => id)).toEqual(items.slice(100).map((path) => path.split('/').at(-1)));
    }
  });
});
