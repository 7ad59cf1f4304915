/**
 * A run as a picture: time runs downwards, one column a group, one row where something changed. Where more changed than a person can
 * read, the rows that differ most are kept, and those around what the scenario did.
 */
import type { Sample } from '@lutra/testbed';
import type { StoryLine } from './story.ts';
import { clockTime } from './texts.ts';

/** What a picture is drawn from. */
export interface TimelineFacts {
  /** Names of the groups, in the order of their columns. */
  readonly groups: readonly string[];
  /** Changes of all groups, in the order of time. */
  readonly samples: readonly Sample[];
  readonly happenings: readonly StoryLine[];
  /** Length of the run, ms. */
  readonly duration: number;
  /** Characters of a line. */
  readonly width: number;
}

/** Rows of one picture; cells of one bar; pictures below each other; lines that tell what the scenario did. */
const mostRows = 28;
const mostCells = 18;
const mostPictures = 3;
const mostHappenings = 25;
/** `  0:10:00  `, and the figures right of a bar. */
const timeWidth = 11;
const figures = ' des act pend';

/** All groups of a picture at one instant. */
interface Row {
  readonly at: number;
  readonly groups: readonly (Sample | undefined)[];
}

/** The lines of the picture, with its legend. */
export function drawTimeline({ groups, samples, happenings, duration, width }: TimelineFacts): readonly string[] {
  const columns = columnsOf(groups, samples);
  const pictures = fitted(columns, width - timeWidth);
  const shown = pictures.slice(0, mostPictures);
  const hidden = pictures.slice(mostPictures).flat().length;
  return [
    ...shown.flatMap((picture, index) => [...(index === 0 ? [] : ['']), ...draw(picture, samples, happenings, duration)]),
    ...(hidden > 0 ? ['', `  and ${hidden} more groups: --json has the timeline of all of them`] : []),
    '',
    '  █ in service   ▒ building, or not yet on its load balancers   ✗ failed   · missing',
    `  des = desired, act = active, pend = pending${samples.some(({ status }) => status === 'ERROR') ? '; ! = the group is in ERROR' : ''}`,
  ];
}

interface Column {
  readonly name: string;
  /** The most servers that it had or wanted: what a full bar stands for. */
  readonly most: number;
  readonly cells: number;
  readonly width: number;
}

function columnsOf(groups: readonly string[], samples: readonly Sample[]): readonly Column[] {
  const most = new Map<string, number>();
  for (const { group, desired, active, pending, failed } of samples) {
    most.set(group, Math.max(most.get(group) ?? 1, desired, active + pending + failed));
  }
  return groups.map((name) => {
    const count = most.get(name) ?? 1;
    const cells = Math.min(mostCells, count);
    return { name, most: count, cells, width: Math.max(name.length, cells + figures.length) + 3 };
  });
}

/** The columns in pictures that fit; a picture has at least one. */
function fitted(columns: readonly Column[], width: number): readonly (readonly Column[])[] {
  const pictures: Column[][] = [];
  let left = 0;
  for (const column of columns) {
    const last = pictures.at(-1);
    if (last !== undefined && column.width <= left) last.push(column);
    else {
      pictures.push([column]);
      left = width;
    }
    left -= column.width;
  }
  return pictures;
}

function draw(
  columns: readonly Column[],
  samples: readonly Sample[],
  happenings: readonly StoryLine[],
  duration: number,
): readonly string[] {
  const told = happenings.slice(0, mostHappenings);
  const rows = thinned(rowsOf(columns, samples, duration), told);
  const header = columns.map(({ name, width }) => name.padEnd(width)).join('');
  const units = columns.map(({ cells, width }) => `${''.padEnd(cells)}${figures}`.padEnd(width)).join('');
  const lines = [`${'time'.padStart(timeWidth - 3).padEnd(timeWidth)}${header}`, `${''.padEnd(timeWidth)}${units}`];
  const waiting = [...told];
  for (const row of rows) {
    while ((waiting[0]?.at ?? Number.POSITIVE_INFINITY) <= row.at) lines.push(happeningLine(waiting.shift()));
    lines.push(
      `${clockTime(row.at)
        .padStart(timeWidth - 3)
        .padEnd(timeWidth)}${row.groups.map((group, index) => cell(group, columns[index])).join('')}`,
    );
  }
  lines.push(...waiting.map(happeningLine));
  if (happenings.length > told.length)
    lines.push(`${''.padEnd(timeWidth)}and ${happenings.length - told.length} more things that the scenario did`);
  return lines.map((line) => line.trimEnd());
}

const happeningLine = (line: StoryLine | undefined): string =>
  line === undefined ? '' : `${clockTime(line.at).padStart(timeWidth - 3)} ─ ${line.text}`;

/** The groups of a picture whenever one of them changed, and at the end. */
function rowsOf(columns: readonly Column[], samples: readonly Sample[], duration: number): readonly Row[] {
  const place = new Map(columns.map(({ name }, index) => [name, index]));
  const now: (Sample | undefined)[] = columns.map(() => undefined);
  const rows: Row[] = [];
  for (const sample of samples) {
    const index = place.get(sample.group);
    if (index === undefined) continue;
    now[index] = sample;
    const row = { at: sample.at, groups: [...now] };
    if (rows.at(-1)?.at === sample.at) rows[rows.length - 1] = row;
    else rows.push(row);
  }
  if ((rows.at(-1)?.at ?? duration) < duration) rows.push({ at: duration, groups: [...now] });
  return rows;
}

/**
 * At most `mostRows` of them: the first, the last two (the last change, and the end), those before and after what happened, and the
 * others by how much they differ from the one kept before.
 */
function thinned(rows: readonly Row[], happenings: readonly StoryLine[]): readonly Row[] {
  const pinned = new Set([0, rows.length - 2, rows.length - 1]);
  for (const { at } of happenings) {
    const after = rows.findIndex((row) => row.at >= at);
    if (after > 0) pinned.add(after - 1).add(after);
  }
  for (let least = 1; ; least *= 1.5) {
    const kept: Row[] = [];
    rows.forEach((row, index) => {
      const last = kept.at(-1);
      if (last === undefined || pinned.has(index) || difference(last, row) >= least) kept.push(row);
    });
    // Once the threshold is beyond every difference only the pinned ones are left, however many they are.
    if (kept.length <= Math.max(mostRows, pinned.size)) return kept;
  }
}

/** How much two rows differ, in servers; a changed status weighs more than any of them. */
function difference(a: Row, b: Row): number {
  let sum = 0;
  b.groups.forEach((now, index) => {
    const before = a.groups[index];
    if (now === undefined || now === before) return;
    if (before === undefined) sum += now.desired + now.active + now.pending;
    else {
      sum += Math.abs(now.desired - before.desired) + Math.abs(now.active - before.active);
      sum += Math.abs(now.pending - before.pending) + Math.abs(now.failed - before.failed);
      if (now.status !== before.status) sum += 1000;
    }
  });
  return sum;
}

/** One group in one row: its bar and its figures. */
function cell(sample: Sample | undefined, column: Column | undefined): string {
  if (column === undefined) return '';
  if (sample === undefined) return ''.padEnd(column.width);
  const { desired, active, pending, status } = sample;
  const error = status === 'ERROR' ? '!' : '';
  return `${bar(sample, column)}${number(desired)}${number(active)}${number(pending)}${error}`.padEnd(column.width);
}

const number = (value: number): string => String(value).padStart(4);

/** █ in service, ▒ on the way, ✗ failed, · missing: each as long as its share of a full bar, rounded at its end so that parts add up. */
function bar({ desired, active, pending, failed }: Sample, { most, cells }: Column): string {
  const parts = [
    ['█', active],
    ['▒', pending],
    ['✗', failed],
    ['·', Math.max(0, desired - active - pending - failed)],
  ] as const;
  let sum = 0;
  let drawn = '';
  for (const [sign, count] of parts) {
    sum += count;
    drawn += sign.repeat(Math.max(0, Math.round((sum / most) * cells) - drawn.length));
  }
  return drawn.padEnd(cells);
}
