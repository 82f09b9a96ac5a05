// Words for days, without accents and in small letters (see fold), in every
// language at once: people of one office mix them, and they do not collide.

const inDays: Readonly<Record<string, number>> = {
  today: 0,
  tomorrow: 1,
  tmrw: 1,
  hoy: 0,
  manana: 1,
  'pasado manana': 2,
  сегодня: 0,
  завтра: 1,
  послезавтра: 2,
  今天: 0,
  今日: 0,
  明天: 1,
  明日: 1,
  後天: 2,
};

// Monday is 1, as in ISO 8601. fold takes the breve of й away.
const weekdays: Readonly<Record<string, number>> = {
  mon: 1,
  monday: 1,
  tue: 2,
  tuesday: 2,
  wed: 3,
  wednesday: 3,
  thu: 4,
  thursday: 4,
  fri: 5,
  friday: 5,
  sat: 6,
  saturday: 6,
  sun: 7,
  sunday: 7,
  lunes: 1,
  martes: 2,
  miercoles: 3,
  jueves: 4,
  viernes: 5,
  sabado: 6,
  domingo: 7,
  пн: 1,
  понедельник: 1,
  вт: 2,
  вторник: 2,
  ср: 3,
  среда: 3,
  среду: 3,
  чт: 4,
  четверг: 4,
  пт: 5,
  пятница: 5,
  пятницу: 5,
  сб: 6,
  суббота: 6,
  субботу: 6,
  вс: 7,
  воскресенье: 7,
  週一: 1,
  週二: 2,
  週三: 3,
  週四: 4,
  週五: 5,
  週六: 6,
  週日: 7,
  星期一: 1,
  星期二: 2,
  星期三: 3,
  星期四: 4,
  星期五: 5,
  星期六: 6,
  星期日: 7,
};

const little = /^(?:on|by|el|в|во)\s+/;

/**
 * The day that folded words name, YYYY-MM-DD, or undefined. A weekday is the
 * next one of that name; a date without a year is the next one to come.
 */
export function readDay(words: string, today: string, locale: string): string | undefined {
  const bare = words.replace(little, '');
  const days = inDays[bare];
  if (days !== undefined) return addDays(today, days);
  const weekday = weekdays[bare];
  if (weekday !== undefined) return addDays(today, ((weekday - isoWeekday(today) + 6) % 7) + 1);
  return readDate(bare, today, locale);
}

function readDate(words: string, today: string, locale: string): string | undefined {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(words);
  if (iso) return validDay(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  // A dot between two numbers may be an amount (12.5); a date in dots ends in one or has a year.
  const short = /^(\d{1,2})(?:\/(\d{1,2})|\.(\d{1,2})\.)$/.exec(words);
  if (short) return nextOf(Number(short[1]), Number(short[2] ?? short[3]), short[2] !== undefined && locale === 'en-US', today);
  const full = /^(\d{1,2})[./](\d{1,2})[./](\d{4})$/.exec(words);
  if (full) return validDay(Number(full[3]), Number(full[2]), Number(full[1]));
  const han = /^(\d{1,2})月(\d{1,2})日?$/.exec(words);
  return han ? nextOf(Number(han[2]), Number(han[1]), false, today) : undefined;
}

function nextOf(day: number, month: number, monthFirst: boolean, today: string): string | undefined {
  const [d, m] = monthFirst ? [month, day] : [day, month];
  const year = Number(today.slice(0, 4));
  const here = validDay(year, m, d);
  return here === undefined || here >= today ? here : validDay(year + 1, m, d);
}

function validDay(year: number, month: number, day: number): string | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.toISOString().slice(0, 10) : undefined;
}

/** Calendar days later than a day YYYY-MM-DD. */
export function addDays(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

function isoWeekday(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
}
