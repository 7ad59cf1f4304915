/** `6:00:00`: hours, minutes, seconds since the start; parts of a second are cut. */
export function clockTime(at: number): string {
  const seconds = Math.floor(at / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** `6 h`, `1 h 30 min`, `45 s`: a span as a person says it. */
export function spanText(span: number): string {
  const seconds = Math.round(span / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const text = parts.filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`);
  return text.length === 0 ? '0 s' : text.join(' ');
}

/** `1,234,567`, whatever the machine's locale. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
