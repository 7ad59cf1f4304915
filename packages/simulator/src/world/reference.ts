/** The id that a reference names: it may be one, or a URL that ends in one. */
export const lastSegment = (reference: string | undefined): string | undefined =>
  reference === undefined || reference === '' ? undefined : reference.slice(reference.lastIndexOf('/') + 1);
