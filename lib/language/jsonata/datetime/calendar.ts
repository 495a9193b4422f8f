const DAY = 86_400_000;

/**
 * The numeric value of a component of a date in UTC, by its letter in pictures; `undefined` for those that are not numbers. Weeks
 * begin on Monday, and the first of a year or month is the one with its first Thursday (ISO 8601).
 */
export function componentOf(date: Date, component: string): number | undefined {
  switch (component) {
    case 'Y':
      return date.getUTCFullYear();
    case 'M':
      return date.getUTCMonth() + 1;
    case 'D':
      return date.getUTCDate();
    case 'd':
      return (startOfDay(date) - Date.UTC(date.getUTCFullYear(), 0)) / DAY + 1;
    case 'F':
      return date.getUTCDay() === 0 ? 7 : date.getUTCDay();
    case 'W':
      return week(date, yearOf(date), 12, 52);
    case 'w':
      return week(date, monthOf(date), 1, 4);
    case 'X':
      return inWeekPeriod(date, yearOf(date), 12).year;
    case 'x':
      return inWeekPeriod(date, monthOf(date), 1).month + 1;
    case 'H':
      return date.getUTCHours();
    case 'h':
      return date.getUTCHours() % 12 === 0 ? 12 : date.getUTCHours() % 12;
    case 'P':
      return date.getUTCHours() >= 12 ? 1 : 0;
    case 'm':
      return date.getUTCMinutes();
    case 's':
      return date.getUTCSeconds();
    case 'f':
      return date.getUTCMilliseconds();
    default:
      return undefined;
  }
}

/** The month (from 0) that a week-numbered period begins with. */
interface Month {
  readonly year: number;
  readonly month: number;
}

function yearOf(date: Date): Month {
  return { year: date.getUTCFullYear(), month: 0 };
}

function monthOf(date: Date): Month {
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() };
}

function startOfDay(date: Date): number {
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
}

function plus({ year, month }: Month, months: number): Month {
  const total = year * 12 + month + months;
  return { year: Math.floor(total / 12), month: total - 12 * Math.floor(total / 12) };
}

/** When the first week of a period begins. */
function firstWeek({ year, month }: Month): number {
  const first = Date.UTC(year, month);
  const weekday = new Date(first).getUTCDay() || 7;
  return weekday > 4 ? first + (8 - weekday) * DAY : first - (weekday - 1) * DAY;
}

function week(date: Date, period: Month, months: number, surelyInside: number): number {
  const today = startOfDay(date);
  const number = weeksSince(firstWeek(period), today);
  if (number > surelyInside && today >= firstWeek(plus(period, months))) return 1;
  if (number < 1) return Math.floor(weeksSince(firstWeek(plus(period, -months)), today));
  return Math.floor(number);
}

function weeksSince(start: number, day: number): number {
  return (day - start) / (7 * DAY) + 1;
}

/** The period (of 12 months or one) whose numbered weeks a date belongs to. */
function inWeekPeriod(date: Date, period: Month, months: number): Month {
  const now = date.getTime();
  if (now < firstWeek(period)) return plus(period, -months);
  const following = plus(period, months);
  return now >= firstWeek(following) ? following : period;
}

export const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
