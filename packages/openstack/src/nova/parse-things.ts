/** Answers of Nova other than servers (spec/providers.md, sections 3.2, 3.6 and 7). */
import type { ComputeLimits, Image, JsonValue, ServerId } from '@lutra/core';
import { linksIn } from './parse-server.ts';
import { fieldsIn, objectIn, type Reading, textIn, wrongField } from './reading.ts';

/** The server that an accepted create will become. */
export function parseCreated(body: unknown): Reading<{ readonly id: ServerId; readonly links: readonly JsonValue[] }> {
  const server = fieldsIn(fieldsIn(body).server);
  const id = textIn(server.id) as ServerId;
  return id === '' ? wrongField('server.id', 'a text', server.id) : { value: { id, links: linksIn(server.links) } };
}

/** The metadata of a server. */
export function parseMetadata(body: unknown): Reading<Readonly<Record<string, string>>> {
  const metadata = objectIn(fieldsIn(body).metadata);
  if (metadata === undefined) return wrongField('metadata', 'an object', fieldsIn(body).metadata);
  const wrong = Object.entries(metadata).find(([, value]) => typeof value !== 'string');
  if (wrong !== undefined) return wrongField('metadata[]', 'a text', wrong[1]);
  return { value: metadata as Readonly<Record<string, string>> };
}

/** An image, of Nova (wrapped, ACTIVE) or of Glance (by itself, active): statuses in upper case. */
export function parseImage(body: unknown): Reading<Image> {
  const image = objectIn(fieldsIn(body).image) ?? fieldsIn(body);
  const [id, status] = [textIn(image.id), textIn(image.status)];
  if (id === '') return wrongField('image.id', 'a text', image.id);
  return status === '' ? wrongField('image.status', 'a text', image.status) : { value: { id, status: status.toUpperCase() } };
}

/** Whether an answer shows a flavor. */
export function parseFlavor(body: unknown): Reading<{ readonly id: string }> {
  const { id } = fieldsIn(fieldsIn(body).flavor);
  return textIn(id) === '' ? wrongField('flavor.id', 'a text', id) : { value: { id: textIn(id) } };
}

/** Limits of the account. Nova's -1 is no limit. */
export function parseLimits(body: unknown): Reading<ComputeLimits> {
  const absolute = fieldsIn(fieldsIn(fieldsIn(body).limits).absolute);
  const [files, size] = [limitIn(absolute.maxPersonality), limitIn(absolute.maxPersonalitySize)];
  if (files === undefined) return wrongField('limits.absolute.maxPersonality', 'a whole number', absolute.maxPersonality);
  if (size === undefined) return wrongField('limits.absolute.maxPersonalitySize', 'a whole number', absolute.maxPersonalitySize);
  return { value: { maxPersonality: files, maxPersonalitySize: size } };
}

const limitIn = (value: unknown): number | undefined => {
  if (!Number.isSafeInteger(value) || (value as number) < -1) return undefined;
  return value === -1 ? Number.MAX_SAFE_INTEGER : (value as number);
};
