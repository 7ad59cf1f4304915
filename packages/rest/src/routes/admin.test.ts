import { epochMs, type GroupId, LutraError, type ObservedPart, type SetSwitch, type Switches, type TenantId } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { tokenList } from '../auth/tokens.ts';
import { errorType, only, resources, serve, stopServing } from '../testing/served-app.ts';

afterEach(stopServing);

const since = epochMs(1_790_000_000_000);
const asText = '2026-09-21T14:13:20.000Z';
const unset = { since: null, by: null, reason: null };

/** An autoscaler of which operators ask something: what they set, and a list of what they asked. */
function operated() {
  const asked: unknown[] = [];
  let switches: Switches = { stopAll: null, observedTenants: [], observedGroups: [] };
  const set = (reason: string | undefined): SetSwitch => ({ since, by: 'ann', reason: reason ?? null });
  const without = ({ tenantId, groupId }: ObservedPart): Switches => ({
    ...switches,
    observedTenants: switches.observedTenants.filter((one) => groupId !== undefined || one.tenantId !== tenantId),
    observedGroups: switches.observedGroups.filter((one) => one.tenantId !== tenantId || one.groupId !== groupId),
  });
  const autoscaler = only({
    switches: async () => switches,
    stopAll: async (reason) => {
      asked.push(['stopAll', reason]);
      switches = { ...switches, stopAll: set(reason) };
    },
    resumeAll: async () => {
      asked.push(['resumeAll']);
      switches = { ...switches, stopAll: null };
    },
    observeOnly: async (part, reason) => {
      asked.push(['observeOnly', part, reason]);
      if (part.groupId === 'none') throw new LutraError('group-not-found', 'No such');
      const { tenantId, groupId } = part;
      if (groupId === undefined) switches = { ...switches, observedTenants: [{ tenantId, ...set(reason) }] };
      else switches = { ...switches, observedGroups: [{ tenantId, groupId, ...set(reason) }] };
    },
    endObserveOnly: async (part) => {
      asked.push(['endObserveOnly', part]);
      switches = without(part);
    },
  });
  return { asked, autoscaler };
}

describe('addAdmin', () => {
  it('stops all hosts and lets them go on, and shows since when, by whom and why', async () => {
    const { asked, autoscaler } = operated();
    const send = await serve(autoscaler);
    const json = async (method: string, body?: object) => {
      const res = await send(method, '/admin/stop', body && JSON.stringify(body));
      return [res.status, await res.json()];
    };
    const going = [200, { stop: { stopped: false, ...unset } }];
    const stopped = [200, { stop: { stopped: true, since: asText, by: 'ann', reason: 'a flood' } }];
    expect(await json('GET')).toEqual(going);
    expect(await json('PUT', { stopped: true, reason: 'a flood' })).toEqual(stopped);
    expect(await json('GET')).toEqual(stopped);
    expect(await json('PUT', { stopped: false })).toEqual(going);
    expect(await json('PUT', { stopped: true })).toEqual([200, { stop: { stopped: true, since: asText, by: 'ann', reason: null } }]);
    expect(asked).toEqual([['stopAll', 'a flood'], ['resumeAll'], ['stopAll', undefined]]);
  });

  it('has a tenant or a group only observed, and shows which are', async () => {
    const { asked, autoscaler } = operated();
    const send = await serve(autoscaler);
    const json = async (method: string, path: string, body?: object) =>
      (await send(method, `/admin/observe-only${path}`, body && JSON.stringify(body))).json();
    const said = { since: asText, by: 'ann', reason: 'a first look' };
    const on = { observeOnly: true, reason: 'a first look' };
    expect(await json('GET', '/T')).toEqual({ observeOnly: false, ...unset });
    expect(await json('PUT', '/T', on)).toEqual({ observeOnly: true, ...said });
    expect(await json('GET', '/T/G')).toEqual({ observeOnly: false, ...unset });
    expect(await json('PUT', '/T/G', on)).toEqual({ observeOnly: true, ...said });
    expect(await json('GET', '')).toEqual({ tenants: [{ tenantId: 'T', ...said }], groups: [{ tenantId: 'T', groupId: 'G', ...said }] });
    expect(await json('PUT', '/T', { observeOnly: false })).toEqual({ observeOnly: false, ...unset });
    expect(await json('GET', '/T/G')).toEqual({ observeOnly: true, ...said });
    expect(await json('PUT', '/T/none', on)).toMatchObject({ error: { type: 'NoSuchScalingGroupError' } });
    const [T, G] = ['T' as TenantId, 'G' as GroupId];
    expect(asked.slice(0, 3)).toEqual([
      ['observeOnly', { tenantId: T }, 'a first look'],
      ['observeOnly', { tenantId: T, groupId: G }, 'a first look'],
      ['endObserveOnly', { tenantId: T }],
    ]);
  });

  it.each([
    ['{}', 'ValidationError', 'stopped is missing: it must be true or false'],
    ['{"stopped": "yes"}', 'ValidationError', 'stopped must be true or false'],
    ['{"stopped": true, "reason": ""}', 'ValidationError', 'reason must be text of 1 to 500 characters'],
    [`{"stopped": true, "reason": "${'x'.repeat(501)}"}`, 'ValidationError', 'reason must be text of 1 to 500 characters'],
    ['{"stopped": true, "why": "x"}', 'ValidationError', 'unknown key "why"'],
    ['{', 'InvalidJsonError', ''],
  ])('refuses the body %s, and does nothing', async (body, type, message) => {
    const { asked, autoscaler } = operated();
    const send = await serve(autoscaler);
    const res = await send('PUT', '/admin/stop', body);
    const { error } = JSON.parse(await res.text());
    expect([res.status, error.type, asked]).toEqual([400, type, []]);
    expect(error.message).toContain(message);
  });

  it('is for operators: 401 without a good token and 403 for everybody else, before anything is looked at', async () => {
    const { asked, autoscaler } = operated();
    const authenticator = tokenList({
      admin: { tenants: ['T'], roles: ['autoscale:admin', 'admin', 'identity:user-admin'] },
      observer: { tenants: ['T'], roles: ['observer'] },
      operator: { tenants: [], roles: ['operator'] },
    });
    const send = await serve(autoscaler, { authenticator });
    const paths = resources.flatMap(([path]) => (path.startsWith('/admin/') ? [path] : []));
    for (const path of [...paths, '/admin', '/admin/nothing']) {
      for (const method of ['GET', 'PUT', 'PATCH']) {
        for (const [token, status, type] of [
          [undefined, 401, 'InvalidCredentials'],
          ['unknown', 401, 'InvalidCredentials'],
          ['observer', 403, 'Forbidden'],
          ['admin', 403, 'Forbidden'],
        ] as const) {
          const res = await send(method, path, method === 'GET' ? undefined : '{', token === undefined ? {} : { 'X-Auth-Token': token });
          expect([path, method, token, res.status, await errorType(res)]).toEqual([path, method, token, status, type]);
        }
      }
    }
    const headers = { 'X-Auth-Token': 'operator' };
    expect((await send('PUT', '/admin/stop', '{"stopped": true}', headers)).status).toBe(200);
    expect((await send('GET', '/admin/nothing', undefined, headers)).status).toBe(404);
    expect((await send('GET', '/v1.0/T/groups', undefined, headers)).status).toBe(403);
    expect(asked).toEqual([['stopAll', undefined]]);
  });
});
