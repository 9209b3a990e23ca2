// The hours of the day from which half-hours are drawn, as people type them.

/** strataOf reads "5-9, 9-12": each part is a stratum with its first and last hour. The server checks the hours. */
export const strataOf = (text: string): { stratum: string; hours: number[] }[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => ({ stratum: `${part} giờ`, hours: part.split('-').map(Number) }));
