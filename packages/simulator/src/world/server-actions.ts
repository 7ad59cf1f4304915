/** What Nova does with a server on request: which states an action wants, which it goes through, and what it answers. */

import type { JsonObject, JsonValue } from '@lutra/core';
import { flavors, longestName } from './catalogue.ts';
import { objectOf, ownOf, textOf } from './json-values.ts';
import type { ActionAnswer } from './nova-calls.ts';
import { lastSegment } from './reference.ts';
import { type Refusal, refusals } from './refusal.ts';
import type { ServerRecord } from './server-record.ts';
import { vmStateOf } from './server-status.ts';
import { whyBadMetadata } from './server-validation.ts';
import type { Tenant } from './tenant.ts';

interface Action {
  /** Nova statuses in which it is taken; absent: any. */
  readonly from?: readonly string[];
  /** What is wrong with what came with it. */
  readonly refuse?: (tenant: Tenant, details: JsonObject) => Refusal | undefined;
  readonly act: (tenant: Tenant, server: ServerRecord, details: JsonObject, password: () => string) => ActionAnswer;
}

const accepted: ActionAnswer = { status: 202 };
const running = ['ACTIVE'];
const stoppable = ['ACTIVE', 'SHUTOFF', 'ERROR', 'RESCUE', 'SUSPENDED', 'PAUSED'];
/** Goes through a status, back to ACTIVE. */
const passing = (from: readonly string[], through: string): Action => ({
  from,
  act: ({ compute }, server) => {
    compute.become(server, through, 'ACTIVE');
    return accepted;
  },
});
/** Is in a status until something else happens. */
const staying = (from: readonly string[], status: string): Action => ({
  from,
  act: ({ compute }, server) => {
    compute.become(server, status);
    return accepted;
  },
});

export const serverActions: Readonly<Record<string, Action>> = {
  reboot: {
    from: [...stoppable, 'REBOOT', 'HARD_REBOOT'],
    refuse: (_tenant, { type }) =>
      ['SOFT', 'HARD'].includes(textOf(type)?.toUpperCase() ?? '')
        ? undefined
        : refusals.badRequest("Argument 'type' for reboot is not HARD or SOFT"),
    act: ({ compute }, server, { type }) => {
      compute.become(server, textOf(type)?.toUpperCase() === 'HARD' ? 'HARD_REBOOT' : 'REBOOT', 'ACTIVE');
      return accepted;
    },
  },
  resize: {
    from: ['ACTIVE', 'SHUTOFF'],
    refuse: (_tenant, { flavorRef }) => {
      const id = lastSegment(textOf(flavorRef));
      if (id === undefined) return refusals.badRequest('Resize requests require flavorRef attribute.');
      return flavors.has(id) ? undefined : refusals.badRequest('Unable to locate requested flavor.');
    },
    act: ({ compute }, server, { flavorRef }) => {
      compute.resize(server, lastSegment(textOf(flavorRef)) ?? '');
      return accepted;
    },
  },
  confirmResize: {
    from: ['VERIFY_RESIZE'],
    act: ({ compute }, server) => {
      compute.confirmResize(server);
      return { status: 204 };
    },
  },
  revertResize: {
    from: ['VERIFY_RESIZE'],
    act: ({ compute }, server) => {
      compute.revertResize(server);
      return accepted;
    },
  },
  rebuild: {
    from: stoppable,
    refuse: ({ belongings }, { imageRef, metadata, name }) => {
      if ((textOf(name) ?? '').length > longestName) return refusals.badRequest(`name has more than ${longestName} characters`);
      const id = lastSegment(textOf(imageRef));
      if (id === undefined) return refusals.badRequest('Could not parse imageRef from request.');
      if (belongings.image(id)?.status !== 'ACTIVE') return refusals.badRequest('Cannot find image for rebuild');
      return metadata === undefined || metadata === null ? undefined : whyBadMetadata(metadata, 0);
    },
    act: ({ compute }, server, { imageRef, name, metadata }, password) => {
      compute.rebuild(server, lastSegment(textOf(imageRef)) ?? '', textOf(name), metadata);
      return { status: 202, body: { server: { ...compute.show(server), adminPass: password() } } };
    },
  },
  rescue: {
    from: ['ACTIVE', 'SHUTOFF', 'ERROR'],
    act: ({ compute }, server, _details, password) => {
      compute.become(server, 'RESCUE');
      return { status: 200, body: { adminPass: password() } };
    },
  },
  unrescue: passing(['RESCUE'], 'REBOOT'),
  changePassword: {
    ...passing(running, 'PASSWORD'),
    refuse: (_tenant, { adminPass }) => (textOf(adminPass) === undefined ? refusals.badRequest('No adminPass was specified') : undefined),
  },
  createImage: {
    from: ['ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED'],
    refuse: ({ belongings }, { name }) => {
      if ((textOf(name) ?? '').length > longestName) return refusals.badRequest(`name has more than ${longestName} characters`);
      if (textOf(name) === undefined) return refusals.badRequest('createImage entity requires name attribute');
      return belongings.full ? refusals.overQuota('Quota exceeded, too many images.') : undefined;
    },
    act: ({ belongings }, server, { name }) => ({ status: 202, imageId: belongings.makeImage(textOf(name) ?? '', server.id).id }),
  },
  'os-stop': staying(['ACTIVE', 'ERROR'], 'SHUTOFF'),
  'os-start': staying(['SHUTOFF'], 'ACTIVE'),
  pause: staying(running, 'PAUSED'),
  unpause: staying(['PAUSED'], 'ACTIVE'),
  suspend: staying(running, 'SUSPENDED'),
  resume: staying(['SUSPENDED'], 'ACTIVE'),
};

/** Why Nova does not do it; undefined when it does. */
export function whyNotActed(tenant: Tenant, server: ServerRecord, name: string, details: JsonValue): Refusal | undefined {
  const action = ownOf(serverActions, name);
  if (action === undefined) return refusals.badRequest(`There is no such action: ${name}`);
  const refusal = action.refuse?.(tenant, detailsOf(details));
  if (refusal !== undefined) return refusal;
  if (server.deleting) return refusals.wrongState(name, server.id, 'task_state deleting');
  const wanted = action.from?.includes(server.status) ?? true;
  return wanted ? undefined : refusals.wrongState(name, server.id, `vm_state ${vmStateOf(server.status)}`);
}

export function act(tenant: Tenant, server: ServerRecord, name: string, details: JsonValue, password: () => string): ActionAnswer {
  const action = ownOf(serverActions, name);
  if (action === undefined) throw new Error(`There is no action ${name}.`);
  return action.act(tenant, server, detailsOf(details), password);
}

const detailsOf = (details: JsonValue): JsonObject => objectOf(details) ?? {};
