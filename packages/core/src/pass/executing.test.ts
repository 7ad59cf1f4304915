import { describe, expect, it } from 'vitest';
import { CloudError, type CloudErrorKind } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { JsonValue } from '../model/json.ts';
import { seconds } from '../model/time.ts';
import type { WritingStep } from '../planner/steps.ts';
import { always, asking, permitThat } from '../testing/asking.ts';
import { aNode, aServer, balancer } from '../testing/parts.ts';
import { executeCreate, executeStep, type StepResult, toldToStop } from './executing.ts';

const { id: serverId } = aServer(1);
const { id: nodeId, ...node } = aNode(5);
const because = [{ rule: 'surplus' }] as const;
const change = { condition: 'ENABLED', weight: 1, type: 'PRIMARY' } as const;
const members = [{ poolId: 'p', serverId }] as never;

/** A step of each kind; of `change-node` both ways of it. In the order of the columns below. */
const steps: readonly WritingStep[] = [
  { kind: 'create-server', because },
  { kind: 'delete-server', serverId, because },
  { kind: 'mark-server', serverId, because },
  { kind: 'release-server', serverId, because },
  { kind: 'add-nodes', loadBalancerId: balancer, nodes: [node], because },
  { kind: 'remove-nodes', loadBalancerId: balancer, nodeIds: [nodeId], because },
  { kind: 'change-node', loadBalancerId: balancer, nodeId, change, because },
  { kind: 'change-node', loadBalancerId: balancer, nodeId, change: { ...change, condition: 'DRAINING' }, because },
  { kind: 'add-pool-members', members, because },
  { kind: 'remove-pool-members', members, because },
];
const [create, remove, , , add, take, enable, drain, join] = steps as readonly [WritingStep, ...WritingStep[]];

/**
 * spec/providers.md 3.2, 3.4, 3.5, 4.0, 4.5 to 4.7, 5, 12.1 and 12.6. `E`: ERROR. `r`: tried again, after a backoff; `b`: so, but so many
 * times at most (D11); `l`: so, for the load balancer is locked. `-`: there is nothing to be done any more, and no backoff is in order. `s`: the pass was told to stop.
 */
const table: Readonly<Record<CloudErrorKind, readonly [CloudError['effect'], string]>> = {
  //                                    create delete mark release | add remove enable drain | join leave
  'bad-server-request': ['refused', /*     */ 'E r r r  E E E E  E E'],
  'over-quota': ['refused', /*             */ 'E r r r  E E E E  E E'],
  'no-such-load-balancer': ['refused', /*  */ 'E r r r  E - E -  E E'],
  'load-balancer-deleted': ['refused', /*  */ 'E r r r  E - E -  E E'],
  'node-limit': ['refused', /*             */ 'E r r r  E E E E  E E'],
  'no-such-node': ['refused', /*           */ 'E r r r  E - E E  E E'],
  'duplicate-nodes': ['refused', /*        */ 'r r r r  r r r r  r r'],
  'load-balancer-immutable': ['refused', /**/ 'l l l l  l l l l  l l'],
  'pool-refused': ['refused', /*           */ 'E r r r  E E E E  E E'],
  'pool-not-ready': ['refused', /*         */ 'r r r r  r r r r  r r'],
  'no-such-server': ['refused', /*         */ 'r r r r  r r r r  r r'],
  'metadata-limit': ['refused', /*         */ 'r r r r  r r r r  r r'],
  'no-such-service': ['refused', /*        */ 'E r r r  E E E E  E E'],
  'rate-limited': ['refused', /*           */ 'r r r r  r r r r  r r'],
  unauthorized: ['refused', /*             */ 'b r r r  b b b b  b b'],
  'request-timeout': ['unknown', /*        */ 'b r r r  b b b b  b b'],
  conflict: ['refused', /*                 */ 'E c c c  b b b b  b b'],
  busy: ['refused', /*                     */ 'b r r r  b b b b  b b'],
  'unexpected-refusal': ['refused', /*     */ 'E r r r  E E E E  b E'],
  unreachable: ['refused', /*              */ 'r r r r  r r r r  r r'],
  'server-fault': ['unknown', /*           */ 'r r r r  r r r r  r r'],
  timeout: ['unknown', /*                  */ 'r r r r  r r r r  r r'],
  'answer-lost': ['unknown', /*            */ 'r r r r  r r r r  r r'],
  'bad-answer': ['unknown', /*             */ 'r r r r  r r r r  r r'],
  'not-started': ['unsent', /*             */ 's s s s  s s s s  s s'],
  'not-repeated': ['unknown', /*           */ 'r r r r  r r r r  r r'],
};
const named = (step: WritingStep): string => (step === drain ? 'change-node to DRAINING' : step.kind);
const cells = Object.entries(table).flatMap(([kind, [effect, outcomes]]) =>
  outcomes.split(/ +/).map((outcome, column) => [kind as CloudErrorKind, named(steps[column] ?? create), outcome, effect, column] as const),
);

const writes = [
  'createServer',
  'deleteServer',
  'setServerMetadata',
  'stripServerMetadata',
  'addNodes',
  'changeNode',
  'removeNodes',
] as const;
/** A cloud whose every write is answered like this. */
const cloudThat = (answer: (name: string, args: readonly unknown[]) => Promise<unknown>): TenantCloud =>
  Object.fromEntries(
    [...writes, 'addPoolMembers', 'removePoolMembers'].map((name) => [name, (...args: readonly unknown[]) => answer(name, args)]),
  ) as unknown as TenantCloud;
const carryOut = (step: WritingStep, cloud: TenantCloud): Promise<StepResult> =>
  step.kind === 'create-server' ? executeCreate({ server: {} }, cloud, always) : executeStep(step, cloud, always);
const refusedWith = (step: WritingStep, error: Error): Promise<StepResult> =>
  carryOut(
    step,
    cloudThat(() => Promise.reject(error)),
  );

/** Refusals that meet whoever writes to the load balancer, for whatever. */
const meantForAll = new Set([
  ...['load-balancer-immutable', 'load-balancer-deleted', 'no-such-load-balancer', 'no-such-service'],
  ...['rate-limited', 'request-timeout', 'unauthorized', 'unreachable'],
]);

describe('the results of steps', () => {
  it.each(cells)('%s on %s: %s', async (kind, _name, outcome, effect, column) => {
    const result = await refusedWith(steps[column] ?? create, new CloudError(kind, 'no', { retryAfter: seconds(9) }));
    const again = { status: 'retry', effect, reason: 'no', fault: true, retryAfter: 9000 };
    const expected: Readonly<Record<string, object>> = {
      E: { status: 'failed', effect, reason: expect.any(String), fault: false, refusal: kind },
      r: again,
      b: { ...again, refusedFor: 'The cloud keeps refusing: no' },
      l: { ...again, locked: true },
      c: { status: 'retry', effect, reason: 'no', fault: false, conflict: true },
      s: toldToStop,
      '-': { status: 'retry', effect, reason: 'no', fault: false },
    };
    const { forAll, ...rest } = result;
    expect(rest).toEqual(expected[outcome]);
    expect(forAll ?? false).toBe(outcome !== '-' && meantForAll.has(kind));
  });

  it('say what the tenant may read, in the words of the document where it has any', async () => {
    const reason = async (step: WritingStep | undefined, kind: CloudErrorKind, tenantMessage = '') =>
      (await refusedWith(step ?? create, new CloudError(kind, 'for the log', { tenantMessage }))).reason;
    expect(await reason(add, 'no-such-load-balancer', 'other words')).toBe('Cloud Load Balancer does not exist: 7');
    expect(await reason(enable, 'load-balancer-deleted')).toBe('Cloud Load Balancer is currently being deleted: 7');
    expect(await reason(drain, 'no-such-node')).toBe('Node n5 of Cloud Load Balancer 7 does not exist');
    expect(await reason(add, 'node-limit', 'Cannot create more than 25 nodes')).toBe('Cannot create more than 25 nodes');
    expect(await reason(create, 'over-quota', 'Servers cannot be created: Quota')).toBe('Servers cannot be created: Quota');
    expect(await reason(create, 'unexpected-refusal')).toBe('Unknown error occurred');
    expect(await reason(take, 'unexpected-refusal')).toBe('Unknown error occurred');
    expect(await reason(remove, 'unexpected-refusal', 'for the tenant')).toBe('for the log');
  });

  it("pass the cloud's own reason on where there is no sentence", async () => {
    const refused = new CloudError('unexpected-refusal', 'for the log', { cloudReason: 'Port 0 is\ninvalid' });
    expect((await refusedWith(add ?? create, refused)).reason).toBe('The cloud refused: Port 0 is invalid');
    const conflict = new CloudError('conflict', 'for the log', { cloudReason: 'Multiple possible networks found' });
    expect(await refusedWith(create, conflict)).toMatchObject({
      status: 'failed',
      reason: 'The cloud refused: Multiple possible networks found',
    });
    expect((await refusedWith(add ?? create, conflict)).refusedFor).toBe('The cloud keeps refusing: Multiple possible networks found');
  });

  it('keep the sentence of a refusal that is tried again for the day that the tries are over', async () => {
    const refused = new CloudError('conflict', 'for the log', { tenantMessage: 'That key is taken' });
    expect((await refusedWith(join ?? create, refused)).refusedFor).toBe('The cloud keeps refusing: That key is taken');
  });
});

describe('executeStep', () => {
  it('makes the one call that the step is for, and has the group looked at again', async () => {
    const sent: JsonValue[] = [];
    const cloud = cloudThat(async (name, args) => void sent.push([name, ...(args.slice(0, -1) as JsonValue[])]));
    const results = await Promise.all(steps.slice(1).map((step) => carryOut(step, cloud)));
    expect(sent).toEqual([
      ['deleteServer', 's1'],
      ['setServerMetadata', 's1', 'rax:autoscale:server:state', 'DRAINING'],
      ['stripServerMetadata', 's1', ['rax:autoscale:', 'rax:auto_scaling', 'lutra:']],
      ['addNodes', '7', [node]],
      ['removeNodes', '7', ['n5']],
      ['changeNode', '7', 'n5', change],
      ['changeNode', '7', 'n5', { ...change, condition: 'DRAINING' }],
      ['addPoolMembers', members],
      ['removePoolMembers', members],
    ]);
    for (const result of results) expect(result).toMatchObject({ status: 'retry', effect: 'accepted', fault: false });
  });
});

describe('executeCreate', () => {
  it('sends the request as it was put together, and waits for the server', async () => {
    const created = { id: serverId, links: [] };
    const cloud = cloudThat(async (name, args) => (name === 'createServer' && args[0] === request ? created : undefined));
    const request = { server: { name: 'web' } };
    expect(await executeCreate(request, cloud, always)).toMatchObject({ status: 'retry', effect: 'accepted', fault: false, created });
  });

  it('is not sent without its permit, and passes on what the permit rejects with', async () => {
    const asked: string[] = [];
    const cloud = asking({ createServer: async () => void asked.push('sent') });
    expect(
      await executeCreate(
        { server: {} },
        cloud,
        permitThat(async () => false),
      ),
    ).toBe(toldToStop);
    await expect(
      executeCreate(
        { server: {} },
        cloud,
        permitThat(() => Promise.reject(new Error('oops'))),
      ),
    ).rejects.toThrow('oops');
    expect(asked).toEqual([]);
  });
});
