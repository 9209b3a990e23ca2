// Compares the names of account holders with those of merchants.
import { folded } from './format';

const letters = (name: string): string =>
  folded(name)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** alike reports whether a holder's name has the letters of one of the names, as whole words. Banks write names without diacritics, and
 * often put "hộ kinh doanh" before the name of a household business. It is only a hint for a person who compares names. */
export function alike(holder: string, names: string[]): boolean {
  const held = ` ${letters(holder)} `;
  return (
    held.trim() !== '' &&
    names.some((name) => {
      const own = ` ${letters(name)} `;
      return own.trim() !== '' && (own.includes(held) || held.includes(own));
    })
  );
}
