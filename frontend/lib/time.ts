// Times as people in Vietnam read them. Business days are Vietnam's, whatever the time zone of the phone.

const zone = 'Asia/Ho_Chi_Minh';
const clockOf = new Intl.DateTimeFormat('vi', { hour: '2-digit', minute: '2-digit', timeZone: zone });
const dayOf = new Intl.DateTimeFormat('vi', { day: '2-digit', month: '2-digit', year: 'numeric', timeZone: zone });
const isoOf = new Intl.DateTimeFormat('sv', { timeZone: zone });

/** clock formats a time: 10:42. */
export function clock(time: string | Date): string {
  return clockOf.format(new Date(time));
}

/** day formats a date: 28/05/2024. */
export function day(time: string | Date): string {
  return dayOf.format(new Date(time));
}

/** isoDay returns the business day of a time: 2024-05-28. */
export function isoDay(time: string | Date): string {
  return isoOf.format(new Date(time));
}

/** noon returns the noon of a business day as a time. */
export function noon(businessDay: string): string {
  return `${businessDay}T12:00:00+07:00`;
}

/** hourMinute returns hour and minute in Vietnam. */
export function hourMinute(time: string | Date): [number, number] {
  const [hour = 0, minute = 0] = clock(time).split(':').map(Number);
  return [hour, minute];
}
