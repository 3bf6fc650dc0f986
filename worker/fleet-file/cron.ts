/** The values that each of the five fields allows, and whether the days are restricted at all. */
export interface Cron {
  minutes: number[];
  hours: number[];
  days: Set<number>;
  months: Set<number>;
  weekdays: Set<number>;
  /** Both restricted: a day needs to be in one of them only, as in every cron since Vixie's. */
  eitherDay: boolean;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const DAY_MS = 86_400_000;
/** The 29th of February can be eight years away (1896, 1904). */
const HORIZON_DAYS = 8 * 366;

/** Five cron fields (minute, hour, day of month, month, day of week): `*`, numbers, names, ranges, lists and steps. Null: it is no such text. */
export function parseCron(text: string): Cron | null {
  const fields = text.trim().toLowerCase().split(/\s+/);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  const minutes = values(minute, 0, 59);
  const hours = values(hour, 0, 23);
  const days = values(day, 1, 31);
  const months = values(month, 1, 12, MONTHS);
  const weekdays = values(weekday, 0, 7, WEEKDAYS);
  if (fields.length !== 5 || minutes === null || hours === null || days === null || months === null || weekdays === null) return null;
  const eitherDay = !day.startsWith('*') && !weekday.startsWith('*');
  return { minutes, hours, days: new Set(days), months: new Set(months), weekdays: new Set(weekdays.map((one) => one % 7)), eitherDay };
}

/**
 * The first time after `afterMs` at which the cron is due on the clocks of a time zone of the IANA list; null: never (the 30th of February). A time that
 * a change of the clocks leaves out comes as much later as the clocks were put forward; one that it repeats comes once, the first time.
 */
export function nextRun(cron: Cron, timezone: string, afterMs: number): number | null {
  const offset = offsetsOf(timezone);
  const today = Math.floor((afterMs + offset(afterMs)) / DAY_MS) * DAY_MS;
  // A day early: what the clocks left out yesterday may come today.
  for (let day = today - DAY_MS; day <= today + HORIZON_DAYS * DAY_MS; day += DAY_MS) {
    if (!isDue(cron, new Date(day))) continue;
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const atMs = instantOf(day + (hour * 60 + minute) * 60_000, offset);
        if (atMs > afterMs) return atMs;
      }
    }
  }
  return null;
}

function isDue({ days, months, weekdays, eitherDay }: Cron, date: Date): boolean {
  const [inDays, inWeekdays] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return months.has(date.getUTCMonth() + 1) && (eitherDay ? inDays || inWeekdays : inDays && inWeekdays);
}

/** What one field allows, rising; null when it is not well-formed. `names` are those of the values from `min` up. */
function values(field: string, min: number, max: number, names: readonly string[] = []): number[] | null {
  const all = new Set<number>();
  for (const part of field.split(',')) {
    const [, from = '', to, step = '1'] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
    const first = from === '*' ? min : numberOf(from, min, names);
    // `5/15` means from 5 on, every 15th.
    const last = to !== undefined ? numberOf(to, min, names) : from === '*' || part.includes('/') ? max : first;
    const every = Number(step);
    if (!(first >= min && first <= last && last <= max && every >= 1) || (from === '*' && to !== undefined)) return null;
    for (let value = first; value <= last; value += every) all.add(value);
  }
  return [...all].sort((a, b) => a - b);
}

function numberOf(text: string, min: number, names: readonly string[]): number {
  const named = names.indexOf(text);
  return named >= 0 ? named + min : /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

/** The instant at which clocks show `localMs` (written as if it were UTC). */
function instantOf(localMs: number, offset: (atMs: number) => number): number {
  const [before, after] = [offset(localMs - DAY_MS), offset(localMs + DAY_MS)];
  const [early, late] = [localMs - before, localMs - after];
  return offset(early) !== before && offset(late) === after ? late : early;
}

/** By how much the clocks of a time zone are ahead of UTC at an instant, in milliseconds. Throws RangeError when there is no such zone. */
function offsetsOf(timeZone: string): (atMs: number) => number {
  const numbers = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...numbers });
  return (atMs) => {
    const shown = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
  };
}
