const encoder = new TextEncoder();

/** Bytes that a value takes as JSON in UTF-8. A number that was kept as its text counts as it was written. */
export const jsonSizeOf = (value: object): number => encoder.encode(JSON.stringify(value)).length;
