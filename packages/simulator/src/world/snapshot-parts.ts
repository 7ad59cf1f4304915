/** Shapes that every part of a snapshot is made of. Snapshots are read as they are: a key that is not known is left alone. */
import { z } from 'zod';
import { longestSpan } from '../duration.ts';

export const text = z.string();
export const count = z.int().min(0);
export const span = z.number().min(0).max(longestSpan);
/** An instant that may be shown: as far as a calendar goes. */
export const instant = z.number().min(0).max(8.64e15);
/** An instant that is only compared; the largest means never. */
export const anyInstant = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
export const texts = z.record(text, text);
export const anyObject = z.record(text, z.unknown());
export const counted = z.array(z.tuple([text, z.number()]));

/** An object with a shape for each key of `T`; the compiler says which one is missing. */
export const shapeOf =
  <T>() =>
  <S extends { readonly [K in keyof T]-?: z.ZodType }>(shape: S): z.ZodObject<S> =>
    z.object(shape);
