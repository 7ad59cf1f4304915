import { isReservedKey, type JsonObject, type LaunchConfiguration, LutraError, type RawNumber, reservedPrefixes } from '@lutra/core';
import { z } from 'zod';
import { exactIntegerOf, isInteger } from '../exact-json.ts';
import {
  arrayOf,
  asSent,
  briefly,
  cloudId,
  complete,
  describedAsSent,
  exactInteger,
  exactNumber,
  idForm,
  isJsonObject,
  jsonObject,
  strict,
  textMap,
  textOf,
  withinBytes,
} from './fields.ts';

const serverMetadata = textMap({
  keys: {
    rule: 'must not be a key: keys are 1 to 255 letters, digits, spaces and characters of "-_:."',
    accepts: (key) => /^[A-Za-z0-9\-_:. ]{1,255}$/.test(key),
    described: { pattern: `^(?!${reservedPrefixes.join('|')})[A-Za-z0-9\\-_:. ]{1,255}$` },
  },
  values: textOf(0, 255),
});

const mappingRule = 'must be an array of objects';
const blockDevices = arrayOf(jsonObject(), mappingRule).optional();

const reservedRule = `must not be a key: keys that begin with ${reservedPrefixes.map((prefix) => `"${prefix}"`).join(', ')} are set by the autoscaler itself`;

/** What is checked of the Nova server; everything else in it is the cloud's business. */
const checkedServer = z
  .object(
    {
      flavorRef: cloudId,
      imageRef: z.unknown().optional(),
      block_device_mapping: blockDevices,
      block_device_mapping_v2: blockDevices,
      personality: arrayOf(
        z.object({ path: textOf(1, 255).schema, contents: z.string('must be text (base64)') }, 'must be an object'),
        mappingRule,
      ).optional(),
      metadata: serverMetadata.nullable().optional(),
    },
    'must be an object',
  )
  .superRefine((server, context) => {
    for (const key of Object.keys(server.metadata ?? {}).filter(isReservedKey)) {
      context.addIssue({ code: 'custom', path: ['metadata', key], message: reservedRule });
    }
    const { imageRef } = server;
    if (typeof imageRef === 'string' && idForm.test(imageRef)) return;
    const noImage = imageRef === undefined || imageRef === null || imageRef === '';
    if (noImage && (server.block_device_mapping !== undefined || server.block_device_mapping_v2 !== undefined)) return;
    context.addIssue({
      code: 'custom',
      path: ['imageRef'],
      message:
        'must be text of 1 to 256 characters without white space, or absent, null or empty next to a block_device_mapping or block_device_mapping_v2',
    });
  });

const server = asSent<JsonObject>(checkedServer).meta({
  ...describedAsSent(checkedServer),
  additionalProperties: true,
  anyOf: [
    { required: ['imageRef'], properties: { imageRef: { type: 'string', pattern: '^\\S+$', maxLength: 256 } } },
    ...['block_device_mapping', 'block_device_mapping_v2'].map((mapping) => ({
      required: [mapping],
      properties: { imageRef: { enum: [null, ''] } },
    })),
  ],
  description:
    'The Nova server to create. Only these keys are checked, all others go to Nova as they are. imageRef may be absent, null or empty only next to a block device mapping.',
});

const balancerIdRule = 'must be an integer or text of 1 to 256 characters without white space';
const cloudLoadBalancer = strict({
  loadBalancerId: z
    .preprocess(
      exactIntegerOf,
      briefly(z.custom<number | RawNumber | string>((id) => isInteger(id) || (typeof id === 'string' && idForm.test(id)), balancerIdRule)),
    )
    .meta({ anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^\\S+$', maxLength: 256 }] }),
  port: exactInteger('must be an integer', () => true),
  type: z.literal('CloudLoadBalancer').optional(),
});
const rackConnectPool = strict({
  loadBalancerId: cloudId,
  type: z.literal('RackConnectV3'),
});
const loadBalancer = z.discriminatedUnion('type', [cloudLoadBalancer, rackConnectPool], {
  error: (issue) => (issue.code === 'invalid_union' ? 'must be "CloudLoadBalancer" (or absent) or "RackConnectV3"' : 'must be an object'),
});

const loadBalancersRule = 'must be an array of at most 5 load balancers';
const loadBalancers = z
  .array(loadBalancer, loadBalancersRule)
  .max(5, loadBalancersRule)
  .superRefine((entries, context) => {
    const seen = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      const key = JSON.stringify([entry.loadBalancerId, 'port' in entry ? entry.port : null, entry.type ?? null]);
      if (seen.has(key)) context.addIssue(complete('must not repeat an earlier load balancer', [index]));
      seen.add(key);
    }
  })
  .meta({ description: 'No two of them equal.' });

const checkedLaunch = strict({
  type: z.literal('launch_server', 'must be "launch_server"'),
  args: strict({
    server,
    loadBalancers: loadBalancers.optional(),
    draining_timeout: exactNumber('must be a number from 30 to 3600 (seconds)', (value) => value >= 30 && value <= 3_600, {
      minimum: 30,
      maximum: 3_600,
    }).optional(),
  }),
});

/** Bytes that a launch configuration may take as JSON (decision 53). */
const mostLaunchBytes = 256 * 1024;

/** Body of PUT launch (spec/rest.md, section 8): kept as it was sent, raw numbers and all; only null `metadata` of the server goes. */
export const launchConfiguration = withinBytes(asSent<LaunchConfiguration>(checkedLaunch), mostLaunchBytes).transform(
  (sent): LaunchConfiguration => {
    const { metadata, ...others } = sent.args.server;
    return metadata === null ? { ...sent, args: { ...sent.args, server: others } } : sent;
  },
);

const serviceNet = '11111111-1111-1111-1111-111111111111';

/** The configuration, if servers on a Cloud Load Balancer are on the network by which it reaches them: a rule between two fields. */
export function reachableLaunch(sent: LaunchConfiguration): LaunchConfiguration {
  const { server: nova, loadBalancers: balancers = [] } = sent.args;
  const { networks } = nova;
  const needsServiceNet = networks !== undefined && networks !== null && balancers.some(({ type }) => type !== 'RackConnectV3');
  if (needsServiceNet && !(Array.isArray(networks) && networks.some(isServiceNet))) {
    throw new LutraError(
      'validation-failed',
      `launchConfiguration.args.server.networks must contain {"uuid": "${serviceNet}"} (ServiceNet), because Cloud Load Balancers reach servers by it.`,
    );
  }
  return sent;
}

const isServiceNet = (network: unknown): boolean =>
  isJsonObject(network) && network.uuid === serviceNet && Object.keys(network).length === 1;
