import { CloudError } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCreated, parseFlavor, parseImage, parseLimits, parseMetadata } from './parse-things.ts';
import { requireValue } from './reading.ts';

describe('parseCreated', () => {
  it('reads id and links', () => {
    const links = [{ rel: 'self', href: 'https://x' }];
    expect(parseCreated({ server: { id: 's1', adminPass: 'x', links } })).toEqual({ value: { id: 's1', links } });
    expect(parseCreated({ server: { id: 's1' } })).toEqual({ value: { id: 's1', links: [] } });
  });
  it('names the id when there is none, as with return_reservation_id (openstack N21)', () => {
    expect(parseCreated({ reservation_id: 'r-1' })).toEqual({ field: 'server.id', problem: 'server.id is missing, not a text' });
  });
});

describe('parseMetadata', () => {
  it('reads all items', () => {
    expect(parseMetadata({ metadata: { a: '1', b: '' } })).toEqual({ value: { a: '1', b: '' } });
  });
  it.each([undefined, {}, { metadata: null }, { metadata: ['a'] }])('names what is missing: %j', (body) => {
    expect(parseMetadata(body)).toMatchObject({ field: 'metadata' });
  });
  it('refuses an item that is no text: written back it would be another', () => {
    expect(parseMetadata({ metadata: { a: 1 } })).toMatchObject({ field: 'metadata[]' });
  });
});

describe('parseImage', () => {
  it("reads Nova's and Glance's", () => {
    expect(parseImage({ image: { id: 'i1', status: 'ACTIVE' } })).toEqual({ value: { id: 'i1', status: 'ACTIVE' } });
    expect(parseImage({ id: 'i1', status: 'queued' })).toEqual({ value: { id: 'i1', status: 'QUEUED' } });
  });
  it('names what is missing', () => {
    expect(parseImage({ image: { status: 'ACTIVE' } })).toMatchObject({ field: 'image.id' });
    expect(parseImage({ id: 'i1' })).toMatchObject({ field: 'image.status' });
  });
});

describe('parseFlavor', () => {
  it('reads the id', () => {
    expect(parseFlavor({ flavor: { id: '2', ram: 512 } })).toEqual({ value: { id: '2' } });
    expect(parseFlavor({ flavor: {} })).toMatchObject({ field: 'flavor.id' });
  });
});

describe('parseLimits', () => {
  const limits = (maxPersonality: unknown, maxPersonalitySize: unknown) => ({
    limits: { absolute: { maxPersonality, maxPersonalitySize } },
  });
  it('reads numbers; -1 is no limit', () => {
    expect(parseLimits(limits(5, 10_240))).toEqual({ value: { maxPersonality: 5, maxPersonalitySize: 10_240 } });
    expect(parseLimits(limits(-1, 0))).toEqual({ value: { maxPersonality: Number.MAX_SAFE_INTEGER, maxPersonalitySize: 0 } });
  });
  it('names what is missing', () => {
    expect(parseLimits(limits(undefined, 1))).toMatchObject({ field: 'limits.absolute.maxPersonality' });
    expect(parseLimits(limits(1, '1'))).toMatchObject({ field: 'limits.absolute.maxPersonalitySize' });
    expect(parseLimits(limits(-2, 1))).toMatchObject({ field: 'limits.absolute.maxPersonality' });
  });
});

describe('parsers of Nova', () => {
  it('never throw, whatever the JSON', () => {
    const names = fc.constantFrom('server', 'metadata', 'image', 'flavor', 'limits', 'id', 'status', 'absolute', 'maxPersonality');
    const anyBody = fc.dictionary(names, fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue())));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), anyBody), (json) => {
        for (const parse of [parseCreated, parseMetadata, parseImage, parseFlavor, parseLimits]) expect(parse(json)).toBeTypeOf('object');
      }),
    );
  });
});

describe('requireValue', () => {
  it('is the value, or an error that names the field', () => {
    expect(requireValue('server.create', parseCreated({ server: { id: 's1' } }))).toEqual({ id: 's1', links: [] });
    const error = (() => {
      try {
        return requireValue('server.create', parseCreated({}));
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(CloudError);
    expect(error).toMatchObject({ kind: 'bad-answer', message: 'server.create: server.id is missing, not a text' });
  });
});
