/**
 * The five fields of a cron expression, read by ourselves: each becomes the values that it names. Lists may overlap in any way, and a
 * value may be named twice (spec/rest.md, section 9.2).
 */
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  readonly name: string;
  /** The values of `*`; a range or a number with a step ends at `last`. */
  readonly first: number;
  readonly last: number;
  /** Names of the values, from `first` on. */
  readonly names: readonly string[];
  /** The value that a number or the end of a range stands for where it is not itself a value of the field. */
  readonly read: (value: number) => number;
}
const asItIs = (value: number): number => value;
/** Day 0 and month 0 mean 1. */
const atLeastOne = (value: number): number => Math.max(1, value);

/** In the order of the expression. */
export const cronFields: readonly Field[] = [
  { name: 'minute', first: 0, last: 59, names: [], read: asItIs },
  { name: 'hour', first: 0, last: 23, names: [], read: asItIs },
  { name: 'day of month', first: 1, last: 31, names: [], read: atLeastOne },
  { name: 'month', first: 1, last: 12, names: monthNames, read: atLeastOne },
  { name: 'day of week', first: 0, last: 6, names: dayNames, read: asItIs },
];

const partForm = /^(?:\*|([0-9]+|[a-z]{3})(?:-([0-9]+|[a-z]{3}))?)(?:\/([0-9]+))?$/;

/**
 * The values that a field names, ascending and each once; `*` where a part of it is a plain `*`, so that it restricts nothing;
 * undefined when a part has no meaning in this field.
 */
export function valuesOf(text: string, field: Field): readonly number[] | '*' | undefined {
  const values = new Set<number>();
  let all = false;
  for (const part of text.toLowerCase().split(',')) {
    const named = rangeOf(part, field);
    if (named === undefined) return undefined;
    all ||= part === '*';
    for (let value = named.first; value <= named.last; value += named.step) values.add(field.names === dayNames ? value % 7 : value);
  }
  return all ? '*' : [...values].sort((a, b) => a - b);
}

/** One of the comma-separated parts of a field. */
function rangeOf(part: string, field: Field): { readonly first: number; readonly last: number; readonly step: number } | undefined {
  const match = partForm.exec(part);
  if (match === null) return undefined;
  const [, from, to, every] = match;
  const step = every === undefined ? 1 : Number(every);
  if (step === 0) return undefined;
  if (from === undefined) return { first: field.first, last: field.last, step };
  const first = numberOf(from, field);
  const last = to === undefined ? (every === undefined ? first : field.last) : lastOf(to, first, field);
  // Weekday 7 is Sunday, by itself and as the end of a range
  const most = field.names === dayNames ? 7 : field.last;
  return first >= field.first && last <= most && first <= last ? { first, last, step } : undefined;
}

/** The end of a range: `sun` there is day 7, unless the range begins with it. */
const lastOf = (text: string, first: number, field: Field): number => (text === 'sun' && first !== 0 ? 7 : numberOf(text, field));

/** A number or name of a field; NaN for a name that it does not have. */
function numberOf(text: string, { first, names, read }: Field): number {
  if (/^[0-9]+$/.test(text)) return read(Number(text));
  const index = names.indexOf(text);
  return index < 0 ? Number.NaN : first + index;
}
