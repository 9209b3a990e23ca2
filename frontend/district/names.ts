// Names of accounts' holders beside those of merchants.
import { folded } from './format';

const letters = (name: string): string =>
  folded(name)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** alike says whether a holder is by its letters one of the names, whole words of it: a bank writes names without diacritics, and a household's
 * often stands behind "hộ kinh doanh". Only a hint for who looks: it decides nothing. */
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
