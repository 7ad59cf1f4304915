/** Every row of spec/providers.md, section 3, and spec/openstack.md, section 1, that is about an answer of Nova: code and body -> result. */
import { CloudError, type JsonValue, type ServerId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { classifyNova } from './classify-nova.ts';
import type { NovaCall } from './nova-calls.ts';
import { type Failed, forGood, html, overLimit, type Row, refused, shownOf, unknown, wrapped } from './testing/results.ts';

const serverId = 's1' as ServerId;
const calls = {
  list: { op: 'server.list', query: 'limit=100' },
  get: { op: 'server.get', serverId },
  create: { op: 'server.create', request: { server: { name: 'web' } } },
  delete: { op: 'server.delete', serverId },
  readMetadata: { op: 'server.get_metadata', serverId },
  mark: { op: 'server.set_metadata', serverId, key: 'rax:autoscale:server:state', value: 'DRAINING' },
  strip: { op: 'server.replace_metadata', serverId, metadata: {} },
  image: { op: 'image.get', id: 'i1' },
  glance: { op: 'glance_image.get', id: 'i1' },
  flavor: { op: 'flavor.get', id: '2' },
  limits: { op: 'limits.get' },
} as const satisfies Record<string, NovaCall>;

const bad = (message: string): JsonValue => wrapped('badRequest', message);
const no = (message: string): JsonValue => wrapped('forbidden', message, 403);
const busy = (message: string): JsonValue => wrapped('conflictingRequest', message, 409);
const boom = wrapped('computeFault', 'boom', 500);
const noSuchServer = wrapped('itemNotFound', 'Instance s1 could not be found.', 404);
/** What Nova says is shown to the tenant. */
const invalid = (said: string): Failed => forGood('bad-server-request', `Server launch configuration is invalid: ${said}`);
const over = (said: string): Failed => forGood('over-quota', `Servers cannot be created: ${said}`);

const preamble = '403 Forbidden\n\nAccess was denied to this resource.\n\n ';
const notAllowed = 'Networks (00000000-0000-0000-0000-000000000000) not allowed';
const required = 'Networks (00000000-0000-0000-0000-000000000000,11111111-1111-1111-1111-111111111111) required but missing';
const exactlyOne = 'Exactly 1 isolated network(s) must be attached';
const badNetworks = 'Bad networks format: network uuid is not in proper format (x)';
const ramQuota = 'Quota exceeded for ram: Requested 1024, but already used 131072 of 131072 ram';
const twoQuotas = 'Quota exceeded for cores, ram: Requested 4, 8192, but already used 1, 512 of 4, 4096 cores, ram';
const severalNetworks = 'Multiple possible networks found, use a Network ID to be more specific.';
const unknownKey = "Additional properties are not allowed ('foo' was unexpected)";
const building = "Cannot 'update metadata' instance s1 while it is in vm_state building";
const anotherProject = "Malformed request URL: URL's project_id 'A' doesn't match Context's project_id 'B'";
const tooLarge = 'Request is too large. Larger than max_request_body_size (114688).';
const largeBody = { message: tooLarge, code: '413 Request Entity Too Large', title: 'Request Entity Too Large' };
const wrongUrl = { message: 'The resource could not be found.<br /><br />\n\n\n', code: '404 Not Found', title: 'Not Found' };
const unauthorized = { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } };
const onlyAdministrators = 'Only administrators may list deleted instances';
const microversion = 'Version 2.94 is not supported by the API. Minimum is 2.1 and maximum is 2.93.';

const rows: readonly Row<keyof typeof calls, 'done' | 'absent'>[] = [
  ['providers 3.1: 200 is a page', 'list', 200, { servers: [] }, 'done'],
  ['providers 3.1: 413 overLimit is a rate limit', 'list', 413, overLimit, refused('rate-limited')],
  ['providers 3.1: 500 computeFault', 'list', 500, boom, unknown('server-fault')],
  ['providers 3.1: anything else is an error by its status', 'list', 404, html, forGood('unexpected-refusal')],
  ['providers 3.2: 202 is accepted', 'create', 202, { server: { id: 's1' } }, 'done'],
  ['providers 3.2: 400 image', 'create', 400, bad('Can not find requested image'), invalid('Can not find requested image')],
  ['providers 3.2: 400 key', 'create', 400, bad('Invalid key_name provided.'), invalid('Invalid key_name provided.')],
  ['providers 3.2: 400 networks', 'create', 400, bad(badNetworks), invalid(badNetworks)],
  ['providers 3.2: 403 text, public network forbidden', 'create', 403, `${preamble}${notAllowed}  `, invalid(notAllowed)],
  ['providers 3.2: 403 text, networks required', 'create', 403, `${preamble}${required}\n`, invalid(required)],
  ['providers 3.2: 403 text, exactly one isolated network', 'create', 403, `${preamble}${exactlyOne}`, invalid(exactlyOne)],
  ['providers 3.2: 403 text of another kind', 'create', 403, `${preamble}No.`, forGood('unexpected-refusal', '', { cloudReason: '' })],
  ['providers 3.2: 403 quota of one resource', 'create', 403, no(ramQuota), over(ramQuota)],
  ['openstack 1: 403 quota of two resources', 'create', 403, no(twoQuotas), over(twoQuotas)],
  ['providers 3.2: 413 overLimit', 'create', 413, overLimit, refused('rate-limited', { tenantMessage: '' })],
  ['providers 3.2: 500, the server may exist', 'create', 500, boom, unknown('server-fault', { cloudReason: '' })],
  ['providers 3.2, 12.1: 401 is tried again', 'create', 401, wrapped('unauthorized', 'No valid token', 401), refused('unauthorized')],
  ['providers 3.2: 404', 'create', 404, noSuchServer, forGood('unexpected-refusal')],
  ['providers 3.2: 418', 'create', 418, 'teapot', forGood('unexpected-refusal')],
  ['providers 3.2: 400 that cannot be read', 'create', 400, html, forGood('unexpected-refusal', '', { cloudReason: '' })],
  ['providers 3.2: 403 that cannot be read', 'create', 403, html, forGood('unexpected-refusal')],
  ['providers 3.2: 502 of a proxy', 'create', 502, html, unknown('server-fault', { cloudReason: '' })],
  ['providers 3.2: another 2xx is no answer', 'create', 200, { server: { id: 's1' } }, unknown('bad-answer')],
  ['providers 12.1: 429', 'create', 429, undefined, refused('rate-limited', { retryAfter: 7000 }), { 'retry-after': '7' }],
  ['planner D25: 503 with Retry-After', 'create', 503, html, unknown('server-fault', { retryAfter: 7000 }), { 'retry-after': '7' }],
  ['planner D26: 408 leaves the effect unknown', 'create', 408, undefined, unknown('request-timeout')],
  ['planner D26, openstack N11: 409', 'create', 409, busy(severalNetworks), refused('conflict', { cloudReason: severalNetworks })],
  ['planner D26: 409 with Retry-After passes', 'create', 409, busy('Busy.'), refused('busy', { retryAfter: 3000 }), { 'retry-after': '3' }],
  ['planner D26, openstack N16: 413 body too large', 'create', 413, largeBody, invalid(tooLarge)],
  ['planner D26: 413 with nothing to read is no limit', 'create', 413, undefined, forGood('unexpected-refusal')],
  ['openstack N17: 413 of a proxy', 'create', 413, html, refused('rate-limited', { retryAfter: 30_000 }), { 'retry-after': '30' }],
  ['providers 3.3: 200', 'get', 200, { server: { id: 's1' } }, 'done'],
  ['providers 3.3: 404 itemNotFound', 'get', 404, noSuchServer, 'absent'],
  ['providers 3.3: 413', 'get', 413, overLimit, refused('rate-limited')],
  ['providers 3.3: 500', 'get', 500, boom, unknown('server-fault')],
  ['providers 3.4: 204', 'delete', 204, undefined, 'done'],
  ['providers 3.4: 404 is gone already', 'delete', 404, noSuchServer, 'done'],
  ['providers 3.4: another code', 'delete', 500, boom, unknown('server-fault')],
  ['providers 3.5: 200', 'mark', 200, { meta: {} }, 'done'],
  ['providers 3.5: 404 itemNotFound', 'mark', 404, noSuchServer, refused('no-such-server')],
  ['providers 3.5: 403 metadata', 'mark', 403, no('Maximum number of metadata items exceeds 40'), refused('metadata-limit')],
  ['providers 3.5: 413', 'mark', 413, overLimit, refused('rate-limited')],
  ['providers 3.6: GET metadata', 'readMetadata', 200, { metadata: {} }, 'done'],
  ['providers 3.6: GET metadata of no server', 'readMetadata', 404, noSuchServer, refused('no-such-server')],
  ['providers 3.6: PUT metadata', 'strip', 200, { metadata: {} }, 'done'],
  ['providers 3.6: PUT metadata of no server', 'strip', 404, noSuchServer, refused('no-such-server')],
  ['providers 7: image 203', 'image', 203, { image: {} }, 'done'],
  ['providers 7: image 404', 'image', 404, wrapped('itemNotFound', 'Image not found.', 404), 'absent'],
  ['providers 7: image of Glance 404, in HTML', 'glance', 404, '<html><body>No image found with ID i1<br /></body></html>', 'absent'],
  ['providers 7: flavor 404', 'flavor', 404, wrapped('itemNotFound', 'The resource could not be found.', 404), 'absent'],
  ['providers 7: limits', 'limits', 200, { limits: {} }, 'done'],
  ['openstack N1: metadata of a building server, later', 'mark', 409, busy(building), refused('conflict')],
  ['openstack N1: the same of all metadata', 'strip', 409, busy(building), refused('conflict')],
  ['openstack N7, N8: 403 of a policy', 'list', 403, no(onlyAdministrators), forGood('unexpected-refusal')],
  ['openstack N10: 400 of a listing', 'list', 400, bad('bad sort key'), forGood('unexpected-refusal')],
  ['openstack N12: 400 unknown key', 'create', 400, bad(unknownKey), invalid(unknownKey)],
  ['openstack N14: 400 metadata key', 'mark', 400, bad("'k/x' does not match"), forGood('unexpected-refusal')],
  ['openstack N15: 403 metadata', 'mark', 403, no('Maximum number of metadata items exceeds 128'), refused('metadata-limit')],
  [
    'openstack N15: 403 metadata of a launch configuration',
    'create',
    403,
    no('Maximum number of metadata items exceeds 128'),
    invalid('Maximum number of metadata items exceeds 128'),
  ],
  ['openstack N18: 400', 'create', 400, bad('Invalid zone'), invalid('Invalid zone')],
  ['openstack N19: 403 personality', 'create', 403, no('Personality file limit exceeded'), invalid('Personality file limit exceeded')],
  ['openstack N20: 400 flavor', 'create', 400, bad('Flavor x could not be found.'), invalid('Flavor x could not be found.')],
  ['openstack N22: 400 image', 'create', 400, bad("'x' is not valid"), invalid("'x' is not valid")],
  ['openstack N23: 400 malformed JSON', 'create', 400, bad('Malformed request body'), invalid('Malformed request body')],
  ['openstack N24: 401 as Keystone words it', 'get', 401, unauthorized, refused('unauthorized')],
  ['openstack N25: 400 project of another token', 'create', 400, bad(anotherProject), refused('unauthorized', { tenantMessage: '' })],
  ['openstack N25: the same in a listing', 'list', 400, bad(anotherProject), refused('unauthorized')],
  ['openstack N26: 404 server of another project', 'delete', 404, noSuchServer, 'done'],
  ['openstack N27: 404 of a wrong URL is no "there is none"', 'get', 404, wrongUrl, forGood('unexpected-refusal')],
  ['openstack N27: 404 of a wrong URL deletes nothing', 'delete', 404, wrongUrl, forGood('unexpected-refusal')],
  ['openstack N29: 406', 'get', 406, wrapped('computeFault', microversion, 406), forGood('unexpected-refusal')],
  ['openstack N36: 409 locked, DELETE', 'delete', 409, busy('Instance s1 is locked'), refused('conflict')],
  ['openstack N36: 409 locked, metadata', 'mark', 409, busy('Instance s1 is locked'), refused('conflict')],
  ['openstack 2: 500 for a server of a cell that is down', 'get', 500, boom, unknown('server-fault')],
];

const ofCreate = (said: string): CloudError => {
  const verdict = classifyNova(calls.create, { status: 400, headers: {}, body: bad(said) });
  return verdict.outcome === 'failed' ? verdict.error : new CloudError('bad-answer', verdict.outcome);
};

describe('classifyNova', () => {
  for (const [title, name, status, body, result, headers = {}] of rows) {
    it(title, () => {
      const verdict = classifyNova(calls[name], { status, headers, body });
      if (typeof result === 'string') expect(verdict).toEqual({ outcome: result });
      else expect(shownOf(verdict)).toMatchObject({ retryAfter: undefined, ...result, told: `${calls[name].op}: ${status}` });
    });
  }

  it('openstack N13: cuts what it shows, and shows no secret that Nova quotes', () => {
    const quoted = `Invalid input for field/attribute user_data. Value: ${'c2VjcmV0 '.repeat(12_000)}. Too long`;
    expect(ofCreate(quoted).tenantMessage).toBe(
      'Server launch configuration is invalid: Invalid input for field/attribute user_data. Value: ***',
    );
    const long = ofCreate('a b '.repeat(40_000));
    expect(long.tenantMessage.length).toBeLessThan(400);
    expect(long.message.length).toBeLessThan(400);
  });
});
